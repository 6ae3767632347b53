import { expect, test } from 'vitest';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

type VmRecord = Readonly<Record<string, unknown>>;

async function lockOf(world: SimulatedLab, session: string, name: string): Promise<object> {
  const uuid = world.lab.document.virtualMachines.find((each) => each.name === name)?.diskUUID;
  const ref = await world.ask('host-1', 'VDI.get_by_uuid', session, uuid);
  return world.ask<object>('host-1', 'VDI.get_sm_config', session, ref);
}

function runsOn(world: SimulatedLab, name: string): readonly string[] | undefined {
  return world.lab.verdict().virtualMachines.find((each) => each.name === name)?.runsOn;
}

/** db-02 is on its way from host-2 to host-3. */
test.each([
  ['sourceRuns', ['host-2'], 'host-2', [], []],
  ['bothEnds', [], undefined, ['host-3'], ['host-3']],
  ['targetRuns', ['host-3'], 'host-3', ['host-3'], ['host-3']],
] as const)(
  'a migration that hangs at %s is one thing in the world and always the same in the database',
  async (stopsWhen, before, holder, after, keyAfter) => {
    const world = createSimulatedLab();
    await world.run(async () => {
      const session = await world.logIn();
      const { host, vm } = await world.refs(session);
      const keys = (names: readonly string[]) =>
        Object.fromEntries(names.map((each) => [`host_${host(each)}`, 'RW']));
      world.lab.steer.migrate('db-02', 'host-3', { stopsWhen });
      const record = await world.ask<VmRecord>('host-1', 'VM.get_record', session, vm('db-02'));
      expect(record).toMatchObject({
        power_state: 'Running',
        resident_on: host('host-2'),
        scheduled_to_be_resident_on: host('host-3'),
      });
      expect(Object.values(record['current_operations'] as object)).toEqual(['pool_migrate']);
      expect(runsOn(world, 'db-02')).toEqual(before);
      expect(await lockOf(world, session, 'db-02')).toEqual(keys(holder === undefined ? [] : [holder]));
      world.lab.steer.cutPower('host-2');
      await world.wait(11_000);
      expect(runsOn(world, 'db-02')).toEqual(after);
      const left = stopsWhen === 'sourceRuns' ? ['host-2'] : keyAfter;
      expect(await lockOf(world, session, 'db-02')).toEqual(keys(left));
    });
    expect(world.lab.verdict().clean).toBe(true);
  },
);

test('a machine that came with a migration and is believed Halted runs on, and its own host refuses to start it', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    world.lab.steer.migrate('db-02', 'host-3', { stopsWhen: 'targetRuns' });
    world.lab.steer.cutPower('host-2');
    await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
    const record = await world.ask<VmRecord>('host-1', 'VM.get_record', session, vm('db-02'));
    expect(record).toMatchObject({ power_state: 'Halted', current_operations: {} });
    expect(runsOn(world, 'db-02')).toEqual(['host-3']);
    const start = await world.rpc(
      'host-1',
      'VM.start_on',
      session,
      vm('db-02'),
      host('host-3'),
      false,
      false,
    );
    expect(start.error).toEqual(['VM_BAD_POWER_STATE', vm('db-02'), 'Halted', 'Running']);
    expect(await lockOf(world, session, 'db-02')).toEqual({ [`host_${host('host-3')}`]: 'RW' });
  });
  expect(world.lab.verdict()).toMatchObject({ clean: true });
});

test('a migration whose target is lost goes on at the source, and one that had handed over is lost with it', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    world.lab.steer.migrate('db-02', 'host-3', { stopsWhen: 'bothEnds' });
    world.lab.steer.migrate('app-02', 'host-3', { stopsWhen: 'targetRuns' });
    world.lab.steer.cutPower('host-3');
    await world.wait(11_000);
    expect(runsOn(world, 'db-02')).toEqual(['host-2']);
    expect(runsOn(world, 'app-02')).toEqual([]);
    const record = await world.ask<VmRecord>('host-1', 'VM.get_record', session, vm('db-02'));
    expect(record).toMatchObject({ current_operations: {}, scheduled_to_be_resident_on: 'OpaqueRef:NULL' });
    expect(await lockOf(world, session, 'db-02')).toEqual({ [`host_${host('host-2')}`]: 'RW' });
  });
});

test('a migration that hangs comes to its end as it is told', async () => {
  const world = createSimulatedLab();
  const { steer } = world.lab;
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    steer.migrate('db-02', 'host-3', { stopsWhen: 'bothEnds' });
    steer.endMigration('db-02', 'completes');
    const record = await world.ask<VmRecord>('host-1', 'VM.get_record', session, vm('db-02'));
    expect(record).toMatchObject({
      resident_on: host('host-3'),
      current_operations: {},
      scheduled_to_be_resident_on: 'OpaqueRef:NULL',
    });
    expect(runsOn(world, 'db-02')).toEqual(['host-3']);
    steer.migrate('db-02', 'host-4', { stopsWhen: 'sourceRuns' });
    steer.endMigration('db-02', 'fails');
    expect(runsOn(world, 'db-02')).toEqual(['host-3']);
    expect(() => steer.endMigration('db-02', 'fails')).toThrow('it is not in migration');
    steer.migrate('db-02', 'host-4', { stopsWhen: 'targetRuns' });
    expect(() => steer.endMigration('db-02', 'fails')).toThrow('cannot fail any more');
  });
  expect(world.lab.verdict()).toMatchObject({ clean: true, harmfulEffects: [] });
});

test('what cannot move is refused with a sentence', () => {
  const { steer } = createSimulatedLab().lab;
  const to = (host: string) => () => steer.migrate('scratch-01', host, { stopsWhen: 'sourceRuns' });
  expect(to('host-3')).toThrow('scratch-01 runs on host-3 already');
  expect(to('host-4')).toThrow('scratch-01 has a disk on local storage');
  expect(() => steer.migrate('db-99', 'host-4', { stopsWhen: 'sourceRuns' })).toThrow(
    'there is no virtual machine db-99',
  );
  steer.migrate('db-02', 'host-3', { stopsWhen: 'sourceRuns' });
  expect(() => steer.migrate('db-02', 'host-4', { stopsWhen: 'sourceRuns' })).toThrow(
    'has another operation under way',
  );
});
