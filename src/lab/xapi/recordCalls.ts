import { fieldTypes } from '../belief/fields.ts';
import type { ClassName } from '../belief/records.ts';
import { type Call, type CallDefinition, databaseOf, text } from './call.ts';
import { removeKey } from './locks.ts';
import { done, doneJson, doneVoid, failed, type Outcome } from './outcome.ts';

const classNames = Object.keys(fieldTypes) as readonly ClassName[];

/** The calls that XAPI generates for every class: get_record, get_all_records, get_by_uuid, get_<field> … */
export const readCalls: readonly CallDefinition[] = classNames.flatMap((className) => [
  ...wholeRecordCalls(className),
  ...fieldCalls(className),
]);

type Read = Pick<CallDefinition, 'name' | 'params' | 'result' | 'run'> & Partial<CallDefinition>;

function read(definition: Read): CallDefinition {
  return { login: 'pool', async: 'no', ...definition };
}

function wholeRecordCalls(className: ClassName): readonly CallDefinition[] {
  const self = [{ name: 'self', type: `${className} ref` }];
  return [
    read({
      name: `${className}.get_record`,
      params: self,
      result: `${className} record`,
      run: (call) => ofRow(call, className, (ref) => databaseOf(call).json(className, ref)),
    }),
    read({
      name: `${className}.get_all_records`,
      params: [],
      result: `(${className} ref -> ${className} record) map`,
      run: (call) => recordMap(call, className, () => true),
    }),
    read({
      name: `${className}.get_by_uuid`,
      params: [{ name: 'uuid', type: 'string' }],
      result: `${className} ref`,
      run: (call) => {
        const uuid = text(call, 'uuid');
        const ref = databaseOf(call).refOf(className, uuid);
        return ref === undefined ? failed('UUID_INVALID', className, uuid) : done(ref);
      },
    }),
    read({
      name: `${className}.get_all_records_where`,
      params: [{ name: 'expr', type: 'string' }],
      result: `(${className} ref -> ${className} record) map`,
      // Of messages alone the published data model lists it.
      ...(className === 'message'
        ? {}
        : { hidden: 'XAPI serves it and leaves it out of its published data model' }),
      run: (call) => recordsWhere(call, className),
    }),
    read({
      name: `${className}.get_all`,
      params: [],
      result: `${className} ref set`,
      run: (call) => done([...databaseOf(call).rows(className)].map(([ref]) => ref)),
    }),
  ];
}

function fieldCalls(className: ClassName): readonly CallDefinition[] {
  // Messages have no getters for single fields.
  if (className === 'message') return [];
  return Object.entries(fieldTypes[className]).map(([field, type]) =>
    read({
      name: `${className}.get_${field}`,
      params: [{ name: 'self', type: `${className} ref` }],
      result: type,
      run: (call) =>
        ofRow(call, className, (ref) =>
          JSON.stringify((databaseOf(call).get(className, ref) as Readonly<Record<string, unknown>>)[field]),
        ),
    }),
  );
}

function ofRow(call: Call, className: ClassName, json: (ref: string) => string): Outcome {
  const ref = text(call, 'self');
  if (databaseOf(call).get(className, ref) === undefined) return failed('HANDLE_INVALID', className, ref);
  return doneJson(json(ref));
}

function recordMap(call: Call, className: ClassName, wanted: (record: object) => boolean): Outcome {
  const database = databaseOf(call);
  const parts: string[] = [];
  for (const [ref, record] of database.rows(className)) {
    if (wanted(record)) parts.push(`"${ref}":${database.json(className, ref)}`);
  }
  return doneJson(`{${parts.join(',')}}`);
}

const comparison = /^field "(\w+)"\s*=\s*(?:"([^"]*)"|(true|false))$/;

/**
 * `true`, or comparisons `field "SR"="<ref>"` joined by `and` and `or` without brackets (`and` binds tighter): the part of
 * XAPI's little language that is in use.
 */
function recordsWhere(call: Call, className: ClassName): Outcome {
  const expression = text(call, 'expr').trim();
  if (expression === 'true') return recordMap(call, className, () => true);
  const alternatives: (readonly Comparison[])[] = [];
  for (const alternative of expression.split(/\s+or\s+/)) {
    const comparisons = alternative.split(/\s+and\s+/).map(parseComparison);
    if (comparisons.includes(undefined))
      return failed('INVALID_VALUE', expression, 'Failure("lexing: empty token")');
    alternatives.push(comparisons.filter((one) => one !== undefined));
  }
  return recordMap(call, className, (record) =>
    alternatives.some((comparisons) =>
      comparisons.every(
        ({ field, value }) => String((record as Readonly<Record<string, unknown>>)[field]) === value,
      ),
    ),
  );
}

interface Comparison {
  readonly field: string;
  readonly value: string;
}

function parseComparison(written: string): Comparison | undefined {
  const match = comparison.exec(written.replaceAll(/^\(|\)$/g, '').trim());
  return match?.[1] === undefined ? undefined : { field: match[1], value: match[2] ?? match[3] ?? '' };
}

/** Maps that clients may change key by key. */
const openMaps = [
  ['pool', 'other_config'],
  ['host', 'other_config'],
  ['VM', 'other_config'],
  ['VDI', 'sm_config'],
] as const;

export const mapCalls: readonly CallDefinition[] = openMaps.flatMap(([className, field]) => {
  const self = { name: 'self', type: `${className} ref` };
  const key = { name: 'key', type: 'string' };
  return [
    read({
      name: `${className}.add_to_${field}`,
      params: [self, key, { name: 'value', type: 'string' }],
      result: 'void',
      run: (call) => addToMap(call, className, field),
    }),
    read({
      name: `${className}.remove_from_${field}`,
      params: [self, key],
      result: 'void',
      run: (call) => removeFromMap(call, className, field),
    }),
  ];
});

function addToMap(call: Call, className: ClassName, field: string): Outcome {
  const database = databaseOf(call);
  const ref = text(call, 'self');
  const map = mapOf(call, className, field);
  if (map === undefined) return failed('HANDLE_INVALID', className, ref);
  const key = text(call, 'key');
  if (key in map) return failed('MAP_DUPLICATE_KEY', className, field, ref, key);
  database.update(className, ref, { [field]: { ...map, [key]: text(call, 'value') } });
  return doneVoid;
}

/** No error when the key is absent. Taking a storage lock away is a harmful act, whoever does it. */
function removeFromMap(call: Call, className: ClassName, field: string): Outcome {
  const { pool, acting } = call;
  const database = databaseOf(call);
  const ref = text(call, 'self');
  const key = text(call, 'key');
  const map = mapOf(call, className, field);
  if (map === undefined) return failed('HANDLE_INVALID', className, ref);
  if (className === 'VDI') {
    const removed = removeKey(pool, database, { vdi: ref, key });
    pool.oracle.took({
      kind: 'lockRemoved',
      target: `${database.get('VDI', ref)?.uuid} ${key}`,
      caller: acting.caller,
      changedAnything: removed === 'removed',
    });
    return doneVoid;
  }
  if (key in map) {
    const { [key]: _, ...rest } = map;
    database.update(className, ref, { [field]: rest });
  }
  return doneVoid;
}

function mapOf(
  call: Call,
  className: ClassName,
  field: string,
): Readonly<Record<string, string>> | undefined {
  const record = databaseOf(call).get(className, text(call, 'self'));
  return (record as Readonly<Record<string, Readonly<Record<string, string>>>> | undefined)?.[field];
}
