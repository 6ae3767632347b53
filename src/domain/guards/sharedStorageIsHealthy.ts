import { currentPool } from '../currentPool.ts';
import type { Facts } from '../facts.ts';
import type { PoolBelief, VirtualMachineBelief } from '../pool.ts';
import { unpluggedStorage } from '../storage.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/**
 * A storage outage looks like dead hosts. Every shared SR with a disk of the plan must be plugged on every other member that
 * has it. A library of CDs, and storage that nothing of the plan uses, tell nothing about this failure.
 */
export const sharedStorageIsHealthy: Guard = {
  name: 'sharedStorageIsHealthy',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    const because = unpluggedStorage(
      machinesOfThePlan(facts, pool.value),
      pool.value,
      (hostUUID) => hostUUID === facts.target.hostUUID || facts.hosts.get(hostUUID)?.state === 'Maintenance',
    );
    return because === undefined
      ? allow('The shared storage of the plan is plugged on every other member.')
      : deny(`${because} Mend the storage first; a storage outage looks like dead hosts.`);
  },
};

function machinesOfThePlan(facts: Facts, pool: PoolBelief): readonly VirtualMachineBelief[] {
  if (facts.plan === undefined) {
    return [...pool.virtualMachines.values()].filter(
      (machine) => machine.residentOn === facts.target.hostUUID,
    );
  }
  return facts.plan.victims.flatMap((victim) =>
    victim.state === 'LeftHalted' ? [] : (pool.virtualMachines.get(victim.uuid) ?? []),
  );
}
