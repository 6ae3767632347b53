/** The example manifests, and those that the README has people apply, are accepted as they stand, with every field known. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { crds } from '../../src/api/generated/crds.ts';
import type { KubernetesObject } from '../../src/ports/kubernetes.ts';
import { createApiServer } from '../../src/standalone/serving/apiServer.ts';
import { openSqliteStore } from '../../src/standalone/storage/sqliteStore.ts';
import { createCountingRandom, createHandClock, quiet } from '../standalone/bench.ts';

type Manifest = KubernetesObject & {
  readonly spec?: {
    readonly poolRef?: { readonly name: string };
    readonly target?: { readonly hostRef: { readonly name: string } };
  };
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = join(root, 'manifests', 'examples');
const files = readdirSync(examples, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .toSorted((a, b) => a.localeCompare(b));

function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
}

const inExamples = files.flatMap((file) =>
  manifestsIn(readFileSync(join(examples, file), 'utf8')).map((manifest) => ({ file, manifest })),
);
const inReadme = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/<<'END'\n([\s\S]*?)END\n/g)]
  .flatMap((match) => manifestsIn(match[1] ?? ''))
  .map((manifest) => ({ file: 'README.md', manifest }));

const store = openSqliteStore({ path: ':memory:' });
const server = createApiServer({
  store,
  clock: createHandClock(),
  random: createCountingRandom(),
  log: quiet,
  crds,
  tokens: [{ token: 'person', user: { name: 'person', groups: ['system:masters'] } }],
});

beforeAll(async () => {
  await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tokyo' } });
});
afterAll(() => {
  server.close();
  store.close();
});

/** Status and message of the API server's answer. */
async function create(manifest: Manifest): Promise<string> {
  const namespace = manifest.metadata.namespace ?? 'default';
  const crd = crds.find((one) => one.spec.names.kind === manifest.kind);
  const path =
    manifest.kind === 'Namespace'
      ? '/api/v1/namespaces'
      : crd === undefined
        ? `/api/v1/namespaces/${namespace}/secrets`
        : `/apis/${manifest.apiVersion}/namespaces/${namespace}/${crd.spec.names.plural}`;
  const reply = await server.handle({
    method: 'POST',
    path: `${path}?fieldValidation=Strict`,
    headers: { authorization: 'Bearer person', 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(manifest)),
    signal: new AbortController().signal,
  });
  if (typeof reply === 'string') throw new Error(reply);
  return reply.status < 300 ? 'created' : String(reply.body);
}

test.each([...inExamples, ...inReadme])(
  '$file: $manifest.kind $manifest.metadata.name is accepted',
  async ({ manifest }) => {
    expect(await create(manifest)).toBe('created');
  },
);

test('a manifest with an unknown field would be noticed', async () => {
  const [pool] = inExamples.filter(({ manifest }) => manifest.kind === 'Pool');
  if (pool === undefined) expect.fail('the examples have no Pool');
  const { manifest } = pool;
  const wrong = { ...manifest, metadata: { name: 'wrong', namespace: 'tokyo' } };
  expect(await create({ ...wrong, spec: { ...manifest.spec, modus: 'Observe' } } as Manifest)).toContain(
    'unknown field \\"spec.modus\\"',
  );
});

test('what the examples name is among them: the Pool, the Host, each Secret', () => {
  const named = (kind: string): ReadonlySet<string> =>
    new Set(
      inExamples
        .filter(({ manifest }) => manifest.kind === kind)
        .map(({ manifest }) => manifest.metadata.name),
    );
  for (const { file, manifest } of inExamples) {
    const { poolRef, target } = manifest.spec ?? {};
    if (poolRef !== undefined) expect(named('Pool'), file).toContain(poolRef.name);
    if (target !== undefined) expect(named('Host'), file).toContain(target.hostRef.name);
    for (const [, name] of JSON.stringify(manifest).matchAll(/"credentialsSecretRef":\{"name":"([^"]+)"/g)) {
      expect(named('Secret'), file).toContain(name);
    }
  }
});

test('no example that is meant to be applied as a whole acts, and its Pool only observes', () => {
  const declared = inExamples.filter(({ file }) => file.includes('/declarations/'));
  expect(declared.map(({ manifest }) => manifest.kind)).not.toContain('RecoveryRequest');
  const pools = declared.filter(({ manifest }) => manifest.kind === 'Pool');
  expect(pools.map(({ manifest }) => manifest.spec)).toMatchObject([{ mode: 'Observe' }]);
});
