import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ConditionNow, conditionsNow, isoMillis, isoSeconds } from '../../src/api/conditions.ts';

const silent: ConditionNow = {
  type: 'Ready',
  status: 'False',
  reason: 'Silent',
  message: 'It does not answer.',
};
const at = (nowWallMs: number) => ({ nowWallMs, generation: 3 });
const earlier = Date.UTC(2026, 0, 1);
const later = earlier + 60_000;

test('a condition that keeps its status keeps the time of its transition, whatever else it says', () => {
  const before = conditionsNow(undefined, [silent], at(earlier));
  const after = conditionsNow(
    before,
    [{ ...silent, reason: 'StillSilent', message: 'It is silent.' }],
    at(later),
  );
  expect(after[0]).toMatchObject({ reason: 'StillSilent', lastTransitionTime: isoSeconds(earlier) });
});

test('a condition that changes its status carries the time of the change', () => {
  const before = conditionsNow(undefined, [silent], at(earlier));
  const after = conditionsNow(before, [{ ...silent, status: 'True' }], at(later));
  expect(after[0]?.lastTransitionTime).toBe(isoSeconds(later));
});

test('a condition that nobody states any more is gone: they are computed from scratch', () => {
  const before = conditionsNow(undefined, [silent, { ...silent, type: 'Suspected' }], at(earlier));
  expect(conditionsNow(before, [silent], at(later)).map((one) => one.type)).toEqual(['Ready']);
});

test('every condition names the generation it was judged for', () => {
  expect(conditionsNow(undefined, [silent], at(earlier))[0]?.observedGeneration).toBe(3);
});

test('times are written as Kubernetes writes them, and read back as what they were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => {
      expect(Date.parse(isoMillis(ms))).toBe(ms);
      expect(Date.parse(isoSeconds(ms))).toBe(Math.floor(ms / 1000) * 1000);
      expect(isoSeconds(ms)).toMatch(/^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }),
  );
});
