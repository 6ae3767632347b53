import type { Cause } from '../serving/status.ts';
import { createRuleCompiler } from './cel.ts';
import { invalidValue } from './fieldError.ts';
import { repeatedItems } from './listTypes.ts';
import { compileRules } from './rules.ts';
import { applyDefaults, prune, type SchemaNode } from './structural.ts';
import { compileValidation } from './validation.ts';

/** A schema made ready: what Kubernetes does to an object of a custom kind, without a server around it. */
export interface CompiledSchema {
  /**
   * What is wrong with the object: schema first, then (only if no value has a wrong type, is missing or too
   * long) the CEL rules. `old` is the object as stored, for updates; `found` is what is known to be wrong already,
   * and comes first in the result.
   */
  validate(object: unknown, old?: unknown, found?: readonly Cause[]): readonly Cause[];
  /** Fills in defaults, in place. */
  applyDefaults(object: unknown): void;
  /** Removes unknown fields, in place, and returns their paths. */
  prune(object: unknown): readonly string[];
}

/** Compiles once. Throws an Error with a sentence when the schema or one of its rules is wrong. */
export function compileSchema(schema: SchemaNode): CompiledSchema {
  const check = compileValidation(schema);
  const runRules = compileRules(schema, createRuleCompiler());
  return {
    validate: (object, old, found = []) => {
      const repeats = repeatedItems(object, schema);
      const forgiven = repeats.length > 0 && old !== undefined && repeatedItems(old, schema).length > 0;
      const causes = [...found, ...check(object, old), ...(forgiven ? [] : repeats)];
      return causes.some((cause) => blocking.has(cause.reason))
        ? [...causes, rulesNotRun]
        : [...causes, ...runRules(object, old)];
    },
    applyDefaults: (object) => applyDefaults(object, schema),
    prune: (object) => prune(object, schema),
  };
}

/** With such an error a rule might stumble over the value, so rules are not run. */
const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const rulesNotRun: Cause = invalidValue(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);
