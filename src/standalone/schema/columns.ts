import { type JsonObject, objectAt, stringAt } from '../json.ts';
import { humanAge } from '../serving/humanDuration.ts';
import { compileJsonPath } from './jsonPath.ts';
import type { Column } from './resourceType.ts';

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name, unique within the namespace for objects of one kind.',
  priority: 0,
  cell: (object) => stringAt(objectAt(object, 'metadata'), 'name'),
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'date',
  format: '',
  description: 'How long ago the object was created.',
  priority: 0,
  cell: (object, wallMs) => humanAge(objectAt(object, 'metadata')['creationTimestamp'], wallMs),
};

/** A column of a built-in kind. */
export function column(
  name: string,
  description: string,
  how: { readonly type?: string; readonly priority?: number; readonly cell: Column['cell'] },
): Column {
  return {
    name,
    type: how.type ?? 'string',
    format: '',
    description,
    priority: how.priority ?? 0,
    cell: how.cell,
  };
}

/** A column of a CRD's additionalPrinterColumns. Throws an Error with a sentence when its JSONPath is not understood. */
export function customColumn(definition: JsonObject): Column {
  const path = stringAt(definition, 'jsonPath');
  const type = stringAt(definition, 'type');
  const find = compileJsonPath(path);
  return {
    name: stringAt(definition, 'name'),
    type,
    format: stringAt(definition, 'format'),
    description:
      stringAt(definition, 'description') ||
      `Custom resource definition column (in JSONPath format): ${path}`,
    priority: Number(definition['priority'] ?? 0),
    cell: (object, wallMs) => cellOf(type, find(object)[0], wallMs),
  };
}

/** A missing value, or one of another type than the column's, is null. */
function cellOf(type: string, value: unknown, wallMs: number): unknown {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? humanAge(value, wallMs) : null;
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}
