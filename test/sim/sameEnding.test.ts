/** The enumeration rests on this: what would not be told here, no fault could show. */
import { expect, test } from 'vitest';
import { asUsual } from '../scenes/releaseMember.ts';
import type { Scene } from '../scenes/scene.ts';
import type { Ending } from './ending.ts';
import { addedRepeats, expectSameEnding } from './sameEnding.ts';

const scene: Scene = {
  ...asUsual,
  ending: { ...asUsual.ending, repeats: ['a 1'] },
  mayRepeat: { acts: ['a 1', 'b 2'], atMost: 1 },
};

test('a repetition is told when the scene does not have it, and when there are more than it allows', () => {
  expect(addedRepeats(scene, [])).toEqual([]);
  expect(addedRepeats(scene, ['a 1'])).toEqual([]);
  expect(addedRepeats(scene, ['a 1', 'a 1'])).toEqual([]);
  expect(addedRepeats(scene, ['b 2', 'a 1'])).toEqual([]);
  expect(addedRepeats(scene, ['a 1', 'a 1', 'a 1'])).toEqual(['a 1']);
  expect(addedRepeats(scene, ['a 1', 'a 1', 'b 2'])).toEqual(['b 2']);
  expect(addedRepeats(scene, ['a 1', 'c 3'])).toEqual(['c 3']);
  expect(addedRepeats(asUsual, ['a 1'])).toEqual(['a 1']);
});

const others: Readonly<Partial<Ending>>[] = [
  { phase: 'Failed' },
  { results: {} },
  { running: { ...scene.ending.running, 'db-01': 2 } },
  { harm: scene.ending.harm.slice(1) },
  { harm: [...scene.ending.harm, 'start db-01'] },
  { repeats: ['c 3'] },
  { violations: ['One disk was written by two.'] },
];

test.each(others)('an ending that differs in %j is not the same', (other) => {
  expectSameEnding(scene, { struck: true, ending: scene.ending });
  expect(() => expectSameEnding(scene, { struck: true, ending: { ...scene.ending, ...other } })).toThrow();
});

test('a fault that met nothing proves nothing', () => {
  expect(() => expectSameEnding(scene, { struck: false, ending: scene.ending })).toThrow();
});
