import { isObject } from '../json.ts';
import type { Cause } from '../serving/status.ts';
import { duplicateValue } from './fieldError.ts';
import { childPath, itemsOf, listMapKey, mapValuesOf, propertiesOf, type SchemaNode } from './structural.ts';

/** Finds repeated items in lists of type `set` and repeated keys in lists of type `map`. */
export function repeatedItems(value: unknown, schema: SchemaNode, path = ''): readonly Cause[] {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    const below =
      items === undefined
        ? []
        : value.flatMap((item, index) => repeatedItems(item, items, `${path}[${index}]`));
    return [...repeatsHere(value, schema, path), ...below];
  }
  if (!isObject(value)) return [];
  const properties = propertiesOf(schema);
  const mapValues = mapValuesOf(schema);
  return Object.entries(value).flatMap(([key, child]) => {
    const known = properties[key] ?? mapValues;
    return known === undefined ? [] : repeatedItems(child, known, childPath(path, key));
  });
}

function repeatsHere(list: readonly unknown[], schema: SchemaNode, path: string): readonly Cause[] {
  const isSet = schema['x-kubernetes-list-type'] === 'set';
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const key = isSet ? JSON.stringify(item) : listMapKey(schema, item);
    if (key === undefined) return [];
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [duplicateValue(`${path}[${index}]`, isSet ? item : mapKeys(schema, item))];
  });
}

function mapKeys(list: SchemaNode, item: unknown): unknown {
  const keys = list['x-kubernetes-list-map-keys'];
  if (!Array.isArray(keys) || !isObject(item)) return item;
  return Object.fromEntries(keys.map((key) => [String(key), item[String(key)]]));
}
