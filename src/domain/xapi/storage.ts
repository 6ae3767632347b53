import { holdsSharedDisks, type PoolBelief, type VirtualMachineBelief } from './pool.ts';
import { residentsByHost } from './residents.ts';

/** Why a release of the member would be refused for its storage, or undefined: a disk that moves must be reachable everywhere. */
export function unpluggedStorage(
  machines: Iterable<VirtualMachineBelief>,
  pool: PoolBelief,
  isExempt: (hostUUID: string) => boolean,
): string | undefined {
  const needed = new Set<string>();
  for (const machine of machines) for (const disk of machine.disks) needed.add(disk.srUUID);
  for (const uuid of needed) {
    const storage = pool.storage.get(uuid);
    if (storage === undefined || !holdsSharedDisks(storage)) continue;
    for (const hostUUID of storage.knownOn) {
      if (storage.attachedOn.has(hostUUID) || isExempt(hostUUID)) continue;
      return `The shared storage ${storage.name} is not plugged on ${pool.hosts.get(hostUUID)?.name ?? hostUUID}.`;
    }
  }
  return undefined;
}

/** The same for every member that may be lost one day: what would be refused then is known now. */
export function unpluggedForAny(
  pool: PoolBelief,
  isInMaintenance: (hostUUID: string) => boolean,
): string | undefined {
  // Nearly always all of it is plugged, and then no machine has to be asked what it needs.
  const isPlugged = [...pool.storage.values()].every(
    (storage) => !holdsSharedDisks(storage) || storage.knownOn.isSubsetOf(storage.attachedOn),
  );
  if (isPlugged) return undefined;
  for (const [hostUUID, machines] of residentsByHost(pool)) {
    const because = unpluggedStorage(machines, pool, (uuid) => uuid === hostUUID || isInMaintenance(uuid));
    if (because !== undefined) return because;
  }
  return undefined;
}
