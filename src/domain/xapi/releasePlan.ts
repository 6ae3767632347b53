/**
 * The plan of a release: every virtual machine of the member, where it will start and why, or why it can't be recovered
 * here. It is made once and kept; it is made anew only while nothing has been released and what it says is no longer so.
 */

import { freshOnly } from '../kernel/freshness.ts';
import { oldestMs } from './ages.ts';
import { type Claimed, claimedMachines } from './claims.ts';
import { currentPool } from './currentPool.ts';
import type { DeclaredVirtualServer, Facts, PlannedMachine } from './facts.ts';
import type { PlanDraft } from './form.ts';
import { locksRead } from './locks.ts';
import { onlyPlace } from './moving.ts';
import { type Obstacle, obstacleTo } from './obstacles.ts';
import { freeMemoryReads, type PlacementWish, place, tooEarlyToPlace } from './placement.ts';
import type { PoolBelief, VirtualMachineBelief } from './pool.ts';
import { isAging, type Read, withinMs } from './reads.ts';

export const priorityWhenSilent = 50;

/** Makes the plan, or says what is missing for it. */
export function makePlan(facts: Facts): PlanDraft | { readonly because: string } {
  const pool = currentPool(facts);
  if (pool.kind === 'missing') return { because: pool.because };
  const host = pool.value.hosts.get(facts.target.hostUUID);
  if (host === undefined) return { because: `The pool knows no host ${facts.target.hostUUID}.` };
  const tooEarly = tooEarlyToPlace(facts, pool.value) ?? locksMissing(facts);
  if (tooEarly !== undefined) return { because: tooEarly };
  const candidates = candidatesOf(facts, pool.value);
  const wishes = candidates
    .filter((candidate) => candidate.obstacle === undefined)
    .map(({ machine, onlyOn }) =>
      wishOf(machine, facts.declared.get(machine.uuid), { notOn: new Set(), onlyOn }),
    );
  const placements = place(wishes, facts, pool.value, []);
  const items = candidates.map(({ machine, onlyOn, obstacle }): PlannedMachine => {
    const item = {
      ...plannedMachine(machine, facts.declared.get(machine.uuid)),
      ...(onlyOn === undefined ? {} : { onlyOn }),
    };
    if (obstacle !== undefined) return { ...item, ...obstacle };
    const placement = placements.get(machine.uuid);
    return placement?.kind === 'placed'
      ? { ...item, host: placement.hostUUID, why: placement.why }
      : { ...item, state: 'NotRecoverable' as const, why: placement?.why };
  });
  const hindered = candidates
    .filter((candidate) => candidate.obstacle !== undefined)
    .map(({ machine }) => machine.uuid);
  return {
    hosts: [{ uuid: host.uuid, ref: host.ref, name: host.name }],
    items: items.sort(inOrder),
    hindered: new Set(hindered),
  };
}

interface Candidate extends Claimed {
  readonly onlyOn: string | undefined;
  readonly obstacle: Obstacle | undefined;
}

/** What the plan is about as it looks now, before anything is placed. */
function candidatesOf(facts: Facts, pool: PoolBelief): readonly Candidate[] {
  const before = new Map((facts.plan?.items ?? []).map((item) => [item.id, item.onlyOn]));
  return claimedMachines(facts, pool).map((claimed) => {
    const onlyOn = onlyPlace(claimed.machine, facts, before.get(claimed.machine.uuid));
    return { ...claimed, onlyOn, obstacle: obstacleTo(claimed, onlyOn, facts, pool) };
  });
}

/** Why what the plan says of locks may be out of date, or undefined. */
export function locksMissing(facts: Facts): string | undefined {
  const locks = freshOnly(facts.locks, {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.locksOfThePlan,
    what: 'Who holds the storage locks of the pool',
  });
  return locks.kind === 'missing' ? locks.because : undefined;
}

/** The locks tell who was here, who may run elsewhere and what is broken; the free memory, where there is room. */
export function planReads(facts: Facts): readonly Read[] {
  const pool = currentPool(facts);
  if (pool.kind === 'missing' || releaseHasBegun(facts)) return [];
  const isMade = facts.plan === undefined || planIsOutdated(facts) !== undefined;
  return [
    ...(isAging(facts.locks, oldestMs.locksOfThePlan, facts.nowMs)
      ? [locksRead(pool.value, withinMs.plan)]
      : []),
    ...(isMade ? freeMemoryReads(facts, pool.value) : []),
  ];
}

/** Whom the hash of the plan is bound to. */
export function planPins(draft: PlanDraft, { target }: Facts): readonly unknown[] {
  return [
    target.poolUUID,
    target.hostUUID,
    target.serial ?? null,
    draft.hosts.map(({ uuid, ref }) => [uuid, ref]),
  ];
}

/** What is intended with one virtual machine. */
export function planIntent(item: PlannedMachine): readonly unknown[] {
  const { id, order, delaySeconds, priority, state, host, onlyOn } = item;
  return [id, order, delaySeconds, priority, state, host ?? null, ...(onlyOn === undefined ? [] : [onlyOn])];
}

/** Why the plan no longer says what is so, or undefined. Once the release has begun, the plan is the record of it. */
export function planIsOutdated(facts: Facts): string | undefined {
  const pool = currentPool(facts);
  const { plan } = facts;
  if (plan === undefined || pool.kind === 'missing' || releaseHasBegun(facts)) return undefined;
  const planned = new Map(plan.items.map((item) => [item.id, item]));
  const candidates = candidatesOf(facts, pool.value);
  for (const candidate of candidates) {
    const item = planned.get(candidate.machine.uuid);
    if (item === undefined) {
      return `${candidate.machine.name} came to ${facts.target.name} after the plan was made.`;
    }
    const because = isOutdated(item, candidate, facts);
    if (because !== undefined) return because;
  }
  const left = new Set(candidates.map((candidate) => candidate.machine.uuid));
  const gone = plan.items.find((item) => !left.has(item.id));
  return gone === undefined ? undefined : `${gone.name} is no longer on ${facts.target.name}.`;
}

function isOutdated(item: PlannedMachine, candidate: Candidate, facts: Facts): string | undefined {
  const { machine, obstacle, onlyOn } = candidate;
  if (onlyOn !== item.onlyOn) return `${machine.name} is being moved, or its locks say that it was.`;
  const hindered = facts.plan?.hindered;
  const before = hindered === undefined ? item.state !== 'Planned' : hindered.has(item.id);
  if (obstacle !== undefined && !before) return `${machine.name}: ${obstacle.why}`;
  const wasHindered = item.state === 'LeftHalted' || hindered?.has(item.id) === true;
  if (obstacle === undefined && wasHindered) {
    return `What stood in the way of ${machine.name} is gone.`;
  }
  const { order, delaySeconds, priority } = plannedMachine(machine, facts.declared.get(machine.uuid));
  return order !== item.order || delaySeconds !== item.delaySeconds || priority !== item.priority
    ? `When ${machine.name} starts was declared anew.`
    : undefined;
}

export function releaseHasBegun(facts: Facts): boolean {
  return facts.journal.some((entry) => entry.key.startsWith('declareDead') && entry.outcome !== 'NotSent');
}

export function wishOf(
  machine: VirtualMachineBelief,
  declared: DeclaredVirtualServer | undefined,
  where: Pick<PlacementWish, 'notOn' | 'onlyOn'>,
): PlacementWish {
  return {
    machine,
    priority: declared?.priority ?? priorityWhenSilent,
    order: declared?.order ?? machine.order,
    preferredHosts: [
      ...(declared?.preferredHosts ?? []),
      ...(machine.affinity === undefined ? [] : [machine.affinity]),
    ],
    antiAffinityGroup: declared?.antiAffinityGroup,
    ...where,
  };
}

/** A virtual machine as the plan begins with it: what was declared of its turn counts, then what the pool has. */
export function plannedMachine(
  machine: VirtualMachineBelief,
  declared: DeclaredVirtualServer | undefined,
): PlannedMachine {
  return {
    kind: 'VirtualMachine',
    id: machine.uuid,
    name: machine.name,
    order: declared?.order ?? machine.order,
    delaySeconds: declared?.delaySeconds ?? machine.startDelaySeconds,
    priority: declared?.priority ?? priorityWhenSilent,
    state: 'Planned',
    host: undefined,
    why: undefined,
    attempts: 0,
    runningSinceMs: undefined,
    runningAtWallMs: undefined,
  };
}

function inOrder(a: PlannedMachine, b: PlannedMachine): number {
  return (
    a.order - b.order || b.priority - a.priority || compareText(a.name, b.name) || compareText(a.id, b.id)
  );
}

/** Names may repeat, so the UUID decides last: the plan's hash must not depend on the order in which the pool was read. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
