import type { Cause } from '../serving/status.ts';

/**
 * The sentences of Kubernetes about a wrong field (k8s.io/apimachinery/pkg/util/validation/field), which
 * clients show word by word. `undefined` for a value leaves it out of the sentence.
 */
export function invalidValue(field: string, value: unknown, detail: string): Cause {
  return { reason: 'FieldValueInvalid', message: `Invalid value${shown(value)}: ${detail}`, field };
}

/** The value is of another type than the schema says. Rules are not run on such an object. */
export function wrongType(field: string, value: unknown, detail: string): Cause {
  return { reason: 'FieldValueTypeInvalid', message: `Invalid value${shown(value)}: ${detail}`, field };
}

export function requiredValue(field: string, detail?: string): Cause {
  return {
    reason: 'FieldValueRequired',
    message: detail ? `Required value: ${detail}` : 'Required value',
    field,
  };
}

export function unsupportedValue(field: string, value: unknown, supported: readonly unknown[]): Cause {
  const list = supported.map((one) => JSON.stringify(typeof one === 'string' ? one : JSON.stringify(one)));
  return {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value${shown(value)}: supported values: ${list.join(', ')}`,
    field,
  };
}

export function forbiddenValue(field: string, detail: string): Cause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${detail}`, field };
}

export function duplicateValue(field: string, value: unknown): Cause {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value${shown(value)}`, field };
}

export function tooLong(field: string, limit: number): Cause {
  return {
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${limit} ${limit === 1 ? 'byte' : 'bytes'}`,
    field,
  };
}

export function tooMany(field: string, actual: number, limit: number): Cause {
  return {
    reason: 'FieldValueTooMany',
    message: `Too many: ${actual}: must have at most ${limit} ${limit === 1 ? 'item' : 'items'}`,
    field,
  };
}

function shown(value: unknown): string {
  return value === undefined ? '' : `: ${JSON.stringify(value)}`;
}
