/** Rules about ReleaseMember that its scenes cannot say. */
import { expect, test } from 'vitest';
import { effectsOf, runWithLabFault } from '../sim/faultedRun.ts';
import { cleanRun, type Point } from '../sim/points.ts';
import { createWorld } from '../sim/world.ts';
import { asUsual, cutOff, lostHost, requestName } from './releaseMember.ts';

test('in a larger pool a member that is cut off while its virtual machines write is fenced, released, and each recoverable one runs once', async () => {
  const world = createWorld();
  world.startOperator();
  await world.applyAndSettle();
  const lost = world.lab.document.virtualMachines.filter((machine) => machine.hostName === lostHost);
  cutOff(world);
  await world.request(requestName, lostHost);
  const ended = await world.until(
    async () => (await world.recovery(requestName))?.status?.phase === 'Succeeded',
  );

  expect(ended).toBe(true);
  const verdict = world.lab.verdict();
  expect(verdict.violations).toEqual([]);
  const local = new Set(['scratch-01', 'scratch-02']);
  const truth = new Map(verdict.virtualMachines.map((machine) => [machine.name, machine.runsOn]));
  expect(truth.size).toBe(26);
  for (const [name, runsOn] of truth) expect([name, runsOn.length]).toEqual([name, local.has(name) ? 0 : 1]);
  for (const machine of lost) expect(truth.get(machine.name)).not.toContain(lostHost);
  const started = lost.filter((machine) => !local.has(machine.name)).map((machine) => machine.name);
  expect(new Set(verdict.harmfulEffects.map((effect) => `${effect.kind} ${effect.target}`))).toEqual(
    new Set([`forceOff ${lostHost}`, `declareDead ${lostHost}`, ...started.map((name) => `start ${name}`)]),
  );
  expect(verdict.harmfulEffects.length).toBe(2 + started.length);
});

test.each(['released', 'kept'] as const)(
  'a host that fails to build a domain, its lock %s, is tried once more, elsewhere if it can be',
  async (lock) => {
    const effect = { kind: 'domainFails', lock } as const;
    const { ending, struck } = await runWithLabFault(asUsual, await firstStart(), effect);
    expect(struck).toBe(true);
    expect(ending.violations).toEqual([]);
    if (lock === 'released') expect(ending).toEqual(asUsual.ending);
  },
);

async function firstStart(): Promise<Point> {
  const { acts, points } = await cleanRun(asUsual);
  const point = effectsOf(points)[acts.indexOf('start')];
  if (point === undefined) throw new Error('nothing is started');
  return point;
}
