import { isObject } from '../json.ts';

/**
 * The part of kubectl's JSONPath that printer columns use: `.a.b`, `['a.b']`, `.a\.b`, `[0]`, `[-1]`, `[*]` and
 * `[?(@.type=="Ready")]`. Returns every value found; a missing key finds nothing.
 */
export type FindValues = (object: unknown) => readonly unknown[];

/** Throws an Error with a sentence when the path uses something else. */
export function compileJsonPath(path: string): FindValues {
  const steps = parse(path);
  return (object) => steps.reduce<readonly unknown[]>((found, step) => found.flatMap(step), [object]);
}

type Step = (value: unknown) => readonly unknown[];

const tokenPattern =
  /\.((?:[^.[\]\\]|\\.)+)|\[\s*'([^']*)'\s*\]|\[\s*(-?\d+)\s*\]|\[\s*\*\s*\]|\[\?\(\s*@((?:\.[\w-]+)+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|([^"'\s)]+))\s*\)\]/;

function parse(path: string): readonly Step[] {
  const steps: Step[] = [];
  // Of its own: a filter is parsed while its path is.
  const token = new RegExp(tokenPattern, 'y');
  while (token.lastIndex < path.length) {
    const at = token.lastIndex;
    const match = token.exec(path);
    if (match === null) {
      throw new Error(`the JSONPath ${JSON.stringify(path)} is not understood at position ${at}`);
    }
    steps.push(stepOf(match));
  }
  return steps;
}

function stepOf(match: RegExpExecArray): Step {
  const [, dotted, quoted, index, inner, operator, double, single, bare] = match;
  const key = dotted?.replaceAll(/\\(.)/g, '$1') ?? quoted;
  if (key === '*') return everything;
  if (key !== undefined) return (value) => (isObject(value) && Object.hasOwn(value, key) ? [value[key]] : []);
  if (index !== undefined) {
    return (value) => {
      const item = Array.isArray(value) ? value.at(Number(index)) : undefined;
      return item === undefined ? [] : [item];
    };
  }
  if (inner === undefined) return everything;
  const find = compileJsonPath(inner);
  const wanted = double ?? single ?? bare;
  return (value) =>
    everything(value).filter((item) => {
      const equal = find(item).some((found) => String(found) === wanted);
      return operator === '==' ? equal : !equal;
    });
}

function everything(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}
