import { type ConditionNow, conditionsNow, isoSeconds } from '../api/conditions.ts';
import type { Host, Pool } from '../api/generated/types.ts';
import { type IdentityFacts, identityTrouble } from '../domain/fence/identity.ts';
import { type Reading, unknown } from '../domain/kernel/reading.ts';
import { diagnose } from '../domain/xapi/diagnose.ts';
import type { HostBelief, MemberAnswer, PoolBelief } from '../domain/xapi/pool.ts';
import { fencingReady } from './fencingReady.ts';
import { heldOf, silenceOf } from './hostMemory.ts';
import { allOf, isFalse, isTrue, isUnknown, poolNotKnown } from './judgements.ts';
import type { SessionState } from './poolDirectory.ts';

type HostStatus = NonNullable<Host['status']>;

export interface HostView {
  readonly host: Host;
  readonly pool: Pool | undefined;
  readonly state: SessionState;
  readonly identity: IdentityFacts;
  readonly nowMs: number;
  readonly nowWallMs: number;
}

export interface Seen {
  readonly belief: Reading<PoolBelief>;
  readonly inPool: HostBelief | undefined;
  readonly answer: Reading<MemberAnswer>;
}

/** What a Host shows: its own answer, the pool's opinion of it, and its power as read. It only reads. */
export function hostStatus(view: HostView): HostStatus {
  const { host, state, nowWallMs } = view;
  const uuid = host.spec.hostUUID;
  const generation = host.metadata.generation ?? 0;
  const belief: Reading<PoolBelief> =
    state.kind === 'open' ? state.session.link.belief() : unknown(state.because);
  const answer: Reading<MemberAnswer> =
    state.kind === 'open' ? state.session.members.answer(uuid) : unknown(state.because);
  const inPool = belief.kind === 'known' ? belief.value.hosts.get(uuid) : undefined;
  const seen = { belief, inPool, answer };
  return {
    observedGeneration: generation,
    ...(inPool === undefined ? {} : { name: inPool.name, enabled: inPool.enabled }),
    ...residentsNow(state, belief, uuid),
    role: roleOf(seen, uuid),
    live: inPool === undefined ? 'Unknown' : inPool.live ? 'True' : 'False',
    answers: answersOf(answer),
    ...silenceOf(view, answer),
    ...heldOf(view),
    ...powerOf(view),
    conditions: [
      ...conditionsNow(host.status?.conditions, conditions(view, seen), { nowWallMs, generation }),
    ],
  };
}

function residentsNow(
  state: SessionState,
  belief: Reading<PoolBelief>,
  uuid: string,
): Pick<HostStatus, 'residents'> {
  if (state.kind === 'closed' || belief.kind === 'unknown') return {};
  const { residents } = state.session.census.of(belief.value.virtualMachines);
  return { residents: residents.get(uuid) ?? 0 };
}

function roleOf({ answer, belief }: Seen, uuid: string): 'Master' | 'Member' | 'Unknown' {
  if (answer.kind === 'known' && answer.value.kind === 'master') return 'Master';
  if (answer.kind === 'known' && answer.value.kind === 'member') return 'Member';
  if (belief.kind === 'unknown' || !belief.value.hosts.has(uuid)) return 'Unknown';
  return belief.value.masterUUID === uuid ? 'Master' : 'Member';
}

function answersOf(answer: Reading<MemberAnswer>): 'True' | 'False' | 'Unknown' {
  if (answer.kind === 'unknown' || answer.value.kind === 'impostor') return 'Unknown';
  return answer.value.kind === 'silent' ? 'False' : 'True';
}

function powerOf({ host, state, nowWallMs }: HostView): Pick<HostStatus, 'power'> {
  const watch = state.kind === 'open' ? state.session.power(host.spec.hostUUID) : undefined;
  if (watch === undefined || !watch.hasDevice) return {};
  const last = watch.last();
  if (last === undefined || watch.unknownBecause() !== undefined) return { power: { state: 'Unknown' } };
  const before = host.status?.power;
  const shown = { state: last.power === 'on' ? 'On' : last.power === 'off' ? 'Off' : last.says };
  const unchanged =
    before?.state === shown.state && before.source === last.device && before.serial === last.serial;
  const readAt = unchanged ? before.readAt : undefined;
  return {
    power: {
      ...shown,
      source: last.device,
      serial: last.serial,
      readAt: readAt ?? isoSeconds(Math.min(last.atWallMs, nowWallMs)),
    },
  };
}

function conditions(view: HostView, seen: Seen): readonly ConditionNow[] {
  const reachable = reachableNow(seen.answer);
  const fencing = fencingReady(view, seen);
  const suspected = suspectedNow(view, seen);
  const identity = identityNow(view, seen);
  return [readyNow(view, seen, [identity, reachable, fencing]), reachable, fencing, suspected];
}

function readyNow(view: HostView, seen: Seen, parts: readonly ConditionNow[]): ConditionNow {
  if (view.host.spec.state === 'Maintenance') return isFalse('Ready', 'Maintenance', 'People work on it.');
  if (view.pool === undefined) {
    return isFalse('Ready', 'NoPool', `There is no Pool ${view.host.spec.poolRef.name} in this namespace.`);
  }
  if (seen.belief.kind === 'unknown') return isUnknown('Ready', 'PoolNotKnown', poolNotKnown(view.host));
  if (seen.inPool === undefined) {
    return isFalse('Ready', 'NotInPool', `The pool knows no host ${view.host.spec.hostUUID}.`);
  }
  const pool = seen.inPool.enabled
    ? isTrue('Enabled', 'Enabled', 'The pool lets it run virtual machines.')
    : isFalse('Enabled', 'Disabled', 'The pool does not let it run virtual machines (it is disabled).');
  return allOf(
    'Ready',
    [...parts.slice(0, 2), pool, ...parts.slice(2)],
    'It answers, runs virtual machines, and its power can be read.',
  );
}

/** Which machine it is. A contradiction stops every act on it, so it is shown before anything else. */
function identityNow(view: HostView, { belief }: Seen): ConditionNow {
  const trouble = identityTrouble(view.identity, belief.kind === 'known' ? belief.value : undefined);
  return trouble?.kind === 'contradicted'
    ? isFalse('Ready', 'AnotherMachine', trouble.because)
    : isTrue('Ready', 'TheOneMeant', 'Nothing contradicts which machine it is.');
}

function reachableNow(answer: Reading<MemberAnswer>): ConditionNow {
  if (answer.kind === 'unknown') return isUnknown('Reachable', 'NotAsked', answer.because);
  switch (answer.value.kind) {
    case 'master':
      return isTrue('Reachable', 'Answers', 'It answers, as pool master.');
    case 'member':
      return isTrue('Reachable', 'Answers', 'It answers, as member.');
    case 'troubled':
      return isTrue(
        'Reachable',
        'AnswersInTrouble',
        `It answers, but not as a healthy toolstack: ${answer.value.says}`,
      );
    case 'impostor':
      return isFalse(
        'Reachable',
        'AnotherIdentity',
        `Somebody else answers at its address: ${answer.value.says}`,
      );
    case 'silent':
      return isFalse('Reachable', 'Silent', `${answer.value.says}.`);
  }
}

function suspectedNow(view: HostView, seen: Seen): ConditionNow {
  const { host, state } = view;
  if (state.kind === 'closed') return isUnknown('Suspected', 'PoolNotKnown', poolNotKnown(host));
  const uuid = host.spec.hostUUID;
  const fenceable = fencingReady(view, seen).status === 'True';
  const verdict = diagnose({
    name: host.metadata.name,
    maintenance: host.spec.state === 'Maintenance',
    answer: seen.answer,
    masterContact: state.session.members.masterContact(uuid),
    silentForMs: state.session.members.silentForMs(uuid),
    live: seen.inPool?.live,
    memberTimeoutMs: (view.pool?.spec.detection?.memberTimeoutSeconds ?? 600) * 1000,
    power: fenceable ? state.session.power(uuid)?.last()?.power : undefined,
  });
  switch (verdict.kind) {
    case 'healthy':
      return isFalse('Suspected', 'Answers', verdict.because);
    case 'silent':
      return isFalse('Suspected', 'SilentForAWhile', verdict.because);
    case 'suspected':
      return isTrue('Suspected', verdict.reason, verdict.because);
    case 'unknown':
      return isUnknown('Suspected', 'NotKnown', verdict.because);
  }
}
