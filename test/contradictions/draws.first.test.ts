/** Half of the 500 drawn histories that every run of the tests plays; `npm run simulate` plays more. */
import { expect, test } from 'vitest';
import { drawsPerFile, playDraws } from './draws.ts';
import { newTally } from './tally.ts';

const firstSeed = 1;
const perTest = 25;
const tally = newTally();
const batches = Array.from({ length: drawsPerFile / perTest }, (_, index) => firstSeed + index * perTest);

test.each(batches)(
  'in the histories from seed %d on nothing is corrupted, nobody is left unnamed, and everything comes to rest',
  async (seed) => {
    expect(await playDraws(seed, perTest, tally)).toEqual([]);
  },
  600_000,
);

test('in a good share of them the operator acts, so that the rule above is about something', () => {
  expect(tally.draws).toBe(drawsPerFile);
  expect(tally.acted).toBeGreaterThan(drawsPerFile / 3);
});
