/** Older versions of a map go on reading as they were, however they are read. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type VersionedMap, versionedMap } from '../../src/runtime/versionedMap.ts';

const change = fc.array(
  fc.tuple(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
  ),
  { maxLength: 3 },
);

test('every version reads as it was, in whatever order they are asked', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), fc.infiniteStream(fc.boolean()), (changes, asWhole) => {
      const versions: { map: VersionedMap<number>; shadow: ReadonlyMap<string, number> }[] = [
        { map: versionedMap(new Map([['a', 1]])), shadow: new Map([['a', 1]]) },
      ];
      for (const entries of changes) {
        const last = versions.at(-1);
        if (last === undefined) throw new Error('there is a first version');
        const shadow = new Map(last.shadow);
        for (const [key, value] of entries) {
          if (value === undefined) shadow.delete(key);
          else shadow.set(key, value);
        }
        versions.push({ map: last.map.with(new Map(entries)), shadow });
      }
      for (const { map, shadow } of versions) {
        for (const key of ['a', 'b', 'c', 'd']) expect(map.get(key)).toBe(shadow.get(key));
        expect(map.size).toBe(shadow.size);
        if (asWhole.next().value) expect(new Map(map)).toEqual(new Map(shadow));
      }
      for (const { map, shadow } of versions)
        expect([...map.values()].toSorted((one, other) => one - other)).toEqual(
          [...shadow.values()].toSorted((one, other) => one - other),
        );
    }),
  );
});

test('two versions that were made of the same older one know nothing of each other', () => {
  const first = versionedMap(new Map([['a', 1]]));
  const second = first.with(new Map([['a', 2]]));
  const other = first.with(new Map([['b', 3]]));
  expect([...second]).toEqual([['a', 2]]);
  expect([...other]).toEqual([
    ['a', 1],
    ['b', 3],
  ]);
  expect([...first]).toEqual([['a', 1]]);
});
