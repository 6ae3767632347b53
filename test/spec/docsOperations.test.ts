/** The page for those who operate it leaves out no guard, phase, state or condition, and names none that is not there. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { crds } from '../../src/api/generated/crds.ts';
import { procedures } from '../../src/domain/procedures/procedures.ts';
import { machineStates } from '../../src/domain/xapi/facts.ts';

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/** First column of the table under a heading. */
function rowsUnder(heading: string): readonly string[] {
  const from = page.indexOf(`${heading}\n`);
  expect(from, `the page has no heading ${heading}`).toBeGreaterThanOrEqual(0);
  const section = page.slice(from + heading.length).split(/^#/m)[0] ?? '';
  return [...section.matchAll(/^\| `([A-Za-z]+)` \|/gm)].map((match) => match[1] ?? '');
}

function enumAt(kind: string, ...path: readonly string[]): readonly string[] {
  const crd = crds.find((one) => one.spec.names.kind === kind);
  let at: unknown = crd?.spec.versions[0].schema.openAPIV3Schema;
  for (const step of path) at = (at as Readonly<Record<string, unknown>>)[step];
  return at as readonly string[];
}

test('every guard of every step has a line that says what to do, and no other', () => {
  const guards = new Set(
    procedures.flatMap(({ steps }) => steps.flatMap((step) => step.guards.map((guard) => guard.name))),
  );
  const rows = rowsUnder('## When it waits: guard by guard');
  expect(new Set(rows)).toEqual(guards);
  expect(rows).toHaveLength(guards.size);
});

test('every phase is explained, in the order of the kind', () => {
  const status = ['properties', 'status', 'properties'];
  expect(rowsUnder('### Phases')).toEqual(enumAt('RecoveryRequest', ...status, 'phase', 'enum'));
});

test('every state of a virtual machine is explained', () => {
  expect(rowsUnder('### Virtual machines')).toEqual([...machineStates]);
});

test('every condition that a controller writes is explained, and no other', () => {
  const folder = new URL('../../src/controllers/', import.meta.url);
  const code = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
  const written = new Set(
    [...code.matchAll(/is(?:True|False|Unknown)\(\s*'([A-Za-z]+)'/g)].map((match) => match[1] ?? ''),
  );
  // Parts of Ready, which are not shown by themselves.
  for (const part of ['Members', 'Enabled', 'Storage']) written.delete(part);
  const section = page.slice(page.indexOf('### Conditions'), page.indexOf('## When it waits'));
  const explained = new Set(
    [...section.matchAll(/^\| [A-Za-z, ]+ \| `([A-Za-z]+)` \|/gm)].map((match) => match[1]),
  );
  expect(explained).toEqual(written);
});

test('the metrics that the page names are the ones that are served', () => {
  const code = readFileSync(new URL('../../src/commandLine/health.ts', import.meta.url), 'utf8');
  const served = new Set([...code.matchAll(/# TYPE (kintsugi_\w+)/g)].map((match) => match[1]));
  const named = new Set([...page.matchAll(/`(kintsugi_\w+)`/g)].map((match) => match[1]));
  expect(named).toEqual(served);
});
