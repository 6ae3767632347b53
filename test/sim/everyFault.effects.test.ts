/**
 * Every harmful effect of a clean run, each with every fault that a wire, a process or a liar can add to it. What the
 * pool and the machines are asked for must take place once, whatever is lost, and everything must come to the same end.
 * One is repeated with `npx vitest run test/sim/everyFault.effects.test.ts -t 'TITLE'`: each run is the same to the byte.
 */
import { expect, test } from 'vitest';
import type { FaultEffect } from '../../src/lab/lab.ts';
import { effectsOf, faultKinds, runWithFault, runWithLabFault } from './faultedRun.ts';
import { cleanRun, hookAlwaysFails } from './release.ts';

const reset = 'POST /redfish/v1/Systems/1/Actions/ComputerSystem.Reset';
const declareDead = 'XAPI Async.host.declare_dead';
const removeLock = 'XAPI VDI.remove_from_sm_config';
const start = 'XAPI Async.VM.start_on';

const clean = await cleanRun();
const effects = effectsOf(clean.points);
const cleanByHand = await cleanRun(hookAlwaysFails);
const effectsByHand = effectsOf(cleanByHand.points);

test('a clean run cuts the power, declares the member dead and starts what it carried, each once', () => {
  expect(effects.map((point) => point.label)).toEqual([reset, declareDead, start, start]);
  expect(clean.ending).toMatchObject({ phase: 'Succeeded', repeats: [], violations: [] });
  expect(clean.ending.harm).toEqual([
    'declareDead host-3',
    'forceOff host-3',
    'start app-01',
    'start web-02',
  ]);
});

test('a run whose unlocking hook never works asks twice, then removes each lock by itself', () => {
  expect(effectsByHand.map((point) => point.label)).toEqual([
    reset,
    declareDead,
    declareDead,
    removeLock,
    removeLock,
    start,
    start,
  ]);
  expect(cleanByHand.ending).toMatchObject({ phase: 'Succeeded', violations: [] });
  expect(cleanByHand.ending.results).toEqual(clean.ending.results);
  expect(cleanByHand.ending.running).toEqual(clean.ending.running);
});

for (const point of effects) {
  test.each(faultKinds)(`${point.key}: %s changes nothing about the end`, async (kind) => {
    const { ending, struck } = await runWithFault(point, kind);
    expect(struck).toBe(true);
    expect(ending).toEqual(clean.ending);
  });
}

for (const point of effectsByHand.filter(({ label }) => label === declareDead || label === removeLock)) {
  test.each(faultKinds)(`locks by hand, ${point.key}: %s changes nothing about the end`, async (kind) => {
    const { ending, struck } = await runWithFault(point, kind, hookAlwaysFails);
    expect(struck).toBe(true);
    // Asking a pool again that has nothing left to release does nothing; how often it is asked is limited.
    const { repeats, ...rest } = ending;
    const { repeats: cleanRepeats, ...cleanRest } = cleanByHand.ending;
    expect(rest).toEqual(cleanRest);
    expect(repeats.length).toBeLessThanOrEqual(cleanRepeats.length + 1);
  });
}

const taskFaults: readonly FaultEffect[] = [
  { kind: 'slow', delayMs: 90_000 },
  { kind: 'lostReply' },
  { kind: 'refused' },
  { kind: 'saysFailed', code: 'INTERNAL_ERROR' },
  { kind: 'saysDone' },
  { kind: 'hang' },
  { kind: 'html' },
  { kind: 'truncated' },
];
const calls = effects.map(({ label }, index) => {
  const method = label === reset ? 'redfish.reset' : label.slice('XAPI Async.'.length);
  return { method, nth: effects.slice(0, index).filter((each) => each.label === label).length + 1 };
});

for (const { method, nth } of calls) {
  test.each(taskFaults)(
    `${method} number ${nth}: the pool's $kind changes nothing about the end`,
    async (effect) => {
      const { ending, struck } = await runWithLabFault({ method, nth, effect });
      expect(struck).toBe(true);
      expect(ending).toEqual(clean.ending);
    },
  );
}

test.each(['released', 'kept'] as const)(
  'a host that fails to build a domain, its lock %s, is tried once more, elsewhere if it can be',
  async (lock) => {
    const { ending, struck } = await runWithLabFault({
      method: 'VM.start_on',
      nth: 1,
      effect: { kind: 'domainFails', lock },
    });
    expect(struck).toBe(true);
    expect(ending.violations).toEqual([]);
    if (lock === 'released') expect(ending).toEqual(clean.ending);
  },
);
