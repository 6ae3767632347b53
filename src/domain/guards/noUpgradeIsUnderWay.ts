import { currentPool } from '../currentPool.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/** During a rolling upgrade, or between members of different versions, silence is planned and starts may be refused. */
export const noUpgradeIsUnderWay: Guard = {
  name: 'noUpgradeIsUnderWay',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    if (pool.value.rollingUpgrade) {
      return deny(
        'A rolling upgrade of the pool is under way. Finish it (or end it with its own tool) first.',
      );
    }
    const versions = new Set([...pool.value.hosts.values()].map((host) => host.softwareVersion));
    return versions.size > 1
      ? deny(
          `The members run different versions (${[...versions].sort((a, b) => a.localeCompare(b)).join(', ')}). Bring them to one version first.`,
        )
      : allow('All members run the same version.');
  },
};
