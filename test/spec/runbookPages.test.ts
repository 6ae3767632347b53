/** The runbook is the code: the pages for people have the same steps, the same guards and manifests that are accepted. */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { crds } from '../../src/api/generated/crds.ts';
import { procedures } from '../../src/domain/procedures/procedures.ts';
import type { Procedure } from '../../src/domain/xapi/form.ts';

const domain = new URL('../../src/domain/', import.meta.url);
const guardFolder = new URL('guards/', domain);
const guardFiles = readdirSync(guardFolder).map((name) => readFileSync(new URL(name, guardFolder), 'utf8'));

const runbooks = new URL('../../docs/runbooks/', import.meta.url);

function page(name: string): string {
  return readFileSync(new URL(name, runbooks), 'utf8');
}

/** The sentence that stands above the guard in the code: what it proves. */
function firstSentenceOf(guard: string): string {
  const code = guardFiles.find((text) => text.includes(`export const ${guard}:`)) ?? '';
  const before = code.slice(0, code.indexOf(`export const ${guard}:`));
  const comment = before.slice(before.lastIndexOf('/**') + 3, before.lastIndexOf('*/'));
  const text = comment.replaceAll(/\n \*/g, ' ').replaceAll(/\s+/g, ' ').trim();
  return `${text.split(/\.(?: |$)/)[0]}.`;
}

/** ReleaseMember has the pages release-member.md and release-member.ja.md. */
function pagesOf({ name }: Procedure): { readonly english: string; readonly japanese: string } {
  const file = name.replaceAll(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  return { english: page(`${file}.md`), japanese: page(`${file}.ja.md`) };
}

test('every page is that of a procedure', () => {
  const pages = readdirSync(runbooks).filter((name) => name.endsWith('.md'));
  expect(pages).toHaveLength(2 * procedures.length);
});

describe.each(procedures.map((procedure) => [procedure.name, procedure] as const))(
  '%s',
  (_name, procedure) => {
    const titles = procedure.steps.map((step) => step.title);
    const guards = [...new Set(procedure.steps.flatMap((step) => step.guards.map((guard) => guard.name)))];
    const { english, japanese } = pagesOf(procedure);

    test('the English page has a heading for each step, with exactly its title, in order', () => {
      const headings = [...english.matchAll(/^### (\d+)\. (.+)$/gm)].map((match) => [
        Number(match[1]),
        match[2],
      ]);
      expect(headings).toEqual(titles.map((title, index) => [index + 1, title]));
    });

    test('the Japanese page has a heading for each step, with the English title under it, in order', () => {
      const headings = [...japanese.matchAll(/^### 手順 (\d+): .+\n\n> (.+)$/gm)].map((match) => [
        Number(match[1]),
        match[2],
      ]);
      expect(headings).toEqual(titles.map((title, index) => [index + 1, title]));
      expect([...japanese.matchAll(/^### /gm)]).toHaveLength(titles.length);
    });

    test.each(guards)('both pages name the guard %s, the English one in the words of the code', (guard) => {
      expect(english).toContain(`| \`${guard}\` | ${firstSentenceOf(guard)}`);
      expect(japanese).toContain(`| \`${guard}\` | `);
    });

    test('neither page names a guard that no step asks', () => {
      for (const text of [english, japanese]) {
        const named = [...text.matchAll(/^\| `([a-zA-Z]+)` \|/gm)].map((match) => match[1]);
        expect(new Set(named)).toEqual(new Set(guards));
        expect(named).toHaveLength(guards.length);
      }
    });

    describe.each([
      ['English', english],
      ['Japanese', japanese],
    ])('the %s page', (_language, text) => {
      const manifests = [...text.matchAll(/```yaml\n([^`]+)```/g)].map(
        (match) => parse(match[1] ?? '') as { readonly kind: string },
      );

      test('shows a plan, an execution and a statement, each as the API server accepts it', () => {
        expect(manifests).toHaveLength(3);
        for (const manifest of manifests) expect(mistakesOf(manifest)).toEqual([]);
      });
      test('quotes only sentences that the code says', () => {
        const said = sourceText();
        for (const [, quoted = ''] of text.matchAll(/^\| "([^"]+)" \|/gm)) {
          for (const part of quoted.split(/…|\d+/)) {
            const words = part.replaceAll(/^[\s,.]+|[\s,.]+$/g, '');
            expect(said.includes(words), `no sentence of src/domain has: ${words}`).toBe(true);
          }
        }
      });
    });
  },
);

test('a manifest with a wrong field would be noticed', () => {
  const wrong = {
    apiVersion: 'kintsugi.dev/v1alpha1',
    kind: 'RecoveryRequest',
    spec: { procedure: 'ReleaseMember', target: { host: 'a' } },
  };
  expect(mistakesOf(wrong).length).toBeGreaterThan(0);
});

function mistakesOf(manifest: { readonly kind: string }): readonly string[] {
  const crd = crds.find((one) => one.spec.names.kind === manifest.kind);
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const check = ajv.compile(closed(crd?.spec.versions[0].schema.openAPIV3Schema) as object);
  check(manifest);
  return (check.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** The server prunes unknown fields with a warning; on a page for people they are mistakes. */
function closed(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema), (_key, value) =>
    value !== null && typeof value === 'object' && 'properties' in value && value.type === 'object'
      ? { ...value, additionalProperties: false }
      : value,
  );
}

/** What src/domain can say, without the marks that make its sentences code. */
function sourceText(): string {
  return readdirSync(domain, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(new URL(name, domain), 'utf8'))
    .join('\n')
    .replaceAll(/\$\{[^}]*\}/g, '…')
    .replaceAll('…', ' … ')
    .replaceAll(/\s+/g, ' ');
}
