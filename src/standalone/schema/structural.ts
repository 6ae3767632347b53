import { clone, isObject, type JsonObject } from '../json.ts';

/**
 * A node of a structural schema (OpenAPI v3 with the x-kubernetes-* words), as it stands in a CRD. What these
 * walkers do is what apiextensions-apiserver does to a custom object before it validates it.
 */
export type SchemaNode = JsonObject;

export function propertiesOf(node: SchemaNode): Readonly<Record<string, SchemaNode>> {
  return isObject(node['properties']) ? (node['properties'] as Record<string, SchemaNode>) : {};
}

export function itemsOf(node: SchemaNode): SchemaNode | undefined {
  return isObject(node['items']) ? node['items'] : undefined;
}

/** The schema of a map's values, when the node is a map. */
export function mapValuesOf(node: SchemaNode): SchemaNode | undefined {
  return isObject(node['additionalProperties']) ? node['additionalProperties'] : undefined;
}

export function childPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/**
 * Removes from `value`, in place, what the schema does not know. Returns the paths of what was removed, as
 * `spec.members[0].adress`.
 */
export function prune(value: unknown, schema: SchemaNode, path = ''): readonly string[] {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined) return [];
    return value.flatMap((item, index) => prune(item, items, `${path}[${index}]`));
  }
  if (!isObject(value)) return [];
  const properties = propertiesOf(schema);
  const mapValues = mapValuesOf(schema);
  const keepsUnknown =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema['additionalProperties'] === true;
  const removed: string[] = [];
  for (const [key, child] of Object.entries(value)) {
    const at = childPath(path, key);
    const known = Object.hasOwn(properties, key) ? properties[key] : mapValues;
    if (known !== undefined) {
      removed.push(...prune(child, known, at));
    } else if (!keepsUnknown) {
      delete value[key];
      removed.push(at);
    }
  }
  return removed;
}

/**
 * Fills in defaults, in place: where a property is missing, or null although the schema does not allow null. A null that
 * neither a default nor `nullable` covers is dropped.
 */
export function applyDefaults(value: unknown, schema: SchemaNode): void {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items !== undefined) for (const item of value) applyDefaults(item, items);
    return;
  }
  if (!isObject(value)) return;
  const properties = propertiesOf(schema);
  for (const [key, property] of Object.entries(properties)) {
    const missing = !Object.hasOwn(value, key) || (value[key] === null && property['nullable'] !== true);
    if (missing && property['default'] !== undefined) value[key] = clone(property['default']);
    else if (missing) delete value[key];
    if (Object.hasOwn(value, key)) applyDefaults(value[key], property);
  }
  const mapValues = mapValuesOf(schema);
  if (mapValues === undefined) return;
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(properties, key)) continue;
    if (value[key] === null && mapValues['nullable'] !== true) {
      if (mapValues['default'] === undefined) delete value[key];
      else value[key] = clone(mapValues['default']);
    }
    if (Object.hasOwn(value, key)) applyDefaults(value[key], mapValues);
  }
}

/** The values of a list's map keys as one text; undefined when the schema's list is not of type `map`. */
export function listMapKey(list: SchemaNode, item: unknown): string | undefined {
  if (list['x-kubernetes-list-type'] !== 'map' || !isObject(item)) return undefined;
  const keys = Array.isArray(list['x-kubernetes-list-map-keys']) ? list['x-kubernetes-list-map-keys'] : [];
  const properties = propertiesOf(itemsOf(list) ?? {});
  const values = keys.map(
    (key: unknown) => item[String(key)] ?? properties[String(key)]?.['default'] ?? null,
  );
  return JSON.stringify(values);
}

/** Finds the old counterpart of a list item. There is one only in a map: only there do items have an identity over time. */
export function oldItems(list: SchemaNode, oldList: unknown): (item: unknown) => unknown {
  if (!Array.isArray(oldList) || list['x-kubernetes-list-type'] !== 'map') return () => undefined;
  const byKey = new Map(oldList.map((item) => [listMapKey(list, item), item] as const));
  return (item) => byKey.get(listMapKey(list, item));
}
