import { sameJson } from '../api/sameJson.ts';
import type { KubernetesObject, ObjectName, Store } from '../ports/kubernetes.ts';
import { keyOf, nameOf } from './objects.ts';
import { compareResourceVersions } from './resourceVersion.ts';
import { createSubscribers, type Subscribers } from './subscribers.ts';

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

interface Picture<T extends KubernetesObject> {
  readonly objects: Map<string, T>;
  readonly subscribers: Subscribers<T>;
  /** Written by us and answered, but not heard of yet: a list that is older than the write must not undo it. */
  readonly ahead: Set<string>;
  /** How far the server has been heard; undefined before the first list. */
  heard: string | undefined;
  /** What `list` gives, until the next change. */
  listed: readonly T[] | undefined;
}

export function createObjectCache<T extends KubernetesObject>(options: {
  /** A subscriber threw, which it must not. The others still get their change. */
  readonly onSubscriberError: (error: unknown) => void;
  /** A complete list is in. */
  readonly onSynced: () => void;
}): ObjectCache<T> {
  const picture: Picture<T> = {
    objects: new Map(),
    subscribers: createSubscribers(options.onSubscriberError),
    ahead: new Set(),
    heard: undefined,
    listed: undefined,
  };
  return {
    replace: (items, resourceVersion) => {
      replace(picture, items, resourceVersion);
      options.onSynced();
    },
    apply: (object) => apply(picture, object),
    remove: (object) => remove(picture, object),
    absorb: (object) => absorb(picture, object),
    advance: (resourceVersion) => {
      picture.heard = resourceVersion;
    },
    resourceVersion: () => picture.heard,
    synced: () => picture.heard !== undefined,
    get: (at: ObjectName) => picture.objects.get(keyOf(at)),
    list: () => {
      picture.listed ??= [...picture.objects.values()];
      return picture.listed;
    },
    subscribe: (onChange) => picture.subscribers.add(onChange, [...picture.objects.values()]),
  };
}

function replace<T extends KubernetesObject>(
  picture: Picture<T>,
  items: readonly T[],
  resourceVersion: string,
): void {
  const { objects, ahead } = picture;
  const byKey = new Map(items.map((item) => [keyOf(nameOf(item)), item]));
  const keeps = (key: string, cached: T): boolean => ahead.has(key) && isNewer(cached, resourceVersion);
  picture.heard = resourceVersion;
  for (const [key, cached] of [...objects]) {
    if (!byKey.has(key) && !keeps(key, cached)) drop(picture, key, cached);
  }
  for (const [key, item] of byKey) {
    const cached = objects.get(key);
    if (cached !== undefined && keeps(key, cached)) continue;
    // The content is compared as well: a store that was restored from a backup counts its versions again.
    if (cached === undefined || !sameJson(cached, item)) setOrRecreate(picture, key, item);
  }
  ahead.clear();
}

function apply<T extends KubernetesObject>(picture: Picture<T>, object: T): void {
  const key = keyOf(nameOf(object));
  const cached = picture.objects.get(key);
  if (cached !== undefined && !isNewer(object, cached.metadata.resourceVersion)) return;
  picture.ahead.delete(key);
  setOrRecreate(picture, key, object);
}

function remove<T extends KubernetesObject>(picture: Picture<T>, object: T): void {
  const key = keyOf(nameOf(object));
  const cached = picture.objects.get(key);
  if (cached === undefined) return;
  const sameObject = cached.metadata.uid === object.metadata.uid;
  if (!sameObject && isNewer(cached, object.metadata.resourceVersion)) return;
  picture.ahead.delete(key);
  drop(picture, key, sameObject ? object : cached);
}

function absorb<T extends KubernetesObject>(picture: Picture<T>, object: T): void {
  if (picture.heard === undefined || !isNewer(object, picture.heard)) return;
  const key = keyOf(nameOf(object));
  const cached = picture.objects.get(key);
  if (cached !== undefined && !isNewer(object, cached.metadata.resourceVersion)) return;
  picture.ahead.add(key);
  setOrRecreate(picture, key, object);
}

function setOrRecreate<T extends KubernetesObject>(picture: Picture<T>, key: string, object: T): void {
  const cached = picture.objects.get(key);
  const recreated = cached !== undefined && cached.metadata.uid !== object.metadata.uid;
  if (recreated) drop(picture, key, cached);
  picture.objects.set(key, object);
  picture.listed = undefined;
  picture.subscribers.tell({ kind: 'set', object, previous: recreated ? undefined : cached });
}

function drop<T extends KubernetesObject>(picture: Picture<T>, key: string, last: T): void {
  picture.objects.delete(key);
  picture.listed = undefined;
  picture.subscribers.tell({ kind: 'deleted', object: last });
}

/** Versions of a form that cannot be compared count as newer when they differ: then the latest word is taken. */
function isNewer(object: KubernetesObject, than: string | undefined): boolean {
  const version = object.metadata.resourceVersion;
  if (version === undefined || than === undefined) return true;
  const order = compareResourceVersions(version, than);
  return order === undefined ? version !== than : order > 0;
}
