import type { Kind, KubernetesObject } from '../../ports/kubernetes.ts';
import { receivedObject } from '../../runtime/objects.ts';

/** One line of a watch, understood. */
export type WatchEvent<T> =
  | { readonly kind: 'applied'; readonly object: T; readonly resourceVersion: string }
  | { readonly kind: 'deleted'; readonly object: T; readonly resourceVersion: string }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  | { readonly kind: 'error'; readonly status: unknown }
  | { readonly kind: 'nonsense'; readonly why: string };

/** Never throws: a line that cannot be understood is a value, counted and acted upon by the reflector. */
export function parseWatchEvent<T extends KubernetesObject>(kind: Kind, line: string): WatchEvent<T> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return { kind: 'nonsense', why: 'it is not JSON' };
  }
  if (typeof parsed !== 'object' || parsed === null) return { kind: 'nonsense', why: 'it is no object' };
  const { type, object } = parsed as { type?: unknown; object?: unknown };
  if (type === 'ERROR') return { kind: 'error', status: object };
  if (type === 'BOOKMARK') {
    const version = (object as { metadata?: { resourceVersion?: unknown } } | undefined)?.metadata
      ?.resourceVersion;
    return typeof version === 'string'
      ? { kind: 'bookmark', resourceVersion: version }
      : { kind: 'nonsense', why: 'it is a bookmark without a resourceVersion' };
  }
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') {
    return { kind: 'nonsense', why: `its type is ${JSON.stringify(type)}` };
  }
  const received = receivedObject<T>(kind, object);
  const resourceVersion = received?.metadata.resourceVersion;
  if (received === undefined || resourceVersion === undefined) {
    return { kind: 'nonsense', why: 'its object has no name or no resourceVersion' };
  }
  return { kind: type === 'DELETED' ? 'deleted' : 'applied', object: received, resourceVersion };
}
