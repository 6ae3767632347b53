import type { Random } from '../../ports/clock.ts';

/** Delays between attempts: doubling from 1 s to 30 s, each drawn from its upper half so that many links spread out. */
export interface Backoff {
  next(): number;
  reset(): void;
}

const firstMs = 1_000;
const lastMs = 30_000;

export function createBackoff(random: Random): Backoff {
  let ceilingMs = firstMs;
  return {
    next: () => {
      const delayMs = ceilingMs * (0.5 + random.next() / 2);
      ceilingMs = Math.min(lastMs, ceilingMs * 2);
      return delayMs;
    },
    reset: () => {
      ceilingMs = firstMs;
    },
  };
}
