/**
 * The plan of a release: every virtual machine of the member, where it will start and why, or why it can't be recovered
 * here. It is made once and kept; it is made anew only while nothing has been released and what it says is no longer so.
 */

import type { Procedure } from '../kernel/decide.ts';
import { freshOnly, oldestMs } from '../kernel/freshness.ts';
import { type Claimed, claimedMachines } from './claims.ts';
import { currentPool } from './currentPool.ts';
import type { DeclaredVirtualServer, Facts, ReleasePlan, Victim } from './facts.ts';
import { locksRead } from './locks.ts';
import { onlyPlace } from './moving.ts';
import { type Obstacle, obstacleTo } from './obstacles.ts';
import { freeMemoryReads, type PlacementWish, place, tooEarlyToPlace } from './placement.ts';
import type { PoolBelief, VirtualMachineBelief } from './pool.ts';
import { isAging, type Read, withinMs } from './reads.ts';

export const priorityWhenSilent = 50;

export type PlanDraft = Omit<ReleasePlan, 'hash'>;

/** Makes the plan, or says what is missing for it. */
export function makePlan(facts: Facts): PlanDraft | { readonly missing: string } {
  const pool = currentPool(facts);
  if (pool.kind === 'missing') return { missing: pool.because };
  const host = pool.value.hosts.get(facts.target.hostUUID);
  if (host === undefined) return { missing: `The pool knows no host ${facts.target.hostUUID}.` };
  const tooEarly = tooEarlyToPlace(facts, pool.value) ?? locksMissing(facts);
  if (tooEarly !== undefined) return { missing: tooEarly };
  const items = itemsOf(facts, pool.value);
  const wishes = items
    .filter((item) => item.obstacle === undefined)
    .map(({ machine, onlyOn }) =>
      wishOf(machine, facts.declared.get(machine.uuid), { notOn: new Set(), onlyOn }),
    );
  const placements = place(wishes, facts, pool.value, []);
  const victims = items.map(({ machine, onlyOn, obstacle }): Victim => {
    const victim = {
      ...victimOf(machine, facts.declared.get(machine.uuid)),
      ...(onlyOn === undefined ? {} : { onlyOn }),
    };
    if (obstacle !== undefined) return { ...victim, ...obstacle };
    const placement = placements.get(machine.uuid);
    return placement?.kind === 'placed'
      ? { ...victim, host: placement.hostUUID, why: placement.why }
      : { ...victim, state: 'NotRecoverable' as const, why: placement?.why };
  });
  const hindered = items.filter((item) => item.obstacle !== undefined).map(({ machine }) => machine.uuid);
  return { hostRef: host.ref, victims: victims.sort(inOrder), hindered: new Set(hindered) };
}

interface Item extends Claimed {
  readonly onlyOn: string | undefined;
  readonly obstacle: Obstacle | undefined;
}

/** What the plan is about as it looks now, before anything is placed. */
function itemsOf(facts: Facts, pool: PoolBelief): readonly Item[] {
  const before = new Map((facts.plan?.victims ?? []).map((victim) => [victim.uuid, victim.onlyOn]));
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

/** The text that the plan's hash stands for: identity, steps, and per virtual machine what is intended. No ages. */
export function planText(
  plan: PlanDraft,
  facts: Facts,
  { name, steps }: Pick<Procedure, 'name' | 'steps'>,
): string {
  return JSON.stringify([
    name,
    facts.target.poolUUID,
    facts.target.hostUUID,
    facts.target.serial ?? null,
    plan.hostRef,
    steps.map((step) => step.title),
    plan.victims.map((victim) => [
      victim.uuid,
      victim.order,
      victim.delaySeconds,
      victim.priority,
      victim.state,
      victim.host ?? null,
      ...(victim.onlyOn === undefined ? [] : [victim.onlyOn]),
    ]),
  ]);
}

/** Why the plan no longer says what is so, or undefined. Once the release has begun, the plan is the record of it. */
export function planIsOutdated(facts: Facts): string | undefined {
  const pool = currentPool(facts);
  const { plan } = facts;
  if (plan === undefined || pool.kind === 'missing' || releaseHasBegun(facts)) return undefined;
  const planned = new Map(plan.victims.map((victim) => [victim.uuid, victim]));
  const items = itemsOf(facts, pool.value);
  for (const item of items) {
    const victim = planned.get(item.machine.uuid);
    if (victim === undefined) {
      return `${item.machine.name} came to ${facts.target.name} after the plan was made.`;
    }
    const because = itemIsOutdated(victim, item, facts);
    if (because !== undefined) return because;
  }
  const left = new Set(items.map((item) => item.machine.uuid));
  const gone = plan.victims.find((victim) => !left.has(victim.uuid));
  return gone === undefined ? undefined : `${gone.name} is no longer on ${facts.target.name}.`;
}

function itemIsOutdated(victim: Victim, item: Item, facts: Facts): string | undefined {
  const { machine, obstacle, onlyOn } = item;
  if (onlyOn !== victim.onlyOn) return `${machine.name} is being moved, or its locks say that it was.`;
  const hindered = facts.plan?.hindered;
  const before = hindered === undefined ? victim.state !== 'Planned' : hindered.has(victim.uuid);
  if (obstacle !== undefined && !before) return `${machine.name}: ${obstacle.why}`;
  const wasHindered = victim.state === 'LeftHalted' || hindered?.has(victim.uuid) === true;
  if (obstacle === undefined && wasHindered) {
    return `What stood in the way of ${machine.name} is gone.`;
  }
  const { order, delaySeconds, priority } = victimOf(machine, facts.declared.get(machine.uuid));
  return order !== victim.order || delaySeconds !== victim.delaySeconds || priority !== victim.priority
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
export function victimOf(machine: VirtualMachineBelief, declared: DeclaredVirtualServer | undefined): Victim {
  return {
    uuid: machine.uuid,
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

function inOrder(a: Victim, b: Victim): number {
  return (
    a.order - b.order || b.priority - a.priority || compareText(a.name, b.name) || compareText(a.uuid, b.uuid)
  );
}

/** Names may repeat, so the UUID decides last: the plan's hash must not depend on the order in which the pool was read. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
