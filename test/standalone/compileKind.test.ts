import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compileKind } from '../../src/standalone/schema/compileKind.ts';
import { widget, widgetCrd } from './bench.ts';

const kind = compileKind(widgetCrd);
const told = (spec: Readonly<Record<string, unknown>>, old?: Readonly<Record<string, unknown>>) =>
  kind
    .validate(widget('a', spec), old === undefined ? undefined : widget('a', old))
    .map(({ field, message }) => `${field}: ${message}`);
const notRun =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

describe('a kind compiled from a CRD', () => {
  it('accepts what fits', () => {
    expect(
      told({ mode: 'Small', low: 1, high: 2, tags: ['a', 'b'], port: 'http', free: { x: [1] } }),
    ).toEqual([]);
  });

  it.each([
    [
      { size: 99, mode: 'Big' },
      ['spec.size: Invalid value: 99: spec.size in body should be less than or equal to 64'],
    ],
    [
      { size: 'x' },
      ['spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"', notRun],
    ],
    [{ mode: 'Wide' }, ['spec.mode: Unsupported value: "Wide": supported values: "Small", "Big"', notRun]],
    [{ owner: 'A' }, ['spec.owner: Invalid value: "A": spec.owner in body should match \'^[a-z]*$\'']],
    [{ owner: 'a'.repeat(21) }, ['spec.owner: Too long: may not be more than 20 bytes', notRun]],
    [{ tags: ['a', 'b', 'c', 'd'] }, ['spec.tags: Too many: 4: must have at most 3 items', notRun]],
    [{ tags: ['a', 'a'] }, ['spec.tags[1]: Duplicate value: "a"']],
    [{ ports: [{ name: 'a' }, { name: 'a' }] }, ['spec.ports[1]: Duplicate value: {"name":"a"}']],
    [{ ports: [{}] }, ['spec.ports[0].name: Required value', notRun]],
    [{ id: 'x' }, ['spec.id: Invalid value: "x": spec.id in body must be of type uuid: "x"', notRun]],
  ])('says of %j what Kubernetes says', (spec, expected) => {
    expect(told(spec)).toEqual(expected);
  });

  it('runs rules, with their message, on the field that they name', () => {
    expect(told({ low: 2, high: 1 })).toEqual(['spec: Invalid value: low must not be above high']);
    expect(told({ size: 61, mode: 'Small' })).toEqual(['spec.mode: Invalid value: size 61 needs mode Big']);
  });

  it('runs transition rules only where there is an old value, matching list items by key', () => {
    expect(told({ owner: 'b' }, { owner: 'a' })).toEqual([
      'spec.owner: Invalid value: "b": owner cannot be changed',
    ]);
    expect(told({ owner: 'b' }, {})).toEqual([]);
    const ports = (a: number, b: number) => ({
      ports: [
        { name: 'b', number: b },
        { name: 'a', number: a },
      ],
    });
    const old = {
      ports: [
        { name: 'a', number: 5 },
        { name: 'b', number: 1 },
      ],
    };
    expect(told(ports(5, 1), old)).toEqual([]);
    expect(told(ports(4, 2), old)).toEqual([
      'spec.ports[1].number: Invalid value: 4: a port number may only grow',
    ]);
  });

  it('forgives on update what was wrong before and has not changed', () => {
    expect(told({ size: 99, mode: 'Big', note: 'x' }, { size: 99, mode: 'Big' })).toEqual([]);
    expect(told({ size: 98, mode: 'Big' }, { size: 99, mode: 'Big' })).toHaveLength(1);
    expect(told({ low: 2, high: 1 }, { low: 2, high: 1 })).toEqual([]);
    expect(told({ low: 3, high: 1 }, { low: 2, high: 1 })).toHaveLength(1);
  });

  it('fills in defaults where a value is missing or a forbidden null, and drops other forbidden nulls', () => {
    const object = widget('a', { mode: null, low: null, note: null, gate: {} });
    kind.applyDefaults(object);
    expect(object).toMatchObject({ spec: { mode: 'Small', note: null, gate: { open: false } } });
    expect(object).not.toHaveProperty('spec.low');
  });

  it('prunes what it does not know and says where it was', () => {
    const object = widget('a', {
      sizee: 1,
      ports: [{ name: 'a', x: 1 }],
      free: { any: 1 },
      labels: { a: 'b' },
    });
    expect(kind.prune(object)).toEqual(['spec.sizee', 'spec.ports[0].x']);
    expect(object).toEqual(widget('a', { ports: [{ name: 'a' }], free: { any: 1 }, labels: { a: 'b' } }));
  });

  it.each([
    ['self.sise > 1', 'No such key: sise'],
    ["self.size > 'a'", 'no such overload'],
    ['self.size +', 'spec'],
    ['self.size', 'gives int, and bool is needed'],
  ])('refuses a CRD with the rule %s, naming the field', (rule, because) => {
    const crd = structuredClone(widgetCrd) as {
      spec: { versions: { schema: { openAPIV3Schema: unknown } }[] };
    };
    const schema = crd.spec.versions[0]!.schema.openAPIV3Schema as {
      properties: { spec: Record<string, unknown> };
    };
    schema.properties.spec['x-kubernetes-validations'] = [{ rule, message: 'x' }];
    expect(() => compileKind(crd)).toThrow('the CRD widgets.test.example cannot be served: spec: the rule');
    expect(() => compileKind(crd)).toThrow(because);
  });

  it('compiles every CRD of the project', () => {
    const folder = join(import.meta.dirname, '..', '..', 'crds');
    const documents = readdirSync(folder)
      .map((file) => parse(readFileSync(join(folder, file), 'utf8')))
      .filter((document) => document.kind === 'CustomResourceDefinition');
    expect(documents.map((document) => compileKind(document).kind).toSorted()).toEqual([
      'Host',
      'Pool',
      'RecoveryRequest',
      'VirtualServer',
    ]);
  });
});
