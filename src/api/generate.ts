/**
 * Writes src/api/generated from crds/: TypeScript types of the four kinds, and the CRDs themselves as a module (for the
 * embedded API server and the validators, which then need no file at run time). Run by `npm run generate`;
 * test/spec/generated.test.ts fails when the result is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';

const files = ['pools', 'hosts', 'virtualservers', 'recoveryrequests'] as const;
const here = new URL('.', import.meta.url);

interface CrdFile {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: JSONSchema } }];
  };
}

/** File name → content, for the two generated files. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  const crds = files.map(
    (name) => parse(readFileSync(new URL(`../../crds/${name}.yaml`, here), 'utf8')) as CrdFile,
  );
  const types: string[] = [];
  for (const crd of crds) types.push(await typesOf(crd));
  const header = '// Generated from crds/ by "npm run generate". Do not edit.\n';
  return new Map([
    [
      'types.ts',
      `${header}import type { ObjectMeta } from '../../ports/kubernetes.ts';\n\n${types.join('\n')}`,
    ],
    ['crds.ts', `${header}export const crds = ${JSON.stringify(crds, null, 1)} as const;\n`],
  ]);
}

async function typesOf(crd: CrdFile): Promise<string> {
  const kind = crd.spec.names.kind;
  const schema = closed(crd.spec.versions[0].schema.openAPIV3Schema);
  const text = await compile({ ...schema, title: kind }, kind, {
    bannerComment: '',
    format: false,
    ignoreMinAndMaxItems: true,
    additionalProperties: false,
  });
  return text
    .replace(/^(\s*)([A-Za-z]\w*\??): ?/gm, '$1readonly $2: ')
    .replace(/^(\s*)(\/\*\*[^\n]*\n)/gm, '$1$2')
    .replace('readonly apiVersion?: string', "readonly apiVersion: 'kintsugi.dev/v1alpha1'")
    .replace('readonly kind?: string', `readonly kind: '${kind}'`)
    .replace(/readonly metadata\?: \{\s*\}/, 'readonly metadata: ObjectMeta')
    .replace(/^export interface/m, 'export interface')
    .replaceAll(/: (\{[^{}]*\}|[A-Za-z0-9"| ()]+)\[\]/g, ': readonly ($1)[]')
    .replaceAll(/\}\[\]/g, '}[]');
}

/** `properties: {}` would become an open index signature; an empty object is what is meant. */
function closed(schema: JSONSchema): JSONSchema {
  return JSON.parse(
    JSON.stringify(schema, (key, value) => (key.startsWith('x-kubernetes') ? undefined : value)),
  );
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [name, content] of await generate()) writeFileSync(new URL(`generated/${name}`, here), content);
}
