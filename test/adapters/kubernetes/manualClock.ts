import type { Clock, Random } from '../../../src/ports/clock.ts';

/** A clock that stands still until a test moves it. Timers run in the order of their time. */
export interface ManualClock extends Clock {
  /** Moves time forward, running what falls due on the way, each time until nothing more happens by itself. */
  advance(ms: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  /** The wall clock jumps; monotonic time does not. */
  jumpWall(ms: number): void;
  /** Time passes in one leap and no timer runs meanwhile, as when the process is stopped; they are late afterwards. */
  stall(ms: number): void;
  timers(): number;
  /** How long each timer still has to wait, shortest first. */
  waits(): readonly number[];
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export function createManualClock(): ManualClock {
  let nowMs = 1_000;
  let wallOffsetMs = Date.UTC(2026, 0, 1);
  let order = 0;
  const timers = new Set<Timer>();
  // Promises settle in microtasks and streams in immediates: some turns of the loop cover every chain in these tests.
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const earliest = (untilMs: number): Timer | undefined =>
    [...timers]
      .filter(({ atMs }) => atMs <= untilMs)
      .sort((one, other) => one.atMs - other.atMs || one.order - other.order)[0];
  return {
    wallMs: () => wallOffsetMs + nowMs,
    monotonicMs: () => nowMs,
    after: (delayMs, run) => {
      const timer = { atMs: nowMs + Math.max(0, delayMs), order: order++, run };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance: async (ms) => {
      const endMs = nowMs + ms;
      await settle();
      for (let timer = earliest(endMs); timer !== undefined; timer = earliest(endMs)) {
        nowMs = Math.max(nowMs, timer.atMs);
        timers.delete(timer);
        timer.run();
        await settle();
      }
      nowMs = endMs;
      await settle();
    },
    settle,
    jumpWall: (ms) => {
      wallOffsetMs += ms;
    },
    stall: (ms) => {
      nowMs += ms;
    },
    timers: () => timers.size,
    waits: () => [...timers].map(({ atMs }) => atMs - nowMs).sort((one, other) => one - other),
  };
}

/** Chance without chance: always the middle, so that a wait with jitter is the wait itself. */
export const middle: Random = { next: () => 0.5 };

/** Repeatable chance for tests that need different values. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** Waits for what happens outside of the clock's reach, such as bytes on a socket; the test's own limit ends it. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}
