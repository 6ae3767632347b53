import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { keyedStream, keyedUniform } from '../../src/simulation/random.ts';
import { runScenario } from './scenario.ts';

test('one seed has one history, to the byte, and another seed another one', async () => {
  const histories = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    const first = await runScenario(seed);
    expect(await runScenario(seed), `seed ${seed}`).toBe(first);
    histories.add(first);
  }
  expect(histories.size).toBe(100);
});

test('the history is the same in other processes, two at once, and with little memory', async () => {
  const seeds = Array.from({ length: 10 }, (_, seed) => String(seed));
  const here: string[] = [];
  for (const seed of seeds) here.push(await runScenario(Number(seed)));
  const program = fileURLToPath(new URL('./printScenario.ts', import.meta.url));
  const run = (...flags: string[]) => promisify(execFile)(process.execPath, [...flags, program, ...seeds]);
  const elsewhere = await Promise.all([run(), run('--max-semi-space-size=1')]);
  for (const { stdout } of elsewhere) expect(stdout.trim().split('\n')).toEqual(here);
});

test('one more draw from another stream changes nothing', async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await runScenario(seed, { extraDraws: 3 })).toBe(await runScenario(seed));
  }
});

test('named chance is spread evenly, and near names and seeds are far apart', () => {
  const draws = Array.from({ length: 20_000 }, (_, index) => keyedUniform(7, `GET /pods ${index}`));
  const stream = keyedStream(7, 'stream');
  for (const numbers of [draws, Array.from({ length: 20_000 }, stream.next)]) {
    const tenths = new Array<number>(10).fill(0);
    for (const number of numbers) tenths[Math.floor(number * 10)]!++;
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(200);
    expect(new Set(numbers).size).toBe(20_000);
  }
  const seeds = Array.from({ length: 20_000 }, (_, seed) => keyedUniform(seed, 'x'));
  expect(new Set(seeds).size).toBe(20_000);
  expect(Math.abs(seeds.reduce((sum, value) => sum + value, 0) / 20_000 - 0.5)).toBeLessThan(0.01);
});
