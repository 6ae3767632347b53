/**
 * PromoteMember as a table against the kernel: a member becomes master because the old master is lost. It is not carried out
 * anywhere yet. It is here because it pulls at the form where ReleaseMember does not: several machines have to be proven off, no
 * master can be asked, and what the pool says afterwards may be older than what was known before.
 */
import type { Act as XapiAct } from '../../src/domain/acts/act.ts';
import { isFenced } from '../../src/domain/fence/certificate.ts';
import {
  noOtherRecoveryRuns,
  poolIsNotPaused,
  poolModeAllowsActing,
  requestAsksForExecution,
  requestIsNotCancelled,
} from '../../src/domain/guards/permission.ts';
import { planIsApproved } from '../../src/domain/guards/plan.ts';
import type { Next, Step } from '../../src/domain/kernel/decide.ts';
import type { Hypervisor } from '../../src/domain/kernel/hypervisor.ts';
import type { Procedure } from '../../src/domain/kernel/procedure.ts';
import type { Reading } from '../../src/domain/kernel/reading.ts';
import { openEntry } from '../../src/domain/kernel/tries.ts';
import { allow, deny, type Guard, unknown } from '../../src/domain/kernel/verdict.ts';
import { cutThePower } from '../../src/domain/steps/cutThePower.ts';
import { declareTheMemberDead } from '../../src/domain/steps/declareTheMemberDead.ts';
import { everyVirtualMachineIsUp } from '../../src/domain/steps/everyVirtualMachineIsUp.ts';
import { noLockIsLeft } from '../../src/domain/steps/noLockIsLeft.ts';
import { aboutHost, type Facts, type PoolFacts } from '../../src/domain/xapi/facts.ts';
import type { Part } from '../../src/domain/xapi/form.ts';
import type { Read as XapiRead } from '../../src/domain/xapi/reads.ts';

/** What this procedure knows beside the facts about the pool. */
export interface PromotionFacts extends PoolFacts {
  readonly oldMaster: string;
  readonly candidate: string;
  /** How old the candidate's copy of the database is. */
  readonly copyAge: Reading<number>;
  /** Names of virtual machines that the new master knows otherwise than they were last known. */
  readonly differences: Reading<readonly string[]>;
  /** Whether a person has read the differences: an answer in the request. */
  readonly acceptsDifferences: boolean;
}

type PromotionAct =
  | XapiAct
  | { readonly kind: 'becomeMaster'; readonly hostUUID: string }
  | { readonly kind: 'recoverMembers'; readonly hostUUID: string };

type PromotionRead =
  | XapiRead
  | { readonly kind: 'copyAge'; readonly hostUUID: string }
  | { readonly kind: 'differences' };

export interface Promotion extends Hypervisor {
  readonly facts: PromotionFacts;
  readonly act: PromotionAct;
  readonly read: PromotionRead;
}

type PromotionStep = Step<Promotion>;
type PromotionPart = Omit<PromotionStep, 'title' | 'guards'>;

/** Who does not answer as a member or a master. */
export function silentHosts({ answers }: PoolFacts): readonly string[] {
  return [...answers].flatMap(([uuid, answer]) =>
    answer.kind === 'known' && (answer.value.kind === 'master' || answer.value.kind === 'member')
      ? []
      : [uuid],
  );
}

/** A part of ReleaseMember, about another machine than the target, or about several: the first that is not done decides. */
function about(whom: (facts: PromotionFacts) => readonly string[], part: Part): PromotionPart {
  const each = (facts: PromotionFacts): readonly Facts[] =>
    whom(facts).flatMap((hostUUID) => aboutHost(facts, hostUUID) ?? []);
  return {
    acts: part.acts,
    done: (facts) => each(facts).length === whom(facts).length && each(facts).every(part.done),
    next: (facts): Next<PromotionAct> => {
      const open = each(facts).find((one) => !part.done(one));
      return open === undefined
        ? { kind: 'wait', because: 'Nothing is known yet of one of the hosts.' }
        : part.next(open);
    },
    reads: (facts) => each(facts).flatMap((one) => part.reads?.(one) ?? []),
  };
}

const theOldMaster = (facts: PromotionFacts): readonly string[] => [facts.oldMaster];

const everySilentHostIsProvenOff: Guard<PromotionFacts> = {
  name: 'everySilentHostIsProvenOff',
  judge: (facts) => {
    for (const hostUUID of silentHosts(facts)) {
      const one = aboutHost(facts, hostUUID);
      if (one === undefined || !isFenced(one))
        return unknown(`There is no proof yet that ${one?.target.name ?? hostUUID} has no power.`);
    }
    return allow('Every host that does not answer is proven off.');
  },
};

const theMajorityAnswers: Guard<PromotionFacts> = {
  name: 'theMajorityAnswers',
  judge: (facts) => {
    const silent = silentHosts(facts).length;
    return silent * 2 < facts.answers.size
      ? allow('More than half of the members answer.')
      : deny(`${silent} of ${facts.answers.size} members do not answer. The other side may live.`);
  },
};

const theCopyIsYoung: Guard<PromotionFacts> = {
  name: 'theCopyIsYoung',
  judge: ({ copyAge }) => {
    if (copyAge.kind === 'unknown') return unknown(copyAge.because);
    return copyAge.value <= 10 * 60_000
      ? allow("The candidate's copy of the database is young.")
      : deny("The candidate's copy of the database is too old.");
  },
};

const permission: readonly Guard<PromotionFacts>[] = [
  poolModeAllowsActing,
  requestAsksForExecution,
  requestIsNotCancelled,
  poolIsNotPaused,
  noOtherRecoveryRuns,
];
const proven = [...permission, theMajorityAnswers, everySilentHostIsProvenOff];

function oneAct(
  act: PromotionAct & { readonly hostUUID: string },
  facts: PromotionFacts,
): Next<PromotionAct> {
  return openEntry(facts, `${act.kind} ${act.hostUUID}`) === undefined
    ? { kind: 'act', acts: [act] }
    : { kind: 'wait', because: 'It is under way.' };
}

const steps: readonly PromotionStep[] = [
  {
    title: 'Cut the power of every host that does not answer, and read each back as off twice',
    guards: [...permission, theMajorityAnswers, planIsApproved],
    ...about(silentHosts, cutThePower),
  },
  {
    title: 'Make the candidate the master',
    guards: [...proven, theCopyIsYoung],
    acts: ['becomeMaster'],
    done: ({ answers, candidate }) => {
      const answer = answers.get(candidate);
      return answer?.kind === 'known' && answer.value.kind === 'master';
    },
    next: (facts) => oneAct({ kind: 'becomeMaster', hostUUID: facts.candidate }, facts),
    reads: ({ candidate }) => [{ kind: 'copyAge', hostUUID: candidate }],
    marks: 'promotedAt',
  },
  {
    title: 'Compare what the new master knows with what was known before',
    guards: proven,
    acts: [],
    done: ({ differences, acceptsDifferences }) =>
      differences.kind === 'known' && (differences.value.length === 0 || acceptsDifferences),
    next: ({ differences }) =>
      differences.kind === 'unknown'
        ? { kind: 'wait', because: differences.because }
        : {
            kind: 'person',
            ask: {
              role: 'Whoever knows the virtual machines of this pool',
              todo: `Look at ${differences.value.join(', ')}: the new master knows them otherwise. Say whether to go on.`,
              seenBy: 'The answer is in the request.',
              answerIn: 'spec.answers',
              remindEveryMs: 30 * 60_000,
            },
          },
    reads: () => [{ kind: 'differences' }],
    patienceMs: () => 24 * 60 * 60_000,
  },
  {
    title: 'Let the other members follow the new master',
    guards: proven,
    acts: ['recoverMembers'],
    done: (facts) =>
      [...facts.answers.values()].every(
        (answer) =>
          answer.kind === 'known' &&
          (answer.value.kind !== 'member' || answer.value.ofAddress === addressOf(facts, facts.candidate)),
      ),
    next: (facts) => oneAct({ kind: 'recoverMembers', hostUUID: facts.candidate }, facts),
  },
  {
    title: 'Declare the old master dead, so that the pool releases its virtual machines',
    guards: proven,
    ...about(theOldMaster, declareTheMemberDead),
  },
  {
    title: 'See that every storage lock of the old master is gone',
    guards: proven,
    ...about(theOldMaster, noLockIsLeft),
  },
  {
    title: 'Start its virtual machines on members with room, in their order',
    guards: proven,
    ...about(theOldMaster, everyVirtualMachineIsUp),
  },
];

function addressOf({ pool }: PoolFacts, hostUUID: string): string | undefined {
  return pool.kind === 'known' ? pool.value.hosts.get(hostUUID)?.address : undefined;
}

export const promoteMember: Procedure<Promotion> = {
  name: 'PromoteMember',
  target: 'Pool',
  steps,
  plan: {
    draft: (facts) =>
      facts.plan === undefined ? { because: 'The old master was not asked in time.' } : facts.plan,
    outdated: () => undefined,
    reads: () => [],
    grounds: () => [],
    pins: (draft, { oldMaster, candidate }) => [oldMaster, candidate, draft.hosts.map(({ ref }) => ref)],
    intent: ({ id, state, host }) => [id, state, host ?? null],
    follow: (facts) => facts.plan?.items ?? [],
  },
  telling: {
    progress: ({ answers }) => `${answers.size} members`,
    ending: () => ({ succeeded: true, because: 'The pool has a master again.' }),
    standsAt: () => '',
    leaves: () => '',
    hasAsked: ({ answers }, sinceMs) =>
      [...answers.values()].every((answer) => answer.kind === 'known' && answer.atMs >= sinceMs),
    moments: () => ({}),
  },
  provenOff: silentHosts,
  followReads: () => [],
  beginsWithinMs: ({ policy }) => policy.memberTimeoutMs,
};
