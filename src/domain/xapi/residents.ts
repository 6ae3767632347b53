/** Which virtual machines the pool has on which host. */
import type { PoolBelief, VirtualMachineBelief } from './pool.ts';

/** Only speed: everybody asks after each change of a pool, and it may have thousands of machines. */
const byHost = new WeakMap<
  PoolBelief['virtualMachines'],
  ReadonlyMap<string, readonly VirtualMachineBelief[]>
>();

/** By host UUID. Those that are resident nowhere are in none of the lists. */
export function residentsByHost({
  virtualMachines,
}: Pick<PoolBelief, 'virtualMachines'>): ReadonlyMap<string, readonly VirtualMachineBelief[]> {
  const known = byHost.get(virtualMachines);
  if (known !== undefined) return known;
  const found = new Map<string, VirtualMachineBelief[]>();
  for (const machine of virtualMachines.values()) {
    if (machine.residentOn === undefined) continue;
    const residents = found.get(machine.residentOn);
    if (residents === undefined) found.set(machine.residentOn, [machine]);
    else residents.push(machine);
  }
  byHost.set(virtualMachines, found);
  return found;
}

export function residentsOf(
  pool: Pick<PoolBelief, 'virtualMachines'>,
  hostUUID: string,
): readonly VirtualMachineBelief[] {
  return residentsByHost(pool).get(hostUUID) ?? [];
}
