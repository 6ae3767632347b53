import { currentPool } from '../currentPool.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/** Releasing the master needs another procedure: somebody else has to become master first. */
export const hostIsNotTheMaster: Guard = {
  name: 'hostIsNotTheMaster',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    return pool.value.masterUUID === facts.target.hostUUID
      ? deny(
          `${facts.target.name} is the pool master. ReleaseMember is for members; a master that failed has to be replaced as master first.`,
        )
      : allow(`${facts.target.name} is a member, not the master.`);
  },
};
