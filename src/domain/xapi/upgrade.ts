import type { PoolBelief } from './pool.ts';

/** Why the pool is, or looks like, in the middle of an upgrade; undefined where all members run one version. */
export function upgradeUnderWay(pool: PoolBelief): string | undefined {
  if (pool.rollingUpgrade) {
    return 'A rolling upgrade of the pool is under way. Finish it (or end it with its own tool) first.';
  }
  const versions = new Set([...pool.hosts.values()].map((host) => host.softwareVersion));
  return versions.size > 1
    ? `The members run different versions (${[...versions].sort((a, b) => a.localeCompare(b)).join(', ')}). Bring them to one version first.`
    : undefined;
}
