import { expect, test } from 'vitest';
import { createWorld } from './world.ts';

test('a member that is cut off while its virtual machines write is fenced, released, and each recoverable one runs once', async () => {
  const world = createWorld();
  world.startOperator();
  await world.applyAndSettle();
  const lost = world.lab.document.virtualMachines.filter((machine) => machine.hostName === 'host-3');
  world.lab.steer.partition('host-3', 'everyone', 'management');
  await world.request('release-3', 'host-3');
  const ended = await world.until(
    async () => (await world.recovery('release-3'))?.status?.phase === 'Succeeded',
  );

  expect(ended).toBe(true);
  const verdict = world.lab.verdict();
  expect(verdict.violations).toEqual([]);
  const local = new Set(['scratch-01', 'scratch-02']);
  const truth = new Map(verdict.virtualMachines.map((machine) => [machine.name, machine.runsOn]));
  expect(truth.size).toBe(26);
  for (const [name, runsOn] of truth) expect([name, runsOn.length]).toEqual([name, local.has(name) ? 0 : 1]);
  for (const machine of lost) expect(truth.get(machine.name)).not.toContain('host-3');
  const started = lost.filter((machine) => !local.has(machine.name)).map((machine) => machine.name);
  expect(new Set(verdict.harmfulEffects.map((effect) => `${effect.kind} ${effect.target}`))).toEqual(
    new Set(['forceOff host-3', 'declareDead host-3', ...started.map((name) => `start ${name}`)]),
  );
  expect(verdict.harmfulEffects.length).toBe(2 + started.length);
});
