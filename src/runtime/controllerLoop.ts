import type { Cancel, Clock, Random } from '../ports/clock.ts';
import { KubernetesError, type KubernetesObject, type ObjectName, type Store } from '../ports/kubernetes.ts';
import type { Log } from '../ports/log.ts';
import type { Backoff } from './backoff.ts';
import { withDeadline } from './deadline.ts';
import { keyOf, nameOf, nameOfKey } from './objects.ts';
import { createWorkQueue, type WorkQueue } from './workQueue.ts';

/**
 * Calls `reconcile` with the name of an object, never with what happened to it: whoever reconciles looks at the world
 * as it is now. One object is never reconciled twice at once; different ones are, up to `concurrency`.
 *
 * What comes back decides when the name is looked at again: nothing → at its next change; `requeueAfterMs` → then at
 * the latest; an exception → after a wait that doubles with each one in a row.
 */
export interface Controller {
  enqueue(at: ObjectName): void;
  /** The earliest of several wins; being enqueued at once supersedes them. */
  enqueueAfter(at: ObjectName, delayMs: number): void;
  status(): ControllerStatus;
  /**
   * Takes no new names, tells those under way by their signal, and waits for them to end by themselves: an
   * effect is not broken off halfway. Gives up waiting after a minute and says which ones hang.
   */
  stop(): Promise<void>;
}

export interface ControllerStatus {
  readonly waiting: number;
  readonly delayed: number;
  readonly running: number;
  /** A reconcile that grows old here hangs. */
  readonly longestRunningMs: number;
  readonly runs: number;
  readonly failures: number;
}

export interface ReconcileResult {
  readonly requeueAfterMs?: number;
}

export interface ControllerOptions {
  /** For the log. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** How many objects are reconciled at once at most; infinity where one that waits must never hold up another. */
  readonly concurrency: number;
  /** The signal is aborted when the controller is to stop: begin nothing new then, and wait for nothing. */
  readonly reconcile: (at: ObjectName, signal: AbortSignal) => Promise<ReconcileResult>;
}

const afterFailure: Backoff = { baseMs: 500, maxMs: 60_000 };
const drainMs = 60_000;

export function runController(options: ControllerOptions): Controller {
  const { clock, log, name } = options;
  const queue = createWorkQueue({ ...options, backoff: afterFailure });
  const stopping = new AbortController();
  const since = new Map<string, number>();
  const counts = { runs: 0, failures: 0 };

  const runOnce = async (key: string): Promise<void> => {
    counts.runs += 1;
    since.set(key, clock.monotonicMs());
    const succeeded = await reconcileOnce(options, { key, queue, signal: stopping.signal });
    if (!succeeded) counts.failures += 1;
    since.delete(key);
    queue.done(key);
  };
  const work = async (): Promise<void> => {
    const running = new Set<Promise<void>>();
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      const run = runOnce(key).finally(() => running.delete(run));
      running.add(run);
      if (running.size >= options.concurrency) await Promise.race(running);
    }
    await Promise.all(running);
  };
  const workers = work();

  return {
    enqueue: (at) => queue.add(keyOf(at)),
    enqueueAfter: (at, delayMs) => queue.addAfter(keyOf(at), delayMs),
    status: () => ({ ...queue.size(), ...counts, longestRunningMs: longest(since, clock) }),
    stop: async () => {
      queue.close();
      stopping.abort(new Error(`the ${name} controller is stopping`));
      try {
        await withDeadline(workers, { clock, deadlineMs: drainMs, late: () => new Error('it hangs') });
      } catch (error) {
        log.error('a controller did not come to an end', {
          controller: name,
          running: [...since.keys()],
          error,
        });
      }
    },
  };
}

/** Every change of the store, and every object that is in it already, enqueues the names that `names` gives. */
export function follow<T extends KubernetesObject>(
  store: Store<T>,
  controller: Controller,
  names: (object: T) => readonly ObjectName[] = (object) => [nameOf(object)],
): Cancel {
  return store.subscribe((change) => {
    for (const at of names(change.object)) controller.enqueue(at);
    // An object that pointed elsewhere before concerns those it pointed at, too.
    if (change.kind === 'set' && change.previous !== undefined) {
      for (const at of names(change.previous)) controller.enqueue(at);
    }
  });
}

async function reconcileOnce(
  options: ControllerOptions,
  run: { readonly key: string; readonly queue: WorkQueue; readonly signal: AbortSignal },
): Promise<boolean> {
  const { key, queue, signal } = run;
  try {
    const { requeueAfterMs } = await options.reconcile(nameOfKey(key), signal);
    queue.forget(key);
    if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
    return true;
  } catch (error) {
    if (signal.aborted) return true;
    const asked = error instanceof KubernetesError ? error.retryAfterMs : undefined;
    const retryInMs = queue.addAfterFailure(key, asked);
    options.log.warn('a reconcile failed and will be repeated', {
      controller: options.name,
      object: key,
      retryInMs,
      error,
    });
    return false;
  }
}

function longest(since: ReadonlyMap<string, number>, clock: Clock): number {
  const nowMs = clock.monotonicMs();
  return Math.max(0, ...[...since.values()].map((startedMs) => nowMs - startedMs));
}
