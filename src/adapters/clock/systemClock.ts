import { uptime } from 'node:os';
import type { Clock, Random } from '../../ports/clock.ts';

/** Where a machine's time comes from. All in milliseconds. */
export interface TimeSources {
  wallMs(): number;
  /** Stands still while the machine is suspended. */
  runningMs(): number;
  /** Since the machine was started, with the time in which it was suspended. Slow to ask, and good to 10 ms. */
  uptimeMs(): number;
}

const ofThisMachine: TimeSources = {
  wallMs: () => Date.now(),
  runningMs: () => performance.now(),
  uptimeMs: () => uptime() * 1000,
};

/** Shorter sleeps make no reading too old. */
const noticedFromMs = 500;

/**
 * The machine's own clock. A laptop that was closed in the middle of a recovery must not take what it read before for young
 * when it is opened again, so the time of a suspension counts. It is looked for when wall clock and running time part.
 * A timer here keeps the process alive only as long as somebody waits for it.
 */
export function createSystemClock(sources: TimeSources = ofThisMachine): Clock {
  const bootedMs = sources.uptimeMs() - sources.runningMs();
  let wallAheadMs = sources.wallMs() - sources.runningMs();
  let sleptMs = 0;
  return {
    wallMs: sources.wallMs,
    monotonicMs: () => {
      const runningMs = sources.runningMs();
      const aheadMs = sources.wallMs() - runningMs;
      if (Math.abs(aheadMs - wallAheadMs) > noticedFromMs) {
        wallAheadMs = aheadMs;
        const asleepMs = sources.uptimeMs() - runningMs - bootedMs;
        // It never goes back, and a wall clock that was set is no sleep.
        if (asleepMs - sleptMs > noticedFromMs / 2) sleptMs = asleepMs;
      }
      return runningMs + sleptMs;
    },
    after: (delayMs, run) => {
      const timer = setTimeout(run, Math.max(0, delayMs));
      return () => clearTimeout(timer);
    },
  };
}

export const systemClock: Clock = createSystemClock();

export const systemRandom: Random = { next: () => Math.random() };
