import type { Clock, Random } from '../../ports/clock.ts';

/** The machine's own clock. A timer here keeps the process alive only as long as somebody waits for it. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};

export const systemRandom: Random = { next: () => Math.random() };
