import { type ConditionNow, conditionsNow, isoSeconds } from '../api/conditions.ts';
import type { Host, Pool } from '../api/generated/types.ts';
import type { Reading } from '../domain/kernel/reading.ts';
import type { PoolBelief } from '../domain/xapi/pool.ts';
import { unpluggedForAny } from '../domain/xapi/storage.ts';
import { upgradeUnderWay } from '../domain/xapi/upgrade.ts';
import { allOf, isFalse, isTrue, isUnknown } from './judgements.ts';
import type { PoolSession, SessionState } from './poolDirectory.ts';

type PoolStatus = NonNullable<Pool['status']>;

/** How old `observedAt` may grow before it is written again although nothing else changed. */
const observedAtEveryMs = 5 * 60_000;

export interface PoolView {
  readonly pool: Pool;
  readonly hosts: readonly Host[];
  readonly state: SessionState;
  readonly nowMs: number;
  readonly nowWallMs: number;
}

/** What a Pool shows: the pool's own database where it is known, and who answers. It only reads. */
export function poolStatus(view: PoolView): PoolStatus {
  const { pool, state, nowWallMs } = view;
  const generation = pool.metadata.generation ?? 0;
  const belief: Reading<PoolBelief> =
    state.kind === 'open' ? state.session.link.belief() : { kind: 'unknown', because: state.because };
  const known = belief.kind === 'known' ? belief.value : undefined;
  const now = conditions(view, belief);
  return {
    observedGeneration: generation,
    ...(known === undefined ? {} : shown(view, known)),
    highAvailability: known === undefined ? 'Unknown' : known.haEnabled ? 'Enabled' : 'Disabled',
    ...observedAt(view, belief),
    conditions: [...conditionsNow(pool.status?.conditions, now, { nowWallMs, generation })],
  };
}

function shown(view: PoolView, pool: PoolBelief): Partial<PoolStatus> {
  const { state } = view;
  const master = pool.hosts.get(pool.masterUUID);
  let answering = 0;
  for (const host of pool.hosts.values()) {
    const answer = state.kind === 'open' ? state.session.members.answer(host.uuid) : undefined;
    if (answer?.kind === 'known' && answer.value.kind !== 'silent' && answer.value.kind !== 'impostor')
      answering++;
  }
  return {
    name: pool.name,
    ...(master === undefined
      ? {}
      : { master: { name: master.name, hostUUID: master.uuid, address: master.address } }),
    members: {
      total: pool.hosts.size,
      answering,
      declared: view.hosts.length,
      summary: `${answering}/${pool.hosts.size}`,
    },
    ...(state.kind === 'open' ? { virtualMachines: countsOf(state.session, pool) } : {}),
    softwareVersion: master?.softwareVersion ?? '',
  };
}

function countsOf({ census }: PoolSession, pool: PoolBelief): NonNullable<PoolStatus['virtualMachines']> {
  const { total, running } = census.of(pool.virtualMachines);
  return { total, running };
}

/** Only every few minutes, so that a pool in which nothing happens costs no writes. */
function observedAt(view: PoolView, belief: Reading<PoolBelief>): Pick<PoolStatus, 'observedAt'> {
  const before = view.pool.status?.observedAt;
  if (belief.kind === 'unknown') return before === undefined ? {} : { observedAt: before };
  const seenWallMs = view.nowWallMs - (view.nowMs - belief.atMs);
  const stale = before === undefined || Math.abs(seenWallMs - Date.parse(before)) >= observedAtEveryMs;
  return { observedAt: stale ? isoSeconds(seenWallMs) : before };
}

function conditions(view: PoolView, belief: Reading<PoolBelief>): readonly ConditionNow[] {
  if (belief.kind === 'unknown') {
    return [
      isUnknown('Ready', 'PoolNotKnown', belief.because),
      isFalse('Reachable', 'NoMaster', belief.because),
      isUnknown('FencingReady', 'PoolNotKnown', belief.because),
    ];
  }
  const reachable = isTrue(
    'Reachable',
    'MasterAnswers',
    'The pool master answers and its events are followed.',
  );
  const members = membersAnswer(view, belief.value);
  const fencing = fencingReady(view, belief.value);
  const paused = (view.pool.spec.paused ?? []).map((one) => one.reason);
  const words =
    paused.length > 0
      ? `All is well; paused: ${paused.join('; ')}`
      : view.pool.spec.mode === 'Manual'
        ? 'All members answer; requests are carried out.'
        : 'All members answer; mode Observe, so nothing is changed.';
  const storage = storagePlugged(view, belief.value);
  const upgrade = oneVersion(belief.value);
  return [allOf('Ready', [reachable, members, upgrade, storage, fencing], words), reachable, fencing];
}

function membersAnswer(view: PoolView, pool: PoolBelief): ConditionNow {
  const declared = new Map(view.hosts.map((host) => [host.spec.hostUUID, host]));
  for (const host of pool.hosts.values()) {
    const object = declared.get(host.uuid);
    if (object === undefined) {
      return isFalse(
        'Members',
        'MemberNotDeclared',
        `${host.name} (${host.uuid}) is a member and not declared as a Host.`,
      );
    }
    if (object.spec.state === 'Maintenance') continue;
    const ready = object.status?.conditions?.find((condition) => condition.type === 'Ready');
    if (ready?.status === 'False')
      return isFalse('Members', 'MemberNotReady', `${host.name} is not ready. ${ready.message}`);
  }
  for (const object of view.hosts) {
    if (!pool.hosts.has(object.spec.hostUUID)) {
      return isFalse(
        'Members',
        'HostNotInPool',
        `The pool knows no host ${object.spec.hostUUID}, which the Host ${object.metadata.name} declares.`,
      );
    }
  }
  return isTrue('Members', 'MembersAnswer', 'All members answer.');
}

/** A recovery is refused while members run different versions, so it is shown before one is needed. */
function oneVersion(pool: PoolBelief): ConditionNow {
  const because = upgradeUnderWay(pool);
  return because === undefined
    ? isTrue('Ready', 'OneVersion', 'All members run one version.')
    : isFalse('Ready', 'UpgradeUnderWay', because);
}

/** A recovery would be refused for it (see the guard sharedStorageIsHealthy), so it is told while there is time. */
function storagePlugged(view: PoolView, pool: PoolBelief): ConditionNow {
  const maintained = new Set(
    view.hosts.filter((host) => host.spec.state === 'Maintenance').map((host) => host.spec.hostUUID),
  );
  const because = unpluggedForAny(pool, (hostUUID) => maintained.has(hostUUID));
  return because === undefined
    ? isTrue('Storage', 'StoragePlugged', 'The shared storage is plugged.')
    : isFalse(
        'Storage',
        'StorageUnplugged',
        `${because} Plug it again (xe pbd-plug); the recovery of a member would be refused meanwhile.`,
      );
}

function fencingReady(view: PoolView, pool: PoolBelief): ConditionNow {
  const cannot: string[] = [];
  for (const host of pool.hosts.values()) {
    const object = view.hosts.find((one) => one.spec.hostUUID === host.uuid);
    const fencing = object?.status?.conditions?.find((condition) => condition.type === 'FencingReady');
    if (fencing?.status !== 'True') cannot.push(host.name);
  }
  return cannot.length === 0
    ? isTrue(
        'FencingReady',
        'EveryMember',
        'The power of every member can be read, and so be cut for certain.',
      )
    : isFalse(
        'FencingReady',
        'SomeMembers',
        `The power of ${cannot.join(', ')} could not be cut and proven off tonight. Look at FencingReady of those Hosts.`,
      );
}
