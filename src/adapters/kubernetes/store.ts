import type { Clock, Random } from '../../ports/clock.ts';
import type { Kind, KubernetesObject, Store } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import { createObjectCache } from '../../runtime/objectCache.ts';
import { createReflector, type ReflectorStatus } from './reflector.ts';
import type { Transport } from './transport.ts';

/**
 * The cached objects of one kind, kept true by a reflector from the moment it is opened. There is no second start:
 * it runs until `stop`, and after that nothing of it is left.
 */
export interface OpenStore<T extends KubernetesObject> extends Store<T> {
  /** Resolves when the first complete list has arrived. Rejects when the signal is aborted or the store stopped before. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  /**
   * Read your own writes: takes the object that a write was answered with, so that the next look into the cache shows
   * it without waiting for the watch. Ignored unless it is newer than everything heard so far.
   */
  absorb(object: T): void;
  status(): ReflectorStatus & { readonly synced: boolean; readonly objects: number };
  /** Resolves when the watch is closed and nothing runs any more. May be called again. */
  stop(): Promise<void>;
}

export function openStore<T extends KubernetesObject>(options: {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly kind: Kind;
  /** Every namespace without it. */
  readonly namespace?: string;
}): OpenStore<T> {
  const { kind, log } = options;
  const stopped = new AbortController();
  let tellSynced = (): void => {};
  const firstList = new Promise<void>((resolve) => {
    tellSynced = resolve;
  });
  const cache = createObjectCache<T>({
    onSynced: tellSynced,
    onSubscriberError: (error) =>
      log.error('a subscriber of a cache threw, which is a bug; the cache goes on', {
        kind: kind.kind,
        error,
      }),
  });
  const reflector = createReflector<T>({ ...options, cache });
  const running = reflector.run(stopped.signal).catch((error: unknown) => {
    log.error('a cache has ended by a bug; restart the process', { kind: kind.kind, error });
  });
  return {
    synced: cache.synced,
    get: cache.get,
    list: cache.list,
    subscribe: cache.subscribe,
    absorb: cache.absorb,
    whenSynced: (signal) =>
      untilAborted(firstList, signal === undefined ? [stopped.signal] : [stopped.signal, signal]),
    status: () => ({ ...reflector.status(), synced: cache.synced(), objects: cache.list().length }),
    stop: async () => {
      stopped.abort(new Error(`the cache of ${kind.plural} was stopped`));
      await running;
    },
  };
}

function untilAborted(work: Promise<void>, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (event: Event): void => settle(() => reject((event.target as AbortSignal).reason));
    const settle = (outcome: () => void): void => {
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
      outcome();
    };
    for (const signal of signals) {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
    }
    for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true });
    work.then(
      () => settle(resolve),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}
