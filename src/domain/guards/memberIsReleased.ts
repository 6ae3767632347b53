import { currentPool } from '../currentPool.ts';
import type { PoolBelief } from '../pool.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/** The pool has let go of the member: it is disabled, and no virtual machine is resident on it. */
export const memberIsReleased: Guard = {
  name: 'memberIsReleased',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    return isReleased(pool.value, facts.target.hostUUID)
      ? allow(`The pool has released ${facts.target.name}.`)
      : deny(`The pool has ${facts.target.name} enabled again, or virtual machines resident on it.`);
  },
};

/** Read from the pool's database: disabled, and nothing resident. */
export function isReleased(pool: PoolBelief, hostUUID: string): boolean {
  const host = pool.hosts.get(hostUUID);
  if (host === undefined || host.enabled) return false;
  for (const machine of pool.virtualMachines.values()) if (machine.residentOn === hostUUID) return false;
  return true;
}
