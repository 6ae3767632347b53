import { currentPool } from '../currentPool.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/** With the pool's own high availability on, it fences, releases and restarts by itself; two hands would collide. */
export const highAvailabilityIsOff: Guard = {
  name: 'highAvailabilityIsOff',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    return pool.value.haEnabled
      ? deny(
          'High availability is on in this pool, and it recovers by itself. Nothing is done here while it is on.',
        )
      : allow('High availability is off.');
  },
};
