/** The tools around a draw, without a world. */
import { expect, test } from 'vitest';
import { draw, everything } from './draw.ts';
import type { History } from './history.ts';
import type { Failure } from './play.ts';
import { historyOf, wordOf } from './replay.ts';
import { shrink } from './shrink.ts';

const failure: Failure = { kind: 'corruption', sort: 'it', sentence: 'it went wrong' };

/** A world in which it goes wrong whenever somebody asks and the network is cut. */
async function fails(history: History): Promise<readonly Failure[]> {
  const done = new Set<string>(history.events.map((event) => event.do));
  return done.has('request') && done.has('cut') ? [failure] : [];
}

test('one seed draws one history, and another seed another one', () => {
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test('what one kind of contradiction draws changes nothing in the others', () => {
  const without = draw(7, { ...everything, clocks: 0 });
  const only = draw(7, { ...everything, clocks: 1 });
  const isOfClocks = (event: History['events'][number]): boolean => event.do === 'clock';
  expect(only.events.some(isOfClocks)).toBe(true);
  expect(only.events.filter((event) => !isOfClocks(event))).toEqual(without.events);
});

test('a history survives the command line', () => {
  expect(historyOf(wordOf(draw(11)))).toEqual(draw(11));
  expect(() => historyOf('nonsense')).toThrow(/is not a history/);
});

test('a failing history keeps nothing that it fails without', async () => {
  const seeds = Array.from({ length: 40 }, (_, index) => index + 1);
  const failing = [];
  for (const seed of seeds) if ((await fails(draw(seed))).length > 0) failing.push(seed);
  expect(failing.length).toBeGreaterThan(10);
  for (const seed of failing) {
    const small = await shrink(draw(seed), failure.sort, fails);
    expect(small.events.map((event) => event.do).toSorted()).toEqual(['cut', 'request']);
    expect(small).toMatchObject({ hosts: [], machines: [], servers: {}, version: '8.3' });
  }
});
