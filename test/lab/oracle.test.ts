import { expect, test } from 'vitest';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

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

/** db-02 runs on host-2, is reset while host-2 is cut off, unlocked, and started on host-4. */
async function startTwice(world: SimulatedLab, beforeStart: () => void): Promise<void> {
  const session = await world.logIn();
  const { host, vm } = await world.refs(session);
  world.lab.steer.partition('host-2', 'everyone', 'management');
  await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
  beforeStart();
  await world.ask('host-1', 'VM.start_on', session, vm('db-02'), host('host-4'), false, false);
}

function kinds(world: SimulatedLab): readonly string[] {
  const found = world.lab.verdict().violations.filter((each) => each.virtualMachine === 'db-02');
  return found.map((each) => each.kind);
}

test('a domain that cannot reach its storage corrupts nothing, until its storage link is mended', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    await startTwice(world, () => world.lab.steer.partition('host-2', 'storage', 'storage'));
    await world.wait(60_000);
    expect(kinds(world)).toEqual(['lockClearedUnderLiveTapdisk', 'virtualMachineRunsTwice']);
    world.lab.steer.mend('host-2', 'storage', 'storage');
    expect(kinds(world)).toContain('diskWrittenByTwoDomains');
  });
});

test('a stale domain whose storage is cut and whose power goes before it is mended has corrupted nothing', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    await startTwice(world, () => world.lab.steer.partition('host-2', 'storage', 'storage'));
    world.lab.steer.cutPower('host-2');
    world.lab.steer.heal();
    await world.wait(60_000);
  });
  expect(kinds(world)).not.toContain('diskWrittenByTwoDomains');
});

test('power that goes between a start elsewhere and the old domain’s next write saves the disk by a hair', async () => {
  const world = createSimulatedLab({ latencies: { writeEveryMs: 60_000 } });
  await world.run(async () => {
    await startTwice(world, () => {});
    expect(kinds(world)).toContain('virtualMachineRunsTwice');
    world.lab.steer.cutPower('host-2');
    await world.wait(120_000);
  });
  expect(kinds(world)).not.toContain('diskWrittenByTwoDomains');
});

test('a stale domain that writes after the new one has ended corrupts the disk all the same', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    await startTwice(world, () => world.lab.steer.partition('host-2', 'storage', 'storage'));
    await world.wait(10_000);
    world.lab.steer.cutPower('host-4');
    world.lab.steer.mend('host-2', 'storage', 'storage');
  });
  expect(kinds(world)).toContain('diskWrittenByTwoDomains');
});

test('tells where each virtual machine really runs, and in which order harmful acts took place', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    await startTwice(world, () => {});
  });
  const { virtualMachines, harmfulEffects } = world.lab.verdict();
  expect(virtualMachines.find((each) => each.name === 'db-02')?.runsOn).toEqual(['host-2', 'host-4']);
  expect(harmfulEffects.map(({ kind, target, onHost, caller }) => [kind, target, onHost, caller])).toEqual([
    ['declareDead', 'host-2', undefined, 'test (root)'],
    ['start', 'db-02', 'host-4', 'test (root)'],
  ]);
  expect(harmfulEffects[0]?.at).toBeLessThan(harmfulEffects[1]?.at ?? 0);
});
