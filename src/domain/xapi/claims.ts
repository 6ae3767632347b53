/**
 * Which virtual machines a recovery of the target is about: those that the pool has on it, and those that were there and run
 * nowhere now, because somebody began by hand or an earlier recovery stopped half way.
 */
import type { Facts } from './facts.ts';
import { locksHeldBy } from './locks.ts';
import type { PoolBelief, VirtualMachineBelief } from './pool.ts';

export interface Claimed {
  readonly machine: VirtualMachineBelief;
  /** `unclear`: it was there, it is halted, and nothing tells whether it should run. It is named and not started. */
  readonly how: 'resident' | 'locked' | 'lastSeen' | 'unclear';
}

export function claimedMachines(facts: Facts, pool: PoolBelief): readonly Claimed[] {
  const locked = lockedDisks(facts, pool);
  const planned = new Set(
    (facts.plan?.items ?? []).flatMap((item) => (item.state === 'LeftHalted' ? [] : [item.id])),
  );
  const released = pool.hosts.get(facts.target.hostUUID)?.enabled === false;
  const claimed: Claimed[] = [];
  for (const machine of pool.virtualMachines.values()) {
    const how = claimOn(machine, { facts, locked, planned, released });
    if (how !== undefined) claimed.push({ machine, how });
  }
  return claimed;
}

interface Traces {
  readonly facts: Facts;
  readonly locked: ReadonlySet<string>;
  readonly planned: ReadonlySet<string>;
  /** The pool has the member disabled, as after a release, by hand or by an earlier request. */
  readonly released: boolean;
}

function claimOn(
  machine: VirtualMachineBelief,
  { facts, locked, planned, released }: Traces,
): Claimed['how'] | undefined {
  const { target } = facts;
  if (machine.residentOn === target.hostUUID) return 'resident';
  if (machine.powerState !== 'Halted') return undefined;
  // A shutdown in order takes its locks away, so a lock that is left tells of one that was not.
  if (machine.disks.some((disk) => locked.has(disk.vdiUUID))) return 'locked';
  const declared = facts.declared.get(machine.uuid);
  const wasHere = planned.has(machine.uuid) || facts.lastSeen.has(machine.uuid);
  if (declared?.powerState === 'Running') {
    const ranHere = declared.lastHost === target.hostUUID || declared.mayRunOn === target.hostUUID;
    return wasHere || ranHere ? 'lastSeen' : undefined;
  }
  if (!wasHere || declared?.powerState === 'Halted') return undefined;
  // As long as the pool has not had the member back, nobody shut down in order what ran there.
  return released ? 'lastSeen' : 'unclear';
}

/** The disks on which a lock of the target is left. */
function lockedDisks(facts: Facts, pool: PoolBelief): ReadonlySet<string> {
  const ref = pool.hosts.get(facts.target.hostUUID)?.ref;
  if (facts.locks.kind === 'unknown' || ref === undefined) return new Set();
  return new Set(locksHeldBy(ref, facts.locks.value).map((disk) => disk.vdiUUID));
}
