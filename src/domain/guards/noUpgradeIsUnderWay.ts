import { currentPool } from '../currentPool.ts';
import { upgradeUnderWay } from '../upgrade.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/** During a rolling upgrade, or between members of different versions, silence is planned and starts may be refused. */
export const noUpgradeIsUnderWay: Guard = {
  name: 'noUpgradeIsUnderWay',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    const because = upgradeUnderWay(pool.value);
    return because === undefined ? allow('All members run the same version.') : deny(because);
  },
};
