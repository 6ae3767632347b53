import { fieldTypes } from './fields.ts';

type TypeOf<T extends string> = T extends 'string' | 'datetime' | `${string} ref`
  ? string
  : T extends 'int' | 'float'
    ? number
    : T extends 'bool'
      ? boolean
      : T extends `${string} set`
        ? readonly string[]
        : T extends `${string} map`
          ? Readonly<Record<string, string>>
          : string;

export type ClassName = keyof typeof fieldTypes;

/** A record of one class as XAPI sends it. Integers are numbers, references and dates are strings. */
export type RecordOf<C extends ClassName> = {
  readonly [F in keyof (typeof fieldTypes)[C]]: (typeof fieldTypes)[C][F] extends string
    ? TypeOf<(typeof fieldTypes)[C][F]>
    : never;
};

export const nullRef = 'OpaqueRef:NULL';

/** A record in which every field has the empty value of its type. */
export function emptyRecord<C extends ClassName>(className: C): RecordOf<C> {
  const record: Record<string, unknown> = {};
  for (const [field, type] of Object.entries(fieldTypes[className])) record[field] = emptyValue(type);
  return record as RecordOf<C>;
}

function emptyValue(type: string): unknown {
  if (type.endsWith(' set')) return [];
  if (type.endsWith(' map')) return {};
  if (type.endsWith(' ref')) return nullRef;
  if (type === 'int' || type === 'float') return 0;
  if (type === 'bool') return false;
  return type === 'datetime' ? '19700101T00:00:00Z' : '';
}
