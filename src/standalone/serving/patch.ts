import { applyPatch, type Operation } from 'rfc6902';
import { clone, isObject, type JsonObject } from '../json.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { badRequest, type Refusal, refuse, unsupportedMediaType } from './status.ts';

/** Applies a patch to a copy of the object. The result is not yet known to be an object of the kind, or an object. */
export function patched(
  type: ResourceType,
  object: JsonObject,
  patch: { readonly mediaType: string; readonly body: Uint8Array },
): { readonly value: unknown } | Refusal {
  const mediaType = bare(patch.mediaType);
  const apply = Object.hasOwn(appliers, mediaType) ? appliers[mediaType] : undefined;
  const isStrategic = mediaType === strategic;
  if (apply === undefined || (isStrategic && type.custom)) {
    const supported = [
      'application/json-patch+json',
      'application/merge-patch+json',
      serverSideApply,
      ...(type.custom ? [] : [strategic]),
    ];
    return unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')}`,
    );
  }
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(patch.body).toString());
  } catch (error) {
    return badRequest(`error decoding patch: ${(error as Error).message}`);
  }
  return apply(clone(object), document);
}

const strategic = 'application/strategic-merge-patch+json';
const serverSideApply = 'application/apply-patch+yaml';

/** It would create an object that is not there, so it is to be refused before the object is looked for. */
export function isServerSideApply(mediaType: string): boolean {
  return bare(mediaType) === serverSideApply;
}

function bare(mediaType: string): string {
  return mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
}

export const noServerSideApply: Refusal = refuse(415, 'UnsupportedMediaType', {
  message:
    'this server does not support server-side apply, since it does not keep managedFields: use kubectl apply without --server-side, or a merge patch',
});

type Apply = (object: JsonObject, document: unknown) => { readonly value: unknown } | Refusal;

const maxOperations = 10_000;

function jsonPatch(object: JsonObject, document: unknown): { readonly value: unknown } | Refusal {
  if (!Array.isArray(document))
    return badRequest('error decoding patch: a JSON patch is a list of operations');
  if (document.length > maxOperations) {
    return refuse(413, 'RequestEntityTooLarge', {
      message: `Request entity too large: The allowed maximum operations in a JSON patch is ${maxOperations}, got ${document.length}`,
    });
  }
  // The library changes what it is given; the root may be replaced too, so it hangs in a holder.
  const holder = { root: object as unknown };
  const operations = document.map((operation: unknown) =>
    isObject(operation)
      ? {
          ...operation,
          path: `/root${operation['path'] ?? ''}`,
          ...(operation['from'] === undefined ? {} : { from: `/root${operation['from']}` }),
        }
      : operation,
  ) as Operation[];
  for (const operation of operations) {
    const [failure] = applyPatch(holder, [operation]);
    if (failure !== null) return rejected;
  }
  return { value: holder.root };
}

/** What Kubernetes says of an operation that cannot be carried out, a failed `test` among them. */
const rejected: Refusal = refuse(422, 'Invalid', {
  message: 'the server rejected our request due to an error in our request',
  details: {},
});

const appliers: Readonly<Record<string, Apply>> = {
  'application/json-patch+json': jsonPatch,
  'application/merge-patch+json': (object, document) =>
    isObject(document) ? { value: merged(object, document) } : badRequest('a merge patch is an object'),
  [strategic]: (object, document) =>
    isObject(document)
      ? { value: strategicallyMerged(object, document) }
      : badRequest('a strategic merge patch is an object'),
};

/** RFC 7386. `__proto__` is never a field of anything here. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key === '__proto__') continue;
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

/** The key by which a list of objects in one of the built-in kinds is merged. */
const mergeKeys: Readonly<Record<string, string>> = { ownerReferences: 'uid', conditions: 'type' };

/**
 * Strategic merge for the built-in kinds served here: maps merge, `finalizers` is a set, two lists have keys, any other list is
 * replaced. Directives: `$patch`, `$retainKeys`, `$deleteFromPrimitiveList`; the order that `$setElementOrder` gives is not kept.
 */
function strategicallyMerged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const result: JsonObject = isObject(target) ? { ...target } : {};
  const retained = patch['$retainKeys'];
  if (Array.isArray(retained)) {
    for (const key of Object.keys(result)) if (!retained.includes(key)) delete result[key];
  }
  for (const [key, value] of Object.entries(patch)) {
    const dropped = /^\$deleteFromPrimitiveList\/(.*)$/.exec(key)?.[1];
    if (dropped !== undefined && Array.isArray(value)) {
      const list = result[dropped];
      if (Array.isArray(list)) result[dropped] = list.filter((item) => !value.includes(item));
    }
    if (key === '__proto__' || key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else if (Array.isArray(value)) result[key] = mergedList(key, result[key], value);
    else result[key] = strategicallyMerged(result[key], value);
  }
  return result;
}

function mergedList(field: string, target: unknown, patch: readonly unknown[]): readonly unknown[] {
  const old: readonly unknown[] = Array.isArray(target) ? target : [];
  if (field === 'finalizers') return [...new Set([...old, ...patch])];
  const mergeKey = mergeKeys[field];
  if (mergeKey === undefined) return patch.map(withoutDirectives);
  const keyOf = (item: unknown): unknown => (isObject(item) ? item[mergeKey] : undefined);
  const result = [...old];
  for (const item of patch) {
    const at = result.findIndex((candidate) => keyOf(candidate) === keyOf(item));
    if (isObject(item) && item['$patch'] === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) {
      result[at] = strategicallyMerged(result[at], item);
    } else {
      result.push(withoutDirectives(item));
    }
  }
  return result;
}

function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith('$'))
      .map(([key, child]) => [key, withoutDirectives(child)]),
  );
}
