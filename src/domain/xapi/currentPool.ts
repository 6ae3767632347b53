import { type Fresh, freshOnly } from '../kernel/freshness.ts';
import { oldestMs } from './ages.ts';
import type { Facts } from './facts.ts';
import type { PoolBelief } from './pool.ts';

/** The pool's database, if it is current enough to rest an act on. */
export function currentPool(facts: Facts): Fresh<PoolBelief> {
  return freshOnly(facts.pool, {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.poolBelief,
    what: "The pool's database",
  });
}
