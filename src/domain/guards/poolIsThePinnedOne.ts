import { currentPool } from '../currentPool.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/** The pool's database is known, current, and of the pool that is meant, by UUID. */
export const poolIsThePinnedOne: Guard = {
  name: 'poolIsThePinnedOne',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    if (pool.value.uuid !== facts.target.poolUUID) {
      return deny(
        `The pool that answers is ${pool.value.uuid}, and the Pool pins ${facts.target.poolUUID}. Correct the addresses of its Hosts, or the Pool.`,
      );
    }
    return allow(`The pool is ${pool.value.uuid}.`);
  },
};
