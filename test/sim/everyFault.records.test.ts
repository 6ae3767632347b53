/**
 * Every write of the recovery's own record, the journal that effects wait for, each with every fault. One is repeated with
 * `npx vitest run test/sim/everyFault.records.test.ts -t 'TITLE'`: each run is the same to the byte.
 */
import { expect, test } from 'vitest';
import { runWithFault, writeFaultKinds } from './faultedRun.ts';
import { cleanRun } from './release.ts';

const clean = await cleanRun();
const records = clean.points.filter((point) => point.kind === 'record');

test('a clean run writes its record before each wave of effects', () => {
  expect(records.length).toBeGreaterThan(clean.points.filter((point) => point.kind === 'effect').length);
  expect(records.length).toBeLessThan(30);
});

for (const point of records) {
  test.each(writeFaultKinds)(`record #${point.nth}: %s changes nothing about the end`, async (kind) => {
    const { ending, struck } = await runWithFault(point, kind);
    expect(struck).toBe(true);
    expect(ending).toEqual(clean.ending);
  });
}
