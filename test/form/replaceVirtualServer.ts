/**
 * ReplaceVirtualServer as a table against the kernel: a virtual server of a management unit that cannot be repaired is replaced by
 * another one. It is not carried out anywhere yet. It pulls at the form from the other side: no pool, no host, no fence of ours,
 * and steps that people do within days.
 */
import {
  poolIsNotPaused,
  poolModeAllowsActing,
  requestAsksForExecution,
  requestIsNotCancelled,
} from '../../src/domain/guards/permission.ts';
import { planIsApproved } from '../../src/domain/guards/plan.ts';
import type { Next, Step } from '../../src/domain/kernel/decide.ts';
import type { RecoveryFacts } from '../../src/domain/kernel/facts.ts';
import type { Hypervisor } from '../../src/domain/kernel/hypervisor.ts';
import type { Item } from '../../src/domain/kernel/item.ts';
import type { Ask } from '../../src/domain/kernel/people.ts';
import type { Procedure } from '../../src/domain/kernel/procedure.ts';
import type { Reading } from '../../src/domain/kernel/reading.ts';
import { openEntry } from '../../src/domain/kernel/tries.ts';
import { allow, deny, type Guard, unknown } from '../../src/domain/kernel/verdict.ts';

export interface ServerStatus {
  readonly access: 'online' | 'offline';
  readonly observed: 'working' | 'stopped' | 'unknown';
  readonly updateScope: 'none' | 'system';
}

export interface UnitFacts extends RecoveryFacts {
  readonly old: string;
  /** `vmiunit status`, by identifier. */
  readonly servers: Reading<ReadonlyMap<string, ServerStatus>>;
  readonly addressesInUse: ReadonlySet<string>;
  readonly minimumOfServers: number;
  /** What people have answered in the request, by the name of the question. */
  readonly answers: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** What the virtualization system says of the power of the old server. */
  readonly oldHasPower: Reading<boolean>;
}

type UnitAct = {
  readonly kind: 'stop' | 'detach' | 'attach' | 'powerOn' | 'update' | 'start';
  readonly identifier: string;
};

export interface Unit extends Hypervisor {
  readonly facts: UnitFacts;
  readonly act: UnitAct;
  readonly read: { readonly kind: 'status' } | { readonly kind: 'power'; readonly identifier: string };
}

type UnitStep = Step<Unit>;

export const dayMs = 24 * 60 * 60_000;

const theManagerAnswers: Guard<UnitFacts> = {
  name: 'theManagerAnswers',
  judge: ({ servers }) =>
    servers.kind === 'unknown' ? unknown(servers.because) : allow('The management server answers.'),
};

const theUnitKeepsItsMinimum: Guard<UnitFacts> = {
  name: 'theUnitKeepsItsMinimum',
  judge: ({ servers, old, minimumOfServers }) => {
    if (servers.kind === 'unknown') return unknown(servers.because);
    const others = [...servers.value].filter(
      ([id, { observed }]) => id !== old && observed === 'working',
    ).length;
    return others >= minimumOfServers
      ? allow(`${others} other servers of the unit work.`)
      : deny(`Only ${others} other servers of the unit work, and its minimum is ${minimumOfServers}.`);
  },
};

const theReplacementIsNew: Guard<UnitFacts> = {
  name: 'theReplacementIsNew',
  judge: ({ answers, addressesInUse }) => {
    const address = answers.get('replacement')?.['identifier'] ?? '';
    return addressesInUse.has(address)
      ? deny(`${address} is in use already. Correct the answer.`)
      : allow(`${address} is not in use.`);
  },
};

/** Only stopped siblings are rebuilt by an update of the unit. */
const noSiblingWouldBeRebuilt: Guard<UnitFacts> = {
  name: 'noSiblingWouldBeRebuilt',
  judge: ({ servers, answers }) => {
    if (servers.kind === 'unknown') return unknown(servers.because);
    const fresh = answers.get('replacement')?.['identifier'];
    const hit = [...servers.value].find(
      ([id, { observed, updateScope }]) => id !== fresh && observed === 'stopped' && updateScope !== 'none',
    );
    return hit === undefined
      ? allow('No other server would be rebuilt.')
      : deny(`${hit[0]} is stopped and has changes: the update would rebuild it as well.`);
  },
};

const permission: readonly Guard<UnitFacts>[] = [
  poolModeAllowsActing,
  requestAsksForExecution,
  requestIsNotCancelled,
  poolIsNotPaused,
  theManagerAnswers,
];

function statusOf(facts: UnitFacts, id: string | undefined): ServerStatus | undefined {
  return facts.servers.kind === 'known' && id !== undefined ? facts.servers.value.get(id) : undefined;
}

function replacement(facts: UnitFacts): string {
  return facts.answers.get('replacement')?.['identifier'] ?? '';
}

function act(kind: UnitAct['kind'], identifier: string, facts: UnitFacts): Next<UnitAct> {
  return openEntry(facts, `${kind} ${identifier}`) === undefined
    ? { kind: 'act', acts: [{ kind, identifier }] }
    : { kind: 'wait', because: `${kind} of ${identifier} is under way.` };
}

/** A step that a person does, and answers in the request. */
function answered(name: string, role: string, todo: string): Omit<UnitStep, 'title' | 'guards'> {
  const ask: Ask = {
    role,
    todo,
    seenBy: `The answer ${name} is in the request.`,
    answerIn: 'spec.answers',
    remindEveryMs: dayMs,
  };
  return {
    acts: [],
    done: ({ answers }) => answers.has(name),
    next: () => ({ kind: 'person', ask }),
    patienceMs: () => 7 * dayMs,
  };
}

const resourceManager = 'The resource manager';

const steps: readonly UnitStep[] = [
  {
    title: 'Save the data of the failed server',
    guards: [],
    ...answered(
      'salvage',
      resourceManager,
      'Save the data of the failed server. Answer done, nothing, or impossible and accepted.',
    ),
  },
  {
    title: 'Stop the failed server, or prove that it has no power',
    guards: [...permission, theUnitKeepsItsMinimum, planIsApproved],
    acts: ['stop'],
    done: (facts) =>
      statusOf(facts, facts.old)?.observed === 'stopped' ||
      statusOf(facts, facts.old) === undefined ||
      (facts.oldHasPower.kind === 'known' && !facts.oldHasPower.value),
    next: (facts) =>
      statusOf(facts, facts.old)?.access === 'online'
        ? act('stop', facts.old, facts)
        : {
            kind: 'person',
            ask: {
              role: resourceManager,
              todo: `${facts.old} does not answer. Take its power in the virtualization system.`,
              seenBy: 'The virtualization system says that it has no power.',
              remindEveryMs: 60 * 60_000,
            },
          },
    reads: ({ old }) => [{ kind: 'status' }, { kind: 'power', identifier: old }],
  },
  {
    title: 'Detach the failed server from its unit',
    guards: [...permission, theUnitKeepsItsMinimum, planIsApproved],
    acts: ['detach'],
    done: (facts) => facts.servers.kind === 'known' && !facts.servers.value.has(facts.old),
    next: (facts) => act('detach', facts.old, facts),
    reads: () => [{ kind: 'status' }],
    marks: 'detachedAt',
  },
  {
    title: 'Return the failed server, and request another one',
    guards: [],
    ...answered(
      'replacement',
      resourceManager,
      'Give a server made from the template. Answer with its identifier and its service address.',
    ),
  },
  {
    title: 'Attach the replacement to the unit',
    guards: [...permission, theReplacementIsNew],
    acts: ['attach'],
    done: (facts) => statusOf(facts, replacement(facts)) !== undefined,
    next: (facts) => act('attach', replacement(facts), facts),
    reads: () => [{ kind: 'status' }],
  },
  {
    title: 'Power the replacement on',
    guards: permission,
    acts: ['powerOn'],
    done: (facts) => statusOf(facts, replacement(facts))?.access === 'online',
    next: (facts) => act('powerOn', replacement(facts), facts),
    reads: () => [{ kind: 'status' }],
  },
  {
    title: 'Bring the replacement up to date',
    guards: [...permission, noSiblingWouldBeRebuilt],
    acts: ['update'],
    done: (facts) => statusOf(facts, replacement(facts))?.updateScope === 'none',
    next: (facts) => act('update', replacement(facts), facts),
    reads: () => [{ kind: 'status' }],
  },
  {
    title: 'Start the replacement, and see that it serves',
    guards: permission,
    acts: ['start'],
    done: (facts) => statusOf(facts, replacement(facts))?.observed === 'working',
    next: (facts) => act('start', replacement(facts), facts),
    reads: () => [{ kind: 'status' }],
    marks: 'servesAt',
  },
  {
    title: 'Hand the saved data back',
    guards: [],
    ...answered('handedBack', resourceManager, 'Put the saved data onto the replacement, if there is any.'),
  },
];

export const replaceVirtualServer: Procedure<Unit> = {
  name: 'ReplaceVirtualServer',
  target: 'VirtualServer',
  steps,
  plan: {
    draft: ({ old }) => ({ items: [itemOf(old)] }),
    outdated: () => undefined,
    reads: () => [{ kind: 'status' }],
    grounds: () => [],
    pins: (_, { old }) => [old],
    intent: ({ id }) => [id],
    follow: ({ plan }) => plan?.items ?? [],
  },
  telling: {
    progress: ({ answers }) => `${answers.size} answers`,
    ending: (facts) => ({ succeeded: true, because: `${replacement(facts)} serves.` }),
    standsAt: ({ old }) => `${old} is to be replaced.`,
    leaves: (facts) =>
      facts.servers.kind === 'known' && !facts.servers.value.has(facts.old)
        ? ` The unit is one server short, and ${facts.old} must not serve its address again.`
        : '',
    hasAsked: ({ servers }, sinceMs) => servers.kind === 'known' && servers.atMs >= sinceMs,
    moments: () => ({}),
  },
  provenOff: () => [],
  followReads: () => [{ kind: 'status' }],
  beginsWithinMs: () => 30 * dayMs,
};

function itemOf(id: string): Item {
  return { kind: 'VirtualServer', id, name: id, state: 'Failed', host: undefined, why: undefined };
}
