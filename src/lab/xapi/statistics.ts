import type { Database } from '../belief/database.ts';
import { freeMemory } from '../belief/powerState.ts';
import { memberByRef, type Pool } from './pool.ts';

/**
 * What a host's statistics daemon tells the pool of its memory, when it has gained or lost a domain. Without the daemon
 * host_metrics.memory_free stays as it was, or is 0 where it never ran; host.compute_free_memory counts by itself.
 */
export function reportMemory(pool: Pool, database: Database, host: string): void {
  const metrics = database.get('host', host)?.metrics;
  if (metrics === undefined || memberByRef(pool, host)?.statistics === 'down') return;
  const never = memberByRef(pool, host)?.statistics === 'neverUp';
  database.update('host_metrics', metrics, { memory_free: never ? 0 : freeMemory(database, host) });
}
