import type { Clock } from '../../ports/clock.ts';

/**
 * A bucket of tokens for each object that events are about: so many at once, then one every so often. client-go has
 * 25 and one in five minutes; a recovery of a host with hundreds of virtual machines tells more than that.
 */
const bucketSize = 50;
const refillMs = 10_000;
/** Objects that nothing was told about for long enough have a full bucket again, and need none. */
const mostBuckets = 2_000;

export interface SpamFilter {
  /** Whether one more event about this object may be sent now; takes the token if so. */
  admits(object: string): boolean;
}

export function createSpamFilter(clock: Clock): SpamFilter {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const makeRoom = (nowMs: number): void => {
    for (const [object, bucket] of buckets) {
      if (bucket.tokens + (nowMs - bucket.atMs) / refillMs >= bucketSize) buckets.delete(object);
    }
    const [oldest] = buckets.keys();
    if (oldest !== undefined && buckets.size >= mostBuckets) buckets.delete(oldest);
  };
  return {
    admits: (object) => {
      const nowMs = clock.monotonicMs();
      if (buckets.size >= mostBuckets) makeRoom(nowMs);
      const bucket = buckets.get(object) ?? { tokens: bucketSize, atMs: nowMs };
      const tokens = Math.min(bucketSize, bucket.tokens + (nowMs - bucket.atMs) / refillMs);
      if (tokens < 1) return false;
      buckets.set(object, { tokens: tokens - 1, atMs: nowMs });
      return true;
    },
  };
}
