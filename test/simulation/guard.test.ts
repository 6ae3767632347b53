import { execFile } from 'node:child_process';
import { createHash, subtle } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync, gzip, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createSimulation } from '../../src/simulation/simulation.ts';

async function runAlone(program: () => Promise<void>): Promise<void> {
  const simulation = createSimulation({ seed: 1 });
  simulation.start(simulation.spawnOwner('operator'), program);
  await simulation.run(10);
}

const offenders: readonly (readonly [string, string, () => Promise<unknown>])[] = [
  ['a real timer', 'Timeout', () => new Promise((resolve) => setTimeout(resolve, 1))],
  ['a timeout signal', 'Timeout', async () => AbortSignal.timeout(1)],
  ['a file read by a thread', 'FSREQCALLBACK', () => readFile(import.meta.filename)],
  ['compression in a thread', 'ZLIB', () => promisify(gzip)('text')],
  ['a digest in a thread', 'HASHREQUEST', () => subtle.digest('SHA-256', new Uint8Array(1))],
];

for (const [title, type, use] of offenders) {
  test(`names ${title}, who used it and where`, async () => {
    const work = runAlone(async () => {
      await use().catch(() => {});
    });
    await expect(work).rejects.toThrow(new RegExp(`operator used ${type}.*guard\\.test\\.ts`));
  });
}

test('sees what was used after many awaits', async () => {
  const work = runAlone(async () => {
    for (let turn = 0; turn < 100; turn++) await undefined;
    setTimeout(() => {}, 0);
  });
  await expect(work).rejects.toThrow(/operator used Timeout/);
});

test('lets synchronous work pass: compression, digests, files, SQLite', async () => {
  await runAlone(async () => {
    gunzipSync(gzipSync('text'));
    createHash('sha256').update('text').digest('hex');
    readFileSync(import.meta.filename);
    const database = new DatabaseSync(':memory:');
    database.exec('create table t (a integer) strict; insert into t values (1)');
    database.close();
    await new Promise((resolve) => setImmediate(resolve));
  });
});

test('lets a program print, to a pipe and outside the test runner as well', async () => {
  const program = fileURLToPath(new URL('./printFromInside.ts', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program]);
  expect([stdout, stderr]).toEqual(['to standard output\n', 'to standard error\n']);
});

test("does not take the test runner's own timers for the program's", async () => {
  const outside = setTimeout(() => {}, 1);
  await runAlone(async () => {});
  clearTimeout(outside);
});
