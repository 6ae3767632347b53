import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { sameJson } from '../../api/sameJson.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { Cause } from '../serving/status.ts';
import { invalidValue, requiredValue, tooLong, tooMany, unsupportedValue, wrongType } from './fieldError.ts';
import { itemsOf, mapValuesOf, oldItems, propertiesOf, type SchemaNode } from './structural.ts';

/**
 * Validates a value against a structural schema. With `old`, an error in a part that has not changed is forgiven
 * (Kubernetes calls it ratcheting): whoever edits one field need not mend another that a newer schema refuses.
 */
export type Validate = (value: unknown, old?: unknown) => readonly Cause[];

/** Compiles the schema once. Throws when it is not a schema that ajv can compile. */
export function compileValidation(schema: SchemaNode): Validate {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: false,
    // A schema of schemas would be compiled for every kind, which takes far longer than the kind itself.
    meta: false,
    validateSchema: false,
    // Patterns of CRDs are written for RE2, which has no such mode.
    unicodeRegExp: false,
  });
  addFormats.default(ajv, [...checkedFormats]);
  const check = ajv.compile(jsonSchema(schema));
  return (value, old) => findings({ check, schema, value, old });
}

/** Formats that a CRD may name and that are checked; others are ignored, as Kubernetes does. */
const checkedFormats = [
  'date',
  'date-time',
  'uuid',
  'ipv4',
  'ipv6',
  'email',
  'hostname',
  'uri',
  'byte',
] as const;

const kept = [
  'maximum',
  'minimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'multipleOf',
  'maxProperties',
  'minProperties',
  'required',
  'enum',
] as const;

/** From OpenAPI v3.0's dialect to JSON Schema. */
function jsonSchema(node: SchemaNode): JsonObject {
  const result: JsonObject = {};
  for (const word of kept) if (node[word] !== undefined) result[word] = node[word];
  const types =
    node['x-kubernetes-int-or-string'] === true
      ? ['integer', 'string']
      : typeof node['type'] === 'string'
        ? [node['type']]
        : [];
  if (types.length > 0) result['type'] = node['nullable'] === true ? [...types, 'null'] : types;
  if (node['nullable'] === true && Array.isArray(node['enum'])) result['enum'] = [...node['enum'], null];
  if (node['exclusiveMaximum'] === true) {
    result['exclusiveMaximum'] = node['maximum'];
    delete result['maximum'];
  }
  if (node['exclusiveMinimum'] === true) {
    result['exclusiveMinimum'] = node['minimum'];
    delete result['minimum'];
  }
  if (checkedFormats.some((format) => format === node['format'])) result['format'] = node['format'];
  for (const word of ['allOf', 'anyOf', 'oneOf']) {
    if (Array.isArray(node[word])) result[word] = node[word].filter(isObject).map(jsonSchema);
  }
  if (isObject(node['not'])) result['not'] = jsonSchema(node['not']);
  const items = itemsOf(node);
  if (items !== undefined) result['items'] = jsonSchema(items);
  const mapValues = mapValuesOf(node);
  if (mapValues !== undefined) result['additionalProperties'] = jsonSchema(mapValues);
  const properties = Object.entries(propertiesOf(node));
  if (properties.length > 0) {
    result['properties'] = Object.fromEntries(properties.map(([key, child]) => [key, jsonSchema(child)]));
  }
  return result;
}

interface Examined {
  readonly check: ValidateFunction;
  readonly schema: SchemaNode;
  readonly value: unknown;
  readonly old: unknown;
}

function findings({ check, schema, value, old }: Examined): readonly Cause[] {
  if (check(value)) return [];
  const errors = withoutLostBranches(check.errors ?? []);
  const standing =
    old === undefined ? errors : errors.filter((error) => !unchanged(schema, value, old, error.instancePath));
  return standing.flatMap((error) => [causeOf(error), ...furtherCauses(error)]);
}

/** Of a fraction where a whole number belongs Kubernetes complains a second time, naming no field. */
function furtherCauses(error: ErrorObject): readonly Cause[] {
  const wanted = error.params['type'] as readonly string[] | undefined;
  if (error.keyword !== 'type' || typeof error.data !== 'number' || !wanted?.includes('integer')) return [];
  const format = isObject(error.parentSchema) ? (error.parentSchema['x-format'] ?? 'default') : 'default';
  const detail = `Checked value must be of type integer (${format} format) in ${fieldPath(error.instancePath)}`;
  return [invalidValue('<nil>', '', detail)];
}

/**
 * Of the branches of a failed oneOf or anyOf only the one that came nearest is worth telling; of `not` none.
 */
function withoutLostBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const alternatives = errors.filter((error) => ['oneOf', 'anyOf'].includes(error.keyword));
  let left = [...errors];
  for (const { schemaPath } of alternatives) {
    const branches = new Map<string, ErrorObject[]>();
    for (const error of left) {
      if (!error.schemaPath.startsWith(`${schemaPath}/`)) continue;
      const branch = error.schemaPath.slice(schemaPath.length + 1).split('/')[0] ?? '';
      branches.set(branch, [...(branches.get(branch) ?? []), error]);
    }
    const nearest = [...branches.values()].sort((a, b) => a.length - b.length)[0] ?? [];
    left = left.filter((error) => !error.schemaPath.startsWith(`${schemaPath}/`) || nearest.includes(error));
  }
  return left;
}

function steps(instancePath: string): readonly string[] {
  return instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** True when the deepest part on the way to the error that has an old counterpart is equal to it. */
function unchanged(schema: SchemaNode, value: unknown, old: unknown, instancePath: string): boolean {
  let node: SchemaNode | undefined = schema;
  let [now, before] = [value, old];
  for (const step of steps(instancePath)) {
    let nextNow: unknown;
    let nextBefore: unknown;
    if (Array.isArray(now) && node !== undefined) {
      nextNow = now[Number(step)];
      nextBefore = oldItems(node, before)(nextNow);
      node = itemsOf(node);
    } else if (isObject(now) && isObject(before)) {
      nextNow = now[step];
      nextBefore = before[step];
      node = node === undefined ? undefined : (propertiesOf(node)[step] ?? mapValuesOf(node));
    }
    if (nextBefore === undefined) break;
    [now, before] = [nextNow, nextBefore];
  }
  return now !== value && sameJson(now, before);
}

/** `/spec/members/0/name` as `spec.members[0].name`. */
function fieldPath(instancePath: string): string {
  return steps(instancePath)
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : 0;
}

type Explain = (error: ErrorObject, field: string) => Cause;

function bound(words: string): Explain {
  return (error, field) =>
    invalidValue(field, error.data, `${field} in body should be ${words} ${error.params['limit']}`);
}

const explanations: Readonly<Record<string, Explain>> = {
  type: (error, field) => {
    const expected = (error.params['type'] as readonly string[]).filter((type) => type !== 'null').join(',');
    const actual = typeName(error.data);
    return wrongType(field, actual, `${field} in body must be of type ${expected}: "${actual}"`);
  },
  format: (error, field) =>
    wrongType(
      field,
      error.data,
      `${field} in body must be of type ${error.params['format']}: ${JSON.stringify(error.data)}`,
    ),
  required: (error, field) =>
    requiredValue(
      field === '' ? String(error.params['missingProperty']) : `${field}.${error.params['missingProperty']}`,
    ),
  enum: (error, field) =>
    unsupportedValue(
      field,
      error.data,
      (error.params['allowedValues'] as readonly unknown[]).filter((value) => value !== null),
    ),
  pattern: (error, field) =>
    invalidValue(field, error.data, `${field} in body should match '${error.params['pattern']}'`),
  maxLength: (error, field) => tooLong(field, Number(error.params['limit'])),
  minLength: (error, field) =>
    invalidValue(
      field,
      error.data,
      `${field} in body should be at least ${error.params['limit']} chars long`,
    ),
  maximum: bound('less than or equal to'),
  minimum: bound('greater than or equal to'),
  exclusiveMaximum: bound('less than'),
  exclusiveMinimum: bound('greater than'),
  multipleOf: (error, field) =>
    invalidValue(field, error.data, `${field} in body should be a multiple of ${error.params['multipleOf']}`),
  maxItems: (error, field) => tooMany(field, sizeOf(error.data), Number(error.params['limit'])),
  minItems: (error, field) =>
    invalidValue(
      field,
      sizeOf(error.data),
      `${field} in body should have at least ${error.params['limit']} items`,
    ),
  maxProperties: (error, field) => tooMany(field, sizeOf(error.data), Number(error.params['limit'])),
  minProperties: (error, field) =>
    invalidValue(
      field,
      sizeOf(error.data),
      `${field} in body should have at least ${error.params['limit']} properties`,
    ),
  oneOf: (error, field) =>
    invalidValue(
      '<nil>',
      '',
      `"${field}" must validate one and only one schema (oneOf). ${
        error.params['passingSchemas'] === null ? 'Found none valid' : 'Found 2 valid alternatives'
      }`,
    ),
  anyOf: (_, field) => invalidValue('<nil>', '', `"${field}" must validate at least one schema (anyOf)`),
  not: (_, field) => invalidValue('<nil>', '', `"${field}" must not validate the schema (not)`),
};

function causeOf(error: ErrorObject): Cause {
  const field = fieldPath(error.instancePath);
  const explain = explanations[error.keyword];
  return explain === undefined
    ? invalidValue(field, error.data, error.message ?? error.keyword)
    : explain(error, field);
}
