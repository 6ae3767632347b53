import { expect, test } from 'vitest';
import { runNaiveRecovery } from '../../src/lab/naiveScript.ts';
import { createSimulatedLab } from './simulatedLab.ts';

test('a script that trusts the pool corrupts every shared disk of a host that is only cut off', async () => {
  const world = createSimulatedLab();
  const { document, steer } = world.lab;
  const sentences: string[] = [];
  await world.run(async () => {
    steer.partition('host-2', 'everyone', 'management');
    const outcome = await runNaiveRecovery({
      ...world,
      document,
      hostUUID: world.member('host-2').hostUUID,
      say: (sentence) => sentences.push(sentence),
    });
    expect(outcome.declaredDead).toBe(true);
    await world.wait(5_000);
  });
  const corrupted = world.lab.verdict().violations.filter((each) => each.kind === 'diskWrittenByTwoDomains');
  const residents = document.virtualMachines.filter((each) => each.hostName === 'host-2');
  expect(corrupted.map((each) => each.disk).sort()).toEqual(residents.map((each) => each.diskUUID).sort());
  for (const each of corrupted) expect(each.hosts[0]).toBe('host-2');
  for (const each of corrupted) expect(each.sentence).toContain(new Date(each.at).toISOString());
  expect(sentences).toContain('the pool agrees: it has declared the host dead and removed its storage locks');
});
