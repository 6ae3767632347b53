import type { Cancel } from '../../ports/clock.ts';
import type { KubernetesObject, ObjectName, Store, StoreChange } from '../../ports/kubernetes.ts';
import { keyOf, nameOf } from './objects.ts';
import { compareResourceVersions } from './resourceVersion.ts';
import { sameJson } from './sameJson.ts';

/**
 * The objects of one kind in memory, and the changes between one picture of them and the next. The reflector tells it
 * what the server said; it decides what of that is news. An object is its uid: the same name with another uid is
 * a deletion and a creation, also when both happened while nobody watched.
 */
export interface ObjectCache<T extends KubernetesObject> extends Store<T> {
  /** Takes a complete list, true at `resourceVersion`: whatever is not in it is gone. */
  replace(items: readonly T[], resourceVersion: string): void;
  /** Takes an ADDED or MODIFIED event. */
  apply(object: T): void;
  /** Takes a DELETED event with the object's last state. */
  remove(object: T): void;
  /** Everything up to `resourceVersion` has been heard. */
  advance(resourceVersion: string): void;
  /** How far the server has been heard; undefined before the first list. */
  resourceVersion(): string | undefined;
  /** Takes the object that a write was answered with, if it is newer than all that has been heard. */
  absorb(object: T): void;
}

export function createObjectCache<T extends KubernetesObject>(options: {
  /** A subscriber threw, which it must not. The others still get their change. */
  readonly onSubscriberError: (error: unknown) => void;
  /** The first complete list is in. */
  readonly onSynced: () => void;
}): ObjectCache<T> {
  const objects = new Map<string, T>();
  const subscribers = new Set<(change: StoreChange<T>) => void>();
  let heard: string | undefined;
  let listed: readonly T[] | undefined;
  /** Written by us and answered, but not heard of yet: a list that is older than the write must not undo it. */
  const ahead = new Set<string>();

  const emit = (change: StoreChange<T>): void => {
    listed = undefined;
    for (const subscriber of [...subscribers]) tell(subscriber, change);
  };
  const tell = (subscriber: (change: StoreChange<T>) => void, change: StoreChange<T>): void => {
    try {
      subscriber(change);
    } catch (error) {
      options.onSubscriberError(error);
    }
  };
  const put = (key: string, object: T, previous: T | undefined): void => {
    objects.set(key, object);
    emit({ kind: 'set', object, previous });
  };
  const drop = (key: string, last: T): void => {
    objects.delete(key);
    emit({ kind: 'deleted', object: last });
  };
  const setOrRecreate = (key: string, object: T): void => {
    const cached = objects.get(key);
    if (cached !== undefined && cached.metadata.uid !== object.metadata.uid) {
      drop(key, cached);
      put(key, object, undefined);
    } else {
      put(key, object, cached);
    }
  };

  const replace = (items: readonly T[], resourceVersion: string): void => {
    const byKey = new Map(items.map((item) => [keyOf(nameOf(item)), item]));
    const keeps = (key: string, cached: T): boolean => ahead.has(key) && isNewer(cached, resourceVersion);
    heard = resourceVersion;
    for (const [key, cached] of [...objects]) {
      if (!byKey.has(key) && !keeps(key, cached)) drop(key, cached);
    }
    for (const [key, item] of byKey) {
      const cached = objects.get(key);
      if (cached !== undefined && keeps(key, cached)) continue;
      // The content is compared as well: a store that was restored from a backup counts its versions again.
      if (cached === undefined || !sameJson(cached, item)) setOrRecreate(key, item);
    }
    ahead.clear();
    options.onSynced();
  };

  const apply = (object: T): void => {
    const key = keyOf(nameOf(object));
    const cached = objects.get(key);
    if (cached !== undefined && !isNewer(object, cached.metadata.resourceVersion)) return;
    ahead.delete(key);
    setOrRecreate(key, object);
  };

  const remove = (object: T): void => {
    const key = keyOf(nameOf(object));
    const cached = objects.get(key);
    if (cached === undefined) return;
    const sameObject = cached.metadata.uid === object.metadata.uid;
    if (!sameObject && isNewer(cached, object.metadata.resourceVersion)) return;
    ahead.delete(key);
    drop(key, sameObject ? object : cached);
  };

  const absorb = (object: T): void => {
    if (heard === undefined || !isNewer(object, heard)) return;
    const key = keyOf(nameOf(object));
    const cached = objects.get(key);
    if (cached !== undefined && !isNewer(object, cached.metadata.resourceVersion)) return;
    ahead.add(key);
    setOrRecreate(key, object);
  };

  return {
    replace,
    apply,
    remove,
    absorb,
    advance: (resourceVersion) => {
      heard = resourceVersion;
    },
    resourceVersion: () => heard,
    synced: () => heard !== undefined,
    get: (at: ObjectName) => objects.get(keyOf(at)),
    list: () => {
      listed ??= [...objects.values()];
      return listed;
    },
    subscribe: (onChange): Cancel => {
      const subscriber = (change: StoreChange<T>): void => onChange(change);
      subscribers.add(subscriber);
      for (const object of [...objects.values()])
        tell(subscriber, { kind: 'set', object, previous: undefined });
      return () => {
        subscribers.delete(subscriber);
      };
    },
  };
}

/** Versions of a form that cannot be compared count as newer when they differ: then the latest word is taken. */
function isNewer(object: KubernetesObject, than: string | undefined): boolean {
  const version = object.metadata.resourceVersion;
  if (version === undefined || than === undefined) return true;
  const order = compareResourceVersions(version, than);
  return order === undefined ? version !== than : order > 0;
}
