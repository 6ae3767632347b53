import type { Cancel, Clock, Random } from '../ports/clock.ts';
import { type Backoff, backoffDelayMs } from './backoff.ts';

/**
 * Keys that something must be done about. A key is in one of four places, and never twice in any:
 *
 * - waiting: taken in the order in which they came;
 * - running: handed out by `next` and not yet `done`; it is not handed out a second time meanwhile;
 * - running and dirty: added again while running, so it waits anew as soon as it is done;
 * - delayed: waits at a time; the earliest of several wins, and adding it at once supersedes the delay.
 *
 * Fifty events about one object while it is worked on are therefore one more run.
 */
export interface WorkQueue {
  add(key: string): void;
  addAfter(key: string, delayMs: number): void;
  /** Adds the key after a wait that grows with each call since the last `forget`. Returns the wait. */
  addAfterFailure(key: string, atLeastMs?: number): number;
  /** The key went well: its next failure waits shortly again. */
  forget(key: string): void;
  /** The next key; waits for one. Undefined as soon as the queue is closed. */
  next(): Promise<string | undefined>;
  /** Every key handed out is given back, whatever came of it. */
  done(key: string): void;
  /** Nothing is handed out any more; what waits is dropped. */
  close(): void;
  size(): { readonly waiting: number; readonly delayed: number; readonly running: number };
}

/** Keys that wait for their time. */
interface Delays {
  /** The earliest of several times wins. */
  put(key: string, delayMs: number): void;
  drop(key: string): void;
  clear(): void;
  size(): number;
}

function createDelays(clock: Clock, due: (key: string) => void): Delays {
  const delayed = new Map<string, { readonly dueMs: number; readonly cancel: Cancel }>();
  const drop = (key: string): void => {
    delayed.get(key)?.cancel();
    delayed.delete(key);
  };
  return {
    put: (key, delayMs) => {
      const dueMs = clock.monotonicMs() + delayMs;
      const earlier = delayed.get(key);
      if (earlier !== undefined && earlier.dueMs <= dueMs) return;
      drop(key);
      delayed.set(key, { dueMs, cancel: clock.after(delayMs, () => due(key)) });
    },
    drop,
    clear: () => {
      for (const key of [...delayed.keys()]) drop(key);
    },
    size: () => delayed.size,
  };
}

export function createWorkQueue(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: Backoff;
}): WorkQueue {
  const { clock, random, backoff } = options;
  const waiting = new Set<string>();
  const running = new Set<string>();
  const dirty = new Set<string>();
  const failures = new Map<string, number>();
  const takers: ((key: string | undefined) => void)[] = [];
  let closed = false;

  /** A turn later, so that a key added several times in one turn is one run even if a worker is free. */
  const handOutSoon = (): void => {
    if (takers.length > 0) queueMicrotask(handOut);
  };
  const handOut = (): void => {
    for (const key of waiting) {
      const taker = takers.shift();
      if (taker === undefined) return;
      waiting.delete(key);
      running.add(key);
      taker(key);
    }
  };
  const add = (key: string): void => {
    if (closed) return;
    delays.drop(key);
    if (running.has(key)) dirty.add(key);
    else waiting.add(key);
    handOutSoon();
  };
  const delays = createDelays(clock, add);
  const addAfter = (key: string, delayMs: number): void => {
    if (closed || waiting.has(key) || dirty.has(key)) return;
    if (delayMs <= 0) add(key);
    else delays.put(key, delayMs);
  };
  return {
    add,
    addAfter,
    addAfterFailure: (key, atLeastMs = 0) => {
      const before = failures.get(key) ?? 0;
      failures.set(key, before + 1);
      const delayMs = Math.max(atLeastMs, backoffDelayMs(backoff, before, random));
      addAfter(key, delayMs);
      return delayMs;
    },
    forget: (key) => {
      failures.delete(key);
    },
    next: () =>
      new Promise((resolve) => {
        if (closed) {
          resolve(undefined);
          return;
        }
        takers.push(resolve);
        handOut();
      }),
    done: (key) => {
      running.delete(key);
      if (dirty.delete(key)) add(key);
    },
    close: () => {
      closed = true;
      delays.clear();
      waiting.clear();
      dirty.clear();
      for (const taker of takers.splice(0)) taker(undefined);
    },
    size: () => ({ waiting: waiting.size, delayed: delays.size(), running: running.size }),
  };
}
