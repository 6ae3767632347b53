import type { Cancel } from '../ports/clock.ts';
import type { KubernetesObject, Store } from '../ports/kubernetes.ts';
import { keyOf, nameOf } from './objects.ts';

/** The objects of a store by what they say, so that a search costs what it finds and not what exists. */
export interface ObjectIndex<T extends KubernetesObject> {
  /** The same list until one of its objects changes. */
  of(key: string): readonly T[];
  stop: Cancel;
}

interface Entry<T> {
  readonly objects: Map<string, T>;
  listed: readonly T[] | undefined;
}

/** It hears of each change before all who subscribe to the store later. An object may have several keys, or none. */
export function createObjectIndex<T extends KubernetesObject>(
  store: Pick<Store<T>, 'subscribe'>,
  keysOf: (object: T) => readonly string[],
): ObjectIndex<T> {
  const entries = new Map<string, Entry<T>>();
  const take = (object: T): void => {
    for (const key of keysOf(object)) {
      const entry = entries.get(key);
      if (entry === undefined) continue;
      entry.objects.delete(keyOf(nameOf(object)));
      entry.listed = undefined;
      if (entry.objects.size === 0) entries.delete(key);
    }
  };
  const put = (object: T): void => {
    for (const key of keysOf(object)) {
      const entry = entries.get(key) ?? { objects: new Map<string, T>(), listed: undefined };
      entry.objects.set(keyOf(nameOf(object)), object);
      entry.listed = undefined;
      entries.set(key, entry);
    }
  };
  const stop = store.subscribe((change) => {
    if (change.kind === 'deleted') take(change.object);
    else if (change.previous === undefined) put(change.object);
    else replace(change.previous, change.object);
  });
  /** In place, so that a list keeps its order while its objects change. */
  const replace = (before: T, after: T): void => {
    const [old, now] = [new Set(keysOf(before)), new Set(keysOf(after))];
    const isSame = old.size === now.size && [...old].every((key) => now.has(key));
    if (!isSame) take(before);
    put(after);
  };
  return {
    of: (key) => {
      const entry = entries.get(key);
      if (entry === undefined) return none;
      entry.listed ??= [...entry.objects.values()];
      return entry.listed;
    },
    stop,
  };
}

const none: readonly never[] = [];
