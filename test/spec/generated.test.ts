import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generate } from '../../src/api/generate.ts';
import { crds } from '../../src/api/generated/crds.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

const versions = crds.map((crd) => {
  const { names, versions } = crd.spec;
  const version = versions[0];
  return {
    kind: names.kind,
    schema: version.schema.openAPIV3Schema as Schema,
    columns: version.additionalPrinterColumns as readonly {
      readonly name: string;
      readonly jsonPath: string;
    }[],
  };
});

test('what is generated from crds/ is what is in the repository; otherwise run "npm run generate"', async () => {
  for (const [name, content] of await generate()) {
    const kept = readFileSync(new URL(`../../src/api/generated/${name}`, import.meta.url), 'utf8');
    expect(kept, `src/api/generated/${name} is stale: run "npm run generate"`).toBe(content);
  }
});

describe.each(versions.map((version) => [version.kind, version] as const))(
  '%s',
  (_kind, { schema, columns }) => {
    test('says of each field what it means, since that is what kubectl explain prints', () => {
      expect(fieldsWithout(schema, '', 'description')).toEqual([]);
    });
    test('prints columns only of fields that exist', () => {
      for (const { name, jsonPath } of columns)
        expect(resolves(schema, jsonPath), `${name} ${jsonPath}`).toBe(true);
    });
    test('says of each list how long it may be', () => {
      expect(unboundedLists(schema, '')).toEqual([]);
    });
    test('fills in nothing inside a list, since kubectl apply sends a list whole and would change it each time', () => {
      expect(defaultsInLists(schema, '')).toEqual([]);
    });
    test('refuses with a sentence that says what to do', () => {
      for (const { message } of rulesOf(schema))
        expect(message.split(' ').length, message).toBeGreaterThan(5);
    });
    test('requires only fields that exist', () => {
      expect(unknownRequirements(schema, '')).toEqual([]);
    });
  },
);

test('the checks of this page can fail', () => {
  const bad: Schema = {
    type: 'object',
    required: ['c'],
    properties: { a: { type: 'string' }, b: { type: 'array', items: {} } },
  };
  expect(fieldsWithout(bad, '', 'description')).toEqual(['.a', '.b']);
  expect(unboundedLists(bad, '')).toEqual(['.b']);
  expect(unknownRequirements(bad, '')).toEqual(['.c']);
  const filled: Schema = { items: { properties: { a: { properties: { b: { default: 1 } } } } } };
  expect(defaultsInLists({ properties: { list: filled, fine: { default: {} } } }, '')).toEqual([
    '.list[].a.b',
  ]);
  expect(resolves(bad, '.spec.mode')).toBe(false);
  expect(resolves(bad, '.a')).toBe(true);
});

function fieldsWithout(schema: Schema, path: string, what: 'description'): readonly string[] {
  return childrenOf(schema, path).flatMap(([childPath, child]) => [
    ...(child[what] === undefined && !childPath.endsWith('[]') && childPath !== '.metadata'
      ? [childPath]
      : []),
    ...fieldsWithout(child, childPath, what),
  ]);
}

function unboundedLists(schema: Schema, path: string): readonly string[] {
  return childrenOf(schema, path).flatMap(([childPath, child]) => [
    ...(child.type === 'array' && !('maxItems' in child) ? [childPath] : []),
    ...unboundedLists(child, childPath),
  ]);
}

function defaultsInLists(schema: Schema, path: string): readonly string[] {
  return childrenOf(schema, path).flatMap(([childPath, child]) => [
    ...(child.default !== undefined && childPath.includes('[]') ? [childPath] : []),
    ...defaultsInLists(child, childPath),
  ]);
}

function unknownRequirements(schema: Schema, path: string): readonly string[] {
  const own = (schema.required ?? []).filter((name) => schema.properties?.[name] === undefined);
  return [
    ...own.map((name) => `${path}.${name}`),
    ...childrenOf(schema, path).flatMap(([childPath, child]) => unknownRequirements(child, childPath)),
  ];
}

function rulesOf(schema: Schema): readonly { readonly message: string }[] {
  return [
    ...(schema['x-kubernetes-validations'] ?? []),
    ...childrenOf(schema, '').flatMap(([, child]) => rulesOf(child)),
  ];
}

function childrenOf(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  return [
    ...Object.entries(schema.properties ?? {}).map(([name, child]) => [`${path}.${name}`, child] as const),
    ...(schema.items === undefined ? [] : [[`${path}[]`, schema.items] as const]),
  ];
}

/** A JSONPath of a printer column: names, and `[?(@.type=="Ready")]` into the conditions. metadata is every object's. */
function resolves(schema: Schema, jsonPath: string): boolean {
  if (jsonPath.startsWith('.metadata.')) return true;
  const names = jsonPath
    .replaceAll(/\[\?\(@\.type=="[A-Za-z]+"\)\]/g, '.[]')
    .split('.')
    .slice(1);
  let at: Schema | undefined = schema;
  for (const name of names) at = name === '[]' ? at?.items : at?.properties?.[name];
  return at !== undefined;
}
