/**
 * What stands in the way of starting a virtual machine elsewhere, whatever room there is: seen before anything is released,
 * so that people know it before the point of no return.
 */
import type { Claimed } from './claims.ts';
import type { Facts, PlannedMachine } from './facts.ts';
import { locksOf } from './locks.ts';
import { eligibleHosts } from './placement.ts';
import type { PoolBelief, VirtualMachineBelief } from './pool.ts';

export type Obstacle = Pick<PlannedMachine, 'state' | 'why'>;

const afterwards = 'then start it, or create a new RecoveryRequest';

/** Why it is not started here at all, or undefined. */
export function obstacleTo(
  { machine, how }: Claimed,
  only: string | undefined,
  facts: Facts,
  pool: PoolBelief,
): Obstacle | undefined {
  if (facts.declared.get(machine.uuid)?.powerState === 'Halted') return declaredHalted;
  if (how === 'unclear') {
    return {
      state: 'LeftHalted',
      why: `It was on ${facts.target.name} before and is halted now, and nothing tells whether it should run. Declare powerState: Running for it and create a new RecoveryRequest, or start it by hand.`,
    };
  }
  const why =
    diskInTheWay(machine, facts, pool) ??
    workInTheWay(machine, facts) ??
    lockInTheWay({ machine, how }, facts, pool) ??
    mediumInTheWay(machine, only, facts, pool);
  return why === undefined ? undefined : { state: 'NotRecoverable', why };
}

export const declaredHalted: Obstacle = {
  state: 'LeftHalted',
  why: 'It is declared Halted, so it is released and not started.',
};

/** Its disk is lost with the member, for all that the pool can tell. */
export function isLocalToTheMember(machine: VirtualMachineBelief, pool: PoolBelief): boolean {
  return machine.disks.some((disk) => pool.storage.get(disk.srUUID)?.shared === false);
}

function diskInTheWay(machine: VirtualMachineBelief, facts: Facts, pool: PoolBelief): string | undefined {
  const unknownDisk = machine.disks.find((disk) => !pool.storage.has(disk.srUUID));
  if (unknownDisk !== undefined)
    return `The pool does not know the storage of its disk ${unknownDisk.vdiUUID}.`;
  const local = machine.disks
    .map((disk) => pool.storage.get(disk.srUUID))
    .find((storage) => storage?.shared === false);
  return local === undefined
    ? undefined
    : `Its disk is on ${local.name}, the local storage of ${facts.target.name}. Bring that machine back, or restore the virtual server from its own backup.`;
}

/** `activating` refuses every start for ever; `paused` and `relinking` let one hang for an hour. */
function workInTheWay(machine: VirtualMachineBelief, facts: Facts): string | undefined {
  const disk = locksOf(machine, facts).find((one) => one.interruptedWork.length > 0);
  return disk === undefined
    ? undefined
    : `Storage work on its disk ${disk.vdiUUID} was interrupted (${disk.interruptedWork.join(', ')}), so it could not start anywhere. Let a storage administrator look at it, ${afterwards}.`;
}

/**
 * The storage takes the lock of a host that the pool has forgotten off by itself. But what the pool has not even resident here, and
 * only that host holds, may go on running there: a forgotten machine is told by nobody that it was forgotten.
 */
function lockInTheWay({ machine, how }: Claimed, facts: Facts, pool: PoolBelief): string | undefined {
  if (how === 'resident' || how === 'locked') return undefined;
  const known = new Set([...pool.hosts.values()].map((host) => host.ref));
  const disk = locksOf(machine, facts).find((one) => [...one.heldBy.keys()].some((ref) => !known.has(ref)));
  return disk === undefined
    ? undefined
    : `Its disk ${disk.vdiUUID} is held by a host that the pool has forgotten, which may still run it. Make sure that this machine is off, ${afterwards}.`;
}

/** A medium in a drive is no disk, but the pool starts nothing on a host that cannot reach it. */
function mediumInTheWay(
  machine: VirtualMachineBelief,
  only: string | undefined,
  facts: Facts,
  pool: PoolBelief,
): string | undefined {
  if (machine.media.length === 0) return undefined;
  const reaches = (hostUUID: string, srUUID: string): boolean =>
    pool.storage.get(srUUID)?.attachedOn.has(hostUUID) === true;
  const hosts = eligibleHosts(facts, pool).filter(
    (host) =>
      (only === undefined || host.uuid === only) &&
      machine.disks.every((disk) => reaches(host.uuid, disk.srUUID)),
  );
  if (hosts.length === 0) return undefined;
  const taken = hosts.some((host) => machine.media.every((medium) => reaches(host.uuid, medium.srUUID)));
  if (taken) return undefined;
  const far = machine.media.find((medium) => !hosts.some((host) => reaches(host.uuid, medium.srUUID)));
  const storage = pool.storage.get((far ?? machine.media[0])?.srUUID ?? '')?.name ?? 'unknown storage';
  return `A medium of ${storage} is in its drive, and no member that has its disks has that too. Eject it once the pool has released it (xe vm-cd-eject uuid=${machine.uuid}), ${afterwards}.`;
}
