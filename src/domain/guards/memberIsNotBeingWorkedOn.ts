import { currentPool } from '../currentPool.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/** A reboot, shutdown or evacuation that somebody asked for is not a failure. */
export const memberIsNotBeingWorkedOn: Guard = {
  name: 'memberIsNotBeingWorkedOn',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    const operations = pool.value.hosts.get(facts.target.hostUUID)?.currentOperations ?? [];
    return operations.length > 0
      ? deny(
          `The pool is doing ${operations.join(', ')} on ${facts.target.name}. Wait until that has ended, or cancel it.`,
        )
      : allow(`Nothing planned is under way on ${facts.target.name}.`);
  },
};
