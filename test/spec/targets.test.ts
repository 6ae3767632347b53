/** What a request may name: the kind has exactly the procedures that there are, and demands the target that each is about. */
import { expect, test } from 'vitest';
import { crds } from '../../src/api/generated/crds.ts';
import type { TargetKind } from '../../src/domain/kernel/procedure.ts';
import { procedures } from '../../src/domain/procedures/procedures.ts';

const fieldOf: Readonly<Record<TargetKind, string>> = {
  Host: 'hostRef',
  Pool: 'poolRef',
  VirtualServer: 'virtualServerRef',
  StorageRepository: 'storageRepository',
};

interface Schema {
  readonly enum?: readonly string[];
  readonly properties: Readonly<Record<string, Schema>>;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

const kind = crds.find((crd) => crd.spec.names.kind === 'RecoveryRequest');
const schema = kind?.spec.versions[0].schema.openAPIV3Schema as unknown as Schema;
const spec = schema.properties['spec'] as Schema;

test('a request may name every procedure, and no other', () => {
  expect(spec.properties['procedure']?.enum).toEqual(procedures.map(({ name }) => name));
});

test.each(procedures.map(({ name, target }) => [name, target] as const))(
  'a request for %s has to name a %s, and is told which field that is',
  (name, target) => {
    const field = fieldOf[target];
    const found = spec['x-kubernetes-validations']?.find(({ rule }) => rule.includes(`'${name}'`));
    expect(found?.rule).toBe(`self.procedure != '${name}' || has(self.target.${field})`);
    expect(found?.message).toContain(`target.${field} is missing; ${name} is about a ${target}`);
  },
);

test('the target has a field for every kind of thing that a procedure can be about', () => {
  expect(Object.keys(spec.properties['target']?.properties ?? {})).toEqual(Object.values(fieldOf));
});
