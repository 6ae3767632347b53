import type { Kind, KubernetesObject, ObjectName } from '../ports/kubernetes.ts';

/** `group/version`, or the version alone for the core group. */
export function apiVersionOf(kind: Kind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** The key that caches and queues use. Neither part can hold a slash. */
export function keyOf(at: ObjectName): string {
  return `${at.namespace}/${at.name}`;
}

export function nameOfKey(key: string): ObjectName {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Name and namespace; an object outside of any namespace has the empty one. */
export function nameOf(object: KubernetesObject): ObjectName {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/**
 * An object as the server sent it, but without `managedFields` (most of the bytes, read by nobody here), and with
 * its kind, which lists of the built-in kinds leave out. Undefined when it is no object with a name and a
 * resource version. The value passed in is changed: it comes straight from JSON.parse and nobody else has it.
 */
export function receivedObject<T extends KubernetesObject>(kind: Kind, value: unknown): T | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const object = value as { metadata?: Record<string, unknown>; kind?: string; apiVersion?: string };
  const { metadata } = object;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  if (typeof metadata['name'] !== 'string' || typeof metadata['resourceVersion'] !== 'string')
    return undefined;
  delete metadata['managedFields'];
  object.kind ??= kind.kind;
  object.apiVersion ??= apiVersionOf(kind);
  return object as unknown as T;
}
