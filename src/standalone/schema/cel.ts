import { isIP } from 'node:net';
import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { isObject } from '../json.ts';
import { itemsOf, mapValuesOf, propertiesOf, type SchemaNode } from './structural.ts';

/**
 * The rules of x-kubernetes-validations, compiled once. Expressions are checked against the schema's types when a CRD is
 * loaded, so that a misspelt field is found then and not at three in the morning; they are evaluated untyped,
 * which is much faster.
 */
export interface Rule {
  readonly source: string;
  readonly usesOldSelf: boolean;
  /** Throws when the expression cannot be evaluated (a missing field, an index out of range). */
  readonly evaluate: (variables: RuleVariables) => unknown;
}

export interface RuleVariables {
  readonly self: unknown;
  readonly oldSelf: unknown;
}

export interface RuleCompiler {
  /** Throws an Error with a sentence when the expression is not one, or does not fit the schema. */
  compile(expression: string, self: SchemaNode, expected: 'bool' | 'string'): Rule;
}

export function createRuleCompiler(): RuleCompiler {
  const options = { enableOptionalTypes: true, homogeneousAggregateLiterals: false } as const;
  const evaluation = withKubernetesFunctions(new Environment({ ...options, unlistedVariablesAreDyn: true }));
  return {
    compile: (expression, self, expected) => {
      const typed = withKubernetesFunctions(new Environment(options));
      const type = declareType(typed, self, 'Self');
      typed.registerVariable('self', type).registerVariable('oldSelf', type);
      const checked = typed.check(expression);
      if (!checked.valid) {
        throw new Error(
          `the rule ${JSON.stringify(expression)} is wrong: ${firstLine(checked.error?.message)}`,
        );
      }
      if (checked.type !== expected && checked.type !== 'dyn') {
        throw new Error(
          `the rule ${JSON.stringify(expression)} gives ${checked.type}, and ${expected} is needed`,
        );
      }
      const program: ParseResult = evaluation.parse(expression);
      return {
        source: expression,
        usesOldSelf: /\boldSelf\b/.test(expression),
        evaluate: ({ self: value, oldSelf }) => program({ self: value, oldSelf }),
      };
    },
  };
}

function firstLine(message: string | undefined): string {
  return (message ?? 'no reason given').split('\n')[0] ?? '';
}

/** Declares a CEL type for a schema node and returns its name. Schemas are trees, so this ends. */
function declareType(environment: Environment, node: SchemaNode, name: string): string {
  if (node['x-kubernetes-int-or-string'] === true || node['x-kubernetes-preserve-unknown-fields'] === true) {
    return 'dyn';
  }
  switch (node['type']) {
    case 'string':
      return stringTypes[String(node['format'])] ?? 'string';
    case 'integer':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'array':
      return `list<${declareType(environment, itemsOf(node) ?? {}, `${name}_item`)}>`;
    case 'object': {
      const mapValues = mapValuesOf(node);
      if (mapValues !== undefined) {
        return `map<string, ${declareType(environment, mapValues, `${name}_value`)}>`;
      }
      const fields: Record<string, string> = {};
      for (const [key, child] of Object.entries(propertiesOf(node))) {
        fields[escapeName(key)] = declareType(environment, child, `${name}_${escapeName(key)}`);
      }
      environment.registerType(name, { fields });
      environment.registerOperator(`${name} == ${name}`, () => false);
      return name;
    }
    default:
      return 'dyn';
  }
}

const stringTypes: Readonly<Record<string, string>> = {
  'date-time': 'google.protobuf.Timestamp',
  date: 'google.protobuf.Timestamp',
};

const reservedNames = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return'.split(
    ' ',
  ),
);

/** How Kubernetes names a property in CEL whose name is not an identifier there. */
function escapeName(name: string): string {
  if (reservedNames.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** A JSON value as CEL sees it: integers are BigInt, times are dates, property names are escaped. */
export function celValue(value: unknown, node: SchemaNode | undefined): unknown {
  if (typeof value === 'number') {
    return node?.['type'] !== 'number' && Number.isInteger(value) ? BigInt(value) : value;
  }
  if (typeof value === 'string') {
    return node !== undefined && stringTypes[String(node['format'])] !== undefined ? new Date(value) : value;
  }
  if (Array.isArray(value)) {
    const items = node === undefined ? undefined : itemsOf(node);
    return value.map((item) => celValue(item, items));
  }
  if (!isObject(value)) return value;
  const properties = node === undefined ? {} : propertiesOf(node);
  const mapValues = node === undefined ? undefined : mapValuesOf(node);
  const result: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    result[known === undefined ? key : escapeName(key)] = celValue(child, known ?? mapValues);
  }
  return result;
}

/** The functions that Kubernetes adds to CEL and that a CRD here may want; others are refused at load. */
function withKubernetesFunctions(environment: Environment): Environment {
  const first = (text: string, pattern: string): string => new RegExp(pattern).exec(text)?.[0] ?? '';
  const all = (text: string, pattern: string): string[] => text.match(new RegExp(pattern, 'g')) ?? [];
  return environment
    .registerFunction('string.find(string): string', first)
    .registerFunction('string.findAll(string): list<string>', all)
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction('isURL(string): bool', (text: string) => URL.canParse(text))
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
    .registerFunction('isCIDR(string): bool', isCidr);
}

function isCidr(text: string): boolean {
  const [address = '', length = '', ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return false;
  return Number(length) <= (family === 4 ? 32 : 128);
}
