import { expect, test } from 'vitest';
import { createSimulatedLab } from './simulatedLab.ts';

test('names the disk, both hosts and the instant when a virtual machine is started elsewhere while it still writes', async () => {
  const world = createSimulatedLab();
  const victim = world.lab.document.virtualMachines.find((each) => each.hostName === 'host-2');
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    world.lab.steer.partition('host-2', 'everyone', 'management');
    await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
    const { vm } = await world.refs(session);
    await world.ask('host-1', 'VM.start_on', session, vm(victim!.name), host('host-4'), false, false);
    await world.wait(5_000);
  });
  const { violations, clean } = world.lab.verdict();
  expect(clean).toBe(false);
  expect(violations.find((each) => each.kind === 'diskWrittenByTwoDomains')).toMatchObject({
    virtualMachine: victim?.name,
    disk: victim?.diskUUID,
    hosts: ['host-2', 'host-4'],
  });
});

test('stays silent when the old machine had no power before its virtual machines are started elsewhere', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    world.lab.steer.cutPower('host-2');
    await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
    for (const each of world.lab.document.virtualMachines.filter((one) => one.hostName === 'host-2')) {
      await world.ask('host-1', 'VM.start', session, vm(each.name), false, false);
    }
    await world.wait(60_000);
  });
  const verdict = world.lab.verdict();
  expect(verdict.violations).toEqual([]);
  expect(verdict.virtualMachines.map((each) => [each.name, each.runsOn.length])).toEqual(
    verdict.virtualMachines.map((each) => [each.name, 1]),
  );
});
