import { type JsonObject, objectAt } from '../json.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { badRequest, isRefusal, type Refusal } from './status.ts';

/** Which objects of a kind a list or watch is about. */
export interface Selection {
  readonly namespace: string | undefined;
  /** Set when a field selector pins the name. */
  readonly name: string | undefined;
  /** Undefined when namespace and name say it all, and no object has to be parsed to know. */
  readonly matches: ((stored: JsonObject) => boolean) | undefined;
}

type Matches = (stored: JsonObject) => boolean;

/** Reads labelSelector and fieldSelector; a selector that cannot be read, or names an unknown field, is a 400. */
export function selectionOf(
  type: ResourceType,
  namespace: string | undefined,
  query: URLSearchParams,
): Selection | Refusal {
  const labels = labelRequirements(query.get('labelSelector') ?? '');
  if (isRefusal(labels)) return labels;
  const fields = fieldRequirements(query.get('fieldSelector') ?? '');
  if (isRefusal(fields)) return fields;
  const tests: Matches[] = [...labels];
  let name: string | undefined;
  let within = namespace;
  for (const { field, operator, value } of fields) {
    if (operator === '=' && field === 'metadata.name' && (name === undefined || name === value)) {
      name = value;
    } else if (operator === '=' && field === 'metadata.namespace' && type.namespaced) {
      if (within !== undefined && within !== value) tests.push(() => false);
      within = value;
    } else {
      const read = fieldReader(type, field);
      if (read === undefined) return badRequest(`field label not supported: ${field}`);
      tests.push((stored) => (read(stored) === value) === (operator === '='));
    }
  }
  return {
    namespace: within,
    name,
    matches: tests.length === 0 ? undefined : (stored) => tests.every((test) => test(stored)),
  };
}

/** Whether an object is selected; its text is parsed only when something asks for it. */
export function selects(
  selection: Selection,
  object: { readonly namespace: string; readonly name: string; readonly body: string },
): boolean {
  if (selection.namespace !== undefined && selection.namespace !== object.namespace) return false;
  if (selection.name !== undefined && selection.name !== object.name) return false;
  return selection.matches === undefined || selection.matches(JSON.parse(object.body));
}

function fieldReader(type: ResourceType, field: string): ((stored: JsonObject) => string) | undefined {
  if (field === 'metadata.name' || (field === 'metadata.namespace' && type.namespaced)) {
    const key = field.slice('metadata.'.length);
    return (stored) => String(objectAt(stored, 'metadata')[key] ?? '');
  }
  return Object.hasOwn(type.selectableFields, field) ? type.selectableFields[field] : undefined;
}

interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

function fieldRequirements(text: string): readonly FieldRequirement[] | Refusal {
  const terms = text.split(/(?<!\\),/).filter((term) => term !== '');
  const requirements: FieldRequirement[] = [];
  for (const term of terms) {
    const match = /^([^=!]+?)(==|=|!=)(.*)$/s.exec(term);
    if (match === null) {
      return badRequest(
        `unable to parse field selector: invalid selector: '${text}'; can't understand '${term}'`,
      );
    }
    const [, field = '', operator, value = ''] = match;
    requirements.push({
      field,
      operator: operator === '!=' ? '!=' : '=',
      value: value.replaceAll(/\\([\\,=])/g, '$1'),
    });
  }
  return requirements;
}

const labelTermPattern =
  /\s*(?:(!)\s*([\w./-]+)|([\w./-]+)(?:\s*(==|=|!=|>|<)\s*([\w.-]*)|\s+(in|notin)\s*\(([^)]*)\))?)\s*(,|$)/;

/** Reads a label selector in either of Kubernetes' two notations (equality and set). */
function labelRequirements(text: string): readonly Matches[] | Refusal {
  const tests: Matches[] = [];
  const labelTerm = new RegExp(labelTermPattern, 'y');
  while (labelTerm.lastIndex < text.length) {
    const match = labelTerm.exec(text);
    if (match === null) return badRequest(`unable to parse requirement: the label selector '${text}'`);
    tests.push(labelTest(match));
  }
  return tests;
}

function labelTest(match: RegExpExecArray): Matches {
  const [, negated, absentKey, key = '', operator, value = '', setOperator, set = ''] = match;
  const labelOf = (stored: JsonObject, name: string): string | undefined => {
    const labels = objectAt(objectAt(stored, 'metadata'), 'labels');
    return Object.hasOwn(labels, name) ? String(labels[name]) : undefined;
  };
  if (negated !== undefined && absentKey !== undefined) {
    return (stored) => labelOf(stored, absentKey) === undefined;
  }
  const values = new Set(set.split(',').map((item) => item.trim()));
  switch (setOperator ?? operator) {
    case 'in':
      return (stored) => values.has(labelOf(stored, key) ?? '\0');
    case 'notin':
      return (stored) => !values.has(labelOf(stored, key) ?? '\0');
    case '=':
    case '==':
      return (stored) => labelOf(stored, key) === value;
    case '!=':
      return (stored) => labelOf(stored, key) !== value;
    case '>':
      return (stored) => Number(labelOf(stored, key) ?? Number.NaN) > Number(value);
    case '<':
      return (stored) => Number(labelOf(stored, key) ?? Number.NaN) < Number(value);
    default:
      return (stored) => labelOf(stored, key) !== undefined;
  }
}
