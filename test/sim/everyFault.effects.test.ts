/**
 * Every harmful effect of a clean run, each with every fault that a wire, a process or a liar can add to it. What the
 * pool and the machines are asked for must take place once, whatever is lost, and everything must come to the same end.
 */
import { expect, test } from 'vitest';
import { faultKinds, runWithFault } from './faultedRun.ts';
import { cleanRun } from './release.ts';

const clean = await cleanRun();
const effects = clean.points.filter((point) => point.kind === 'effect');

test('a clean run has the effects of a release, and ends with every virtual machine where it should be', () => {
  expect(effects.map((point) => point.label)).toEqual([
    'POST /redfish/v1/Systems/1/Actions/ComputerSystem.Reset',
    'XAPI Async.host.declare_dead',
    'XAPI Async.VM.start_on',
    'XAPI Async.VM.start_on',
  ]);
  expect(clean.ending).toMatchObject({ phase: 'Succeeded', repeats: [], violations: [] });
});

for (const point of effects) {
  test.each(faultKinds)(`${point.key}: %s changes nothing about the end`, async (kind) => {
    const { ending, struck } = await runWithFault(point, kind);
    expect(struck).toBe(true);
    expect({ ...ending, repeats: [] }).toEqual(clean.ending);
    expect(ending.repeats).toEqual([]);
  });
}
