import { sameJson } from '../../api/sameJson.ts';
import { isObject, stringAt } from '../json.ts';
import type { Cause } from '../serving/status.ts';
import { celValue, type Rule, type RuleCompiler } from './cel.ts';
import { duplicateValue, forbiddenValue, invalidValue, requiredValue } from './fieldError.ts';
import { childPath, itemsOf, mapValuesOf, oldItems, propertiesOf, type SchemaNode } from './structural.ts';

/** Runs the rules of a schema over an object. `old` is undefined on create; transition rules are skipped then. */
export type RunRules = (value: unknown, old: unknown) => readonly Cause[];

interface RuleNode {
  readonly schema: SchemaNode;
  readonly rules: readonly SchemaRule[];
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly items: RuleNode | undefined;
  readonly mapValues: RuleNode | undefined;
}

interface SchemaRule {
  readonly rule: Rule;
  readonly message: string;
  /** How the rule is called when it cannot be evaluated: its message or, without one, its text. */
  readonly named: string;
  readonly messageExpression: Rule | undefined;
  readonly reason: string;
  /** Relative to the node, without the leading dot; empty for the node itself. */
  readonly fieldPath: string;
}

/** Compiles all rules of a schema. Throws an Error with a sentence that names the field of a rule that does not compile. */
export function compileRules(schema: SchemaNode, compiler: RuleCompiler): RunRules {
  const root = ruleNode(schema, compiler, '');
  if (root === undefined) return () => [];
  return (value, old) => visit(root, { path: '', value, old, ratchets: () => false });
}

/** Undefined when there is no rule in this part of the schema. */
function ruleNode(schema: SchemaNode, compiler: RuleCompiler, path: string): RuleNode | undefined {
  const written = Array.isArray(schema['x-kubernetes-validations']) ? schema['x-kubernetes-validations'] : [];
  const rules = written.filter(isObject).map((rule): SchemaRule => {
    try {
      const messageExpression = stringAt(rule, 'messageExpression');
      return {
        rule: compiler.compile(stringAt(rule, 'rule'), schema, 'bool'),
        named: stringAt(rule, 'message').trim() || stringAt(rule, 'rule').trim(),
        message: stringAt(rule, 'message').trim() || `failed rule: ${stringAt(rule, 'rule').trim()}`,
        messageExpression:
          messageExpression === '' ? undefined : compiler.compile(messageExpression, schema, 'string'),
        reason: stringAt(rule, 'reason'),
        fieldPath: stringAt(rule, 'fieldPath').replace(/^\./, ''),
      };
    } catch (error) {
      throw new Error(`${path === '' ? 'the object itself' : path}: ${(error as Error).message}`);
    }
  });
  const properties = new Map<string, RuleNode>();
  for (const [key, child] of Object.entries(propertiesOf(schema))) {
    const node = ruleNode(child, compiler, childPath(path, key));
    if (node !== undefined) properties.set(key, node);
  }
  const items = itemsOf(schema);
  const mapValues = mapValuesOf(schema);
  const itemNode = items === undefined ? undefined : ruleNode(items, compiler, `${path}[]`);
  const valueNode = mapValues === undefined ? undefined : ruleNode(mapValues, compiler, `${path}[]`);
  if (rules.length === 0 && properties.size === 0 && itemNode === undefined && valueNode === undefined) {
    return undefined;
  }
  return { schema, rules, properties, items: itemNode, mapValues: valueNode };
}

interface Visit {
  readonly path: string;
  readonly value: unknown;
  readonly old: unknown;
  /** Whether the nearest part around this one that has an old counterpart is unchanged. */
  readonly ratchets: () => boolean;
}

function visit(node: RuleNode, at: Visit): readonly Cause[] {
  const { path, value, old } = at;
  if (value === null || value === undefined) return [];
  const ratchets = old === undefined ? at.ratchets : () => sameJson(value, old);
  const here = node.rules.length === 0 ? [] : runHere(node, { path, value, old, ratchets });
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return here;
    const oldItem = oldItems(node.schema, old);
    const below = value.flatMap((item, index) =>
      visit(items, {
        path: `${path}[${index}]`,
        value: item,
        old: oldItem(item),
        ratchets,
      }),
    );
    return [...here, ...below];
  }
  if (!isObject(value)) return here;
  const oldMap = isObject(old) && node.schema['x-kubernetes-map-type'] !== 'atomic' ? old : {};
  const below = Object.entries(value).flatMap(([key, child]) => {
    const property = node.properties.get(key);
    const next = property ?? node.mapValues;
    if (next === undefined) return [];
    const childAt = property === undefined ? `${path}[${key}]` : childPath(path, key);
    return visit(next, { path: childAt, value: child, old: oldMap[key], ratchets });
  });
  return [...here, ...below];
}

function runHere(node: RuleNode, { path, value, old, ratchets }: Visit): readonly Cause[] {
  const self = celValue(value, node.schema);
  const oldSelf = old === undefined || old === null ? undefined : celValue(old, node.schema);
  return node.rules.flatMap((schemaRule) => {
    const { rule } = schemaRule;
    if (rule.usesOldSelf && oldSelf === undefined) return [];
    const field = path === '' ? '<nil>' : path;
    let holds: unknown;
    try {
      holds = rule.evaluate({ self, oldSelf });
    } catch (error) {
      const because = ((error as Error).message.split('\n')[0] ?? '').toLowerCase();
      return [invalidValue(field, node.schema['type'], `${because} evaluating rule: ${schemaRule.named}`)];
    }
    if (holds === true || (!rule.usesOldSelf && ratchets())) return [];
    const at = schemaRule.fieldPath === '' ? field : childPath(path, schemaRule.fieldPath);
    const message = saidBy(schemaRule.messageExpression, { self, oldSelf }) ?? schemaRule.message;
    return [failed(schemaRule.reason, { field: at, value, message })];
  });
}

/** The text of a messageExpression; undefined when it fails or gives nothing, and then the fixed message stands. */
function saidBy(
  expression: Rule | undefined,
  variables: { readonly self: unknown; readonly oldSelf: unknown },
): string | undefined {
  if (expression === undefined) return undefined;
  try {
    const text = expression.evaluate(variables);
    return typeof text === 'string' && text.trim() !== '' && !text.trim().includes('\n')
      ? text.trim()
      : undefined;
  } catch {
    return undefined;
  }
}

function failed(
  reason: string,
  told: { readonly field: string; readonly value: unknown; readonly message: string },
): Cause {
  const scalar = typeof told.value === 'object' ? undefined : told.value;
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenValue(told.field, told.message);
    case 'FieldValueRequired':
      return requiredValue(told.field, told.message);
    case 'FieldValueDuplicate':
      return duplicateValue(told.field, scalar);
    default:
      return invalidValue(told.field, scalar, told.message);
  }
}
