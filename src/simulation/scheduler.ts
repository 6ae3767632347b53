import type { Cancel, Clock } from '../ports/clock.ts';
import { createEventQueue } from './eventQueue.ts';
import type { Owner } from './owner.ts';
import { createQuiescenceWatcher, type QuiescenceWatcher } from './quiescence.ts';
import { keyedUniform } from './random.ts';

export type RunEnd =
  | 'reached' // the time or the condition
  | 'idle' // nothing is left to happen, and the condition does not hold
  | 'tooLong'; // the condition did not come to hold within the limit

export interface RunLimit {
  /** For a condition: how much virtual time it may take; default 24 hours. */
  readonly withinMs?: number;
}

/** Virtual time and the one order in which everything happens. */
export interface Scheduler {
  readonly nowMs: number;
  after(delayMs: number, owner: Owner, run: () => void): Cancel;
  clock(owner: Owner): Clock;
  createOwner(name: string, onKill: () => void): Owner;
  /** Starts a program; a rejection of it makes the run throw. */
  start(owner: Owner, program: () => Promise<void>): void;
  run(until: number | (() => boolean), limit?: RunLimit): Promise<RunEnd>;
}

const dayMs = 24 * 60 * 60 * 1000;

export function createScheduler(options: { readonly seed: number; readonly startWallMs: number }): Scheduler {
  const { seed, startWallMs } = options;
  const queue = createEventQueue((name, atMs) => keyedUniform(seed, `turn ${name} ${atMs}`));
  const watcher = createQuiescenceWatcher();
  const failures: unknown[] = [];
  let nowMs = 0;
  let running = false;

  const after = (delayMs: number, owner: Owner, run: () => void): Cancel => {
    if (!owner.alive) return () => {};
    return queue.add({ atMs: nowMs + exactMs(Math.max(0, delayMs)), owner, run });
  };
  const complain = (): void => {
    const offences = watcher.takeOffences();
    if (offences.length > 0) throw new Error(`the simulation is no longer exact: ${offences.join('; ')}`);
    if (failures.length > 0) throw failures.shift();
  };
  const step = async (limitMs: number): Promise<'stepped' | 'idle' | 'tooLong'> => {
    const next = queue.peek();
    if (next === undefined) return 'idle';
    if (next.atMs > limitMs) return 'tooLong';
    queue.take();
    nowMs = next.atMs;
    watcher.enter(next.owner, next.run);
    await watcher.drain();
    complain();
    return 'stepped';
  };

  return {
    get nowMs() {
      return nowMs;
    },
    after,
    clock: (owner) => ownedClock({ owner, seed, startWallMs, now: () => nowMs, after }),
    createOwner,
    start: (owner, program) => {
      after(0, owner, () => {
        program().catch((error: unknown) => {
          if (owner.alive) failures.push(error);
        });
      });
    },
    run: async (until, limit) => {
      if (running) throw new Error('this simulation is running already');
      running = true;
      watcher.start();
      try {
        return await runUntil({
          until,
          limitMs: typeof until === 'number' ? until : nowMs + (limit?.withinMs ?? dayMs),
          watcher,
          complain,
          step,
          setNow: (ms) => {
            nowMs = Math.max(nowMs, ms);
          },
        });
      } finally {
        watcher.stop();
        running = false;
      }
    },
  };
}

/** Rounds up to 1/1024 ms: sums of such numbers are exact, so a timer is never early by a rounding error. */
function exactMs(ms: number): number {
  return Math.ceil(ms * 1024) / 1024;
}

function createOwner(name: string, onKill: () => void): Owner {
  let alive = true;
  return {
    name,
    get alive() {
      return alive;
    },
    kill: () => {
      if (!alive) return;
      alive = false;
      onKill();
    },
  };
}

async function runUntil(options: {
  readonly until: number | (() => boolean);
  readonly limitMs: number;
  readonly watcher: QuiescenceWatcher;
  readonly complain: () => void;
  readonly step: (limitMs: number) => Promise<'stepped' | 'idle' | 'tooLong'>;
  readonly setNow: (ms: number) => void;
}): Promise<RunEnd> {
  const { until, limitMs, watcher, complain, step, setNow } = options;
  await watcher.drain();
  complain();
  for (;;) {
    if (typeof until === 'function' && until()) return 'reached';
    const stepped = await step(limitMs);
    if (stepped === 'stepped') continue;
    if (typeof until === 'number') {
      setNow(until);
      return 'reached';
    }
    if (stepped === 'tooLong') setNow(limitMs);
    return stepped;
  }
}

/**
 * A process's clocks. Wall time is one for all (a lab that makes clocks jump wraps it); the monotonic clock starts at
 * another number in each process, so that two processes' readings cannot be compared by mistake and get away with it.
 */
function ownedClock(options: {
  readonly owner: Owner;
  readonly seed: number;
  readonly startWallMs: number;
  readonly now: () => number;
  readonly after: (delayMs: number, owner: Owner, run: () => void) => Cancel;
}): Clock {
  const { owner, seed, startWallMs, now, after } = options;
  const offsetMs = Math.floor(keyedUniform(seed, `monotonic ${owner.name}`) * 1_000_000_000);
  return {
    wallMs: () => Math.floor(startWallMs + now()),
    monotonicMs: () => offsetMs + now(),
    // As with node's timers a wait takes at least 1 ms, so that a loop of empty waits cannot hold time still.
    after: (delayMs, run) => after(Math.max(1, delayMs), owner, run),
  };
}
