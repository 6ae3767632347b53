import type { Random } from '../ports/clock.ts';

/** How long to wait between tries: doubles from `baseMs` up to `maxMs`. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * The wait before try number `attempt` + 1 (the first is 0), a quarter more or less by chance, so that many
 * clients that failed together do not come back together.
 */
export function backoffDelayMs(backoff: Backoff, attempt: number, random: Random): number {
  const doubled = backoff.baseMs * 2 ** Math.min(attempt, 40);
  return Math.round(Math.min(backoff.maxMs, doubled) * (0.75 + 0.5 * random.next()));
}
