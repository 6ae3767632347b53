import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { certificateLastsMs, offReadingsApartMs } from '../../src/domain/fence/certificate.ts';
import { oldestMs } from '../../src/domain/xapi/ages.ts';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join(docs, name));

test.each(pages.map((path) => [path.slice(docs.length + 1), path] as const))(
  '%s links only to what is there',
  (_name, path) => {
    for (const link of brokenLinks(readFileSync(path, 'utf8'), path)) expect.fail(`broken link: ${link}`);
  },
);

test('a broken link would be noticed', () => {
  expect(brokenLinks('[a](nowhere.md) [b](https://example.org)', join(docs, 'concepts.md'))).toEqual([
    'nowhere.md',
  ]);
});

test('the decisions are numbered without a gap, each with the number in its heading', () => {
  const names = readdirSync(join(docs, 'decisions')).toSorted((a, b) => a.localeCompare(b));
  for (const [index, name] of names.entries()) {
    const number = String(index + 1).padStart(4, '0');
    expect(name.slice(0, 5)).toBe(`${number}-`);
    expect(readFileSync(join(docs, 'decisions', name), 'utf8')).toMatch(new RegExp(`^# ${number}\\. .+\n`));
  }
});

test('the pages give the bounds that the code has', () => {
  const decision = wordsOf('decisions/0006-facts-carry-time.md');
  for (const words of [
    `power and silence of the fenced member ${seconds(oldestMs.powerAtEffect)}`,
    `record, locks and place of what is started ${seconds(oldestMs.start)}`,
    `the other members ${seconds(oldestMs.otherMembers)}`,
    `the pool's database ${seconds(oldestMs.poolBelief)}`,
    `the master's contact with the member ${seconds(oldestMs.masterContact)}`,
  ]) {
    expect(decision).toContain(words);
  }
  expect(oldestMs.silenceAtEffect).toBe(oldestMs.powerAtEffect);
  expect(oldestMs.locks).toBe(oldestMs.start);
  const concepts = wordsOf('concepts.md');
  for (const words of [
    `within the last ${seconds(oldestMs.powerAtEffect)} the machine's own power controller said`,
    `within the last ${seconds(oldestMs.masterContact)} the pool master could not reach it`,
    `at least ${seconds(offReadingsApartMs)} apart`,
    `It ends after ${certificateLastsMs / 60_000} minutes`,
  ]) {
    expect(concepts).toContain(words);
  }
});

function wordsOf(name: string): string {
  return readFileSync(join(docs, name), 'utf8').replaceAll(/\s*\n(> )?/g, ' ');
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

function brokenLinks(text: string, path: string): readonly string[] {
  return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !link.includes('://') && !existsSync(join(dirname(path), link)));
}
