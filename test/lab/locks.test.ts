/** The keys in VDI.sm_config, as the storage manager keeps them. */
import { expect, test } from 'vitest';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

type Config = Readonly<Record<string, string>>;

interface Scene {
  readonly world: SimulatedLab;
  readonly session: string;
  readonly host: (name: string) => string;
  readonly vm: (name: string) => string;
  readonly vdi: string;
  readonly config: () => Promise<Config>;
  readonly set: (key: string, value: string) => Promise<string>;
  readonly unset: (key: string) => Promise<string>;
  readonly start: (onHost: string) => Promise<readonly string[] | undefined>;
  readonly key: (name: string) => string;
}

/** db-02, whose place is host-2, is halted, and its disk is held by nobody. */
async function withHalted(
  options: Parameters<typeof createSimulatedLab>[0],
  program: (scene: Scene) => Promise<void>,
): Promise<SimulatedLab> {
  const world = createSimulatedLab(options);
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
    const uuid = world.lab.document.virtualMachines.find((each) => each.name === 'db-02')?.diskUUID;
    const vdi = await world.ask('host-1', 'VDI.get_by_uuid', session, uuid);
    await program({
      world,
      session,
      host,
      vm,
      vdi,
      key: (name) => `host_${host(name)}`,
      config: () => world.ask<Config>('host-1', 'VDI.get_sm_config', session, vdi),
      set: (key, value) => world.ask('host-1', 'VDI.add_to_sm_config', session, vdi, key, value),
      unset: (key) => world.ask('host-1', 'VDI.remove_from_sm_config', session, vdi, key),
      start: async (onHost) =>
        (await world.rpc('host-1', 'VM.start_on', session, vm('db-02'), host(onHost), false, false)).error,
    });
  });
  return world;
}

const unavailable = (detail: string) => [
  'SR_BACKEND_FAILURE_46',
  '',
  `The VDI is not available [opterr=${detail}]`,
  '',
];
const activatingIsThere = (vdi: string) =>
  unavailable(`['MAP_DUPLICATE_KEY', 'VDI', 'sm_config', '${vdi}', 'activating']`);

test('an activation sets activating, then the key of its host, and takes activating away when the disk is open', async () => {
  await withHalted({ latencies: { startMs: 4_000 } }, async ({ world, session, vm, host, config, key }) => {
    await world.ask('host-1', 'Async.VM.start_on', session, vm('db-02'), host('host-4'), false, false);
    await world.wait(1_000);
    const underWay = await config();
    expect(underWay).toEqual({ activating: 'True', [key('host-4')]: 'RW' });
    expect(Object.keys(underWay)).toEqual(['activating', key('host-4')]);
    await world.wait(2_000);
    expect(await config()).toEqual({ [key('host-4')]: 'RW' });
  });
});

test('the storage manager of 8.2 has no activating: a host that dies leaves its key alone', async () => {
  const options = { version: '8.2', latencies: { startMs: 4_000 } } as const;
  await withHalted(options, async ({ world, session, vm, host, config, key }) => {
    await world.ask('host-1', 'Async.VM.start_on', session, vm('db-02'), host('host-4'), false, false);
    await world.wait(1_000);
    world.lab.steer.cutPower('host-4');
    await world.wait(4_000);
    expect(await config()).toEqual({ [key('host-4')]: 'RW' });
  });
});

test('a virtual machine that is being started is Halted and resident on its host, and nowhere after a start that failed', async () => {
  await withHalted({ latencies: { startMs: 4_000 } }, async ({ world, session, vm, host, config }) => {
    world.lab.steer.addFault({ method: 'VM.start_on', nth: 1, effect: { kind: 'tapFails' } });
    const record = () => world.ask<Config>('host-1', 'VM.get_record', session, vm('db-02'));
    const task = await world.ask(
      'host-1',
      'Async.VM.start_on',
      session,
      vm('db-02'),
      host('host-4'),
      false,
      false,
    );
    await world.wait(500);
    expect(await record()).toMatchObject({
      power_state: 'Halted',
      resident_on: host('host-4'),
      scheduled_to_be_resident_on: 'OpaqueRef:NULL',
    });
    await world.wait(2_000);
    expect(await world.ask('host-1', 'task.get_status', session, task)).toBe('failure');
    expect(await record()).toMatchObject({
      power_state: 'Halted',
      resident_on: 'OpaqueRef:NULL',
      current_operations: {},
    });
    expect(await config()).toEqual({});
  });
});

test('a host that dies in an activation leaves both keys, and no release ever removes activating', async () => {
  await withHalted({ latencies: { startMs: 4_000 } }, async (scene) => {
    const { world, session, vm, vdi, host, config, key, start, unset } = scene;
    await world.ask('host-1', 'Async.VM.start_on', session, vm('db-02'), host('host-4'), false, false);
    await world.wait(1_000);
    world.lab.steer.cutPower('host-4');
    await world.wait(4_000);
    expect(await config()).toEqual({ activating: 'True', [key('host-4')]: 'RW' });
    await world.ask('host-1', 'host.declare_dead', session, host('host-4'));
    expect(await config()).toEqual({ activating: 'True' });
    expect(await start('host-3')).toEqual(activatingIsThere(vdi));
    await unset('activating');
    expect(await start('host-3')).toBeUndefined();
  });
});

test('with activating left, a start first drops the keys of hosts that have the disk closed', async () => {
  await withHalted({}, async ({ vdi, config, key, set, start }) => {
    await set('activating', 'True');
    await set(key('host-4'), 'RW');
    expect(await start('host-3')).toEqual(activatingIsThere(vdi));
    expect(await config()).toEqual({ activating: 'True' });
  });
});

test.each([
  ['of a live host that has the disk closed', 'host-4', 'host-3'],
  ['of the host that starts it itself', 'host-3', 'host-3'],
])('a left-over key %s heals itself at the next start', async (_name, holder, target) => {
  const world = await withHalted({}, async ({ config, key, set, start }) => {
    await set(key(holder), 'RW');
    expect(await start(target)).toBeUndefined();
    expect(await config()).toEqual({ [key(target)]: 'RW' });
  });
  expect(world.lab.verdict().clean).toBe(true);
});

test('a key of a host that has the disk open refuses the start, and so does one of a host that does not answer', async () => {
  const world = createSimulatedLab();
  const { steer } = world.lab;
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    const uuid = world.lab.document.virtualMachines.find((each) => each.name === 'db-02')?.diskUUID;
    const start = async () =>
      (await world.rpc('host-1', 'VM.start_on', session, vm('db-02'), host('host-4'), false, false)).error;
    steer.partition('host-2', 'host-1', 'management');
    await world.ask('host-1', 'VM.power_state_reset', session, vm('db-02'));
    steer.heal();
    expect(await start()).toEqual(unavailable(`VDI ${uuid} not detached cleanly`));
    steer.cutPower('host-2');
    const before = world.simulation.nowMs;
    expect(await start()).toEqual(unavailable(`['CANNOT_CONTACT_HOST', '${host('host-2')}']`));
    expect(Math.round((world.simulation.nowMs - before) / 1000)).toBe(131);
    await world.wait(700_000);
    expect(await start()).toEqual(unavailable(`['HOST_OFFLINE', '${host('host-2')}']`));
    const record = await world.ask<Config>('host-1', 'VM.get_record', session, vm('db-02'));
    expect(record).toMatchObject({
      power_state: 'Halted',
      current_operations: {},
      resident_on: 'OpaqueRef:NULL',
    });
  });
  expect(world.lab.verdict().harmfulEffects.map((each) => each.kind)).toEqual(['powerStateReset']);
});

test('a key of a host that the pool has no record of is dropped without a question', async () => {
  await withHalted({}, async ({ config, key, set, start }) => {
    await set('host_OpaqueRef:dead', 'RW');
    expect(await start('host-3')).toBeUndefined();
    expect(await config()).toEqual({ [key('host-3')]: 'RW' });
  });
});

test.each(['paused', 'relinking'])(
  '%s is waited for an hour, and a start goes on when it ends before',
  async (word) => {
    await withHalted({}, async ({ world, config, key, set, unset, start }) => {
      await set(word, 'true');
      const uuid = world.lab.document.virtualMachines.find((each) => each.name === 'db-02')?.diskUUID;
      const before = world.simulation.nowMs;
      expect(await start('host-3')).toEqual(['SR_BACKEND_FAILURE_1200', '', `VDI ${uuid} locked`, '']);
      expect(Math.round((world.simulation.nowMs - before) / 60_000)).toBe(60);
      world.clock.after(600_000, () => void unset(word));
      expect(await start('host-3')).toBeUndefined();
      expect(await config()).toEqual({ [key('host-3')]: 'RW' });
    });
  },
);

test('a reader meets its own left-over key as an error of the storage manager, and activating stays for good', async () => {
  const world = createSimulatedLab();
  const { steer } = world.lab;
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    const vdis = await world.ask<Record<string, { read_only: boolean; name_label: string }>>(
      'host-1',
      'VDI.get_all_records',
      session,
    );
    const iso = Object.keys(vdis).find((each) => vdis[each]?.name_label === 'debian-13.iso') ?? '';
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
    steer.insertMedia('db-02', 'isoLibrary');
    await world.ask('host-1', 'VDI.add_to_sm_config', session, iso, `host_${host('host-3')}`, 'RO');
    const { error } = await world.rpc(
      'host-1',
      'VM.start_on',
      session,
      vm('db-02'),
      host('host-3'),
      false,
      false,
    );
    expect(error?.[0]).toBe('SR_BACKEND_FAILURE_1200');
    expect(await world.ask('host-1', 'VDI.get_sm_config', session, iso)).toEqual({
      [`host_${host('host-3')}`]: 'RO',
      activating: 'True',
    });
    const uuid = world.lab.document.virtualMachines.find((each) => each.name === 'db-02')?.diskUUID;
    const disk = await world.ask('host-1', 'VDI.get_by_uuid', session, uuid);
    expect(await world.ask('host-1', 'VDI.get_sm_config', session, disk)).toEqual({});
  });
});

test('a member removes its own left-over keys when its toolstack starts, those of other readers with them, and not activating', async () => {
  await withHalted({}, async ({ world, config, key, set }) => {
    for (const name of ['host-2', 'host-4']) await set(key(name), 'RO');
    await set('activating', 'True');
    world.lab.steer.restartToolstack('host-2');
    await world.wait(20_000);
    expect(await config()).toEqual({ activating: 'True' });
  });
});

test('a member that starts removes the keys of a disk that only forgotten hosts have keys on, and leaves the rest', async () => {
  await withHalted({}, async ({ world, config, key, set, unset }) => {
    await set('host_OpaqueRef:dead', 'RW');
    await set(key('host-4'), 'RO');
    world.lab.steer.restartToolstack('host-2');
    await world.wait(20_000);
    expect(Object.keys(await config())).toHaveLength(2);
    await unset(key('host-4'));
    world.lab.steer.restartToolstack('host-2');
    await world.wait(20_000);
    expect(await config()).toEqual({});
  });
});

test.each(['host-4', 'host-1'])(
  '%s that attaches storage holds none of its disks: its own keys go, and of the pool’s master paused too',
  async (plugged) => {
    const world = createSimulatedLab();
    await world.run(async () => {
      const session = await world.logIn();
      const { host } = await world.refs(session);
      world.lab.steer.unplugStorage('iso-library', plugged);
      const vdis = await world.ask<Record<string, { name_label: string }>>(
        'host-1',
        'VDI.get_all_records',
        session,
      );
      const iso = Object.keys(vdis).find((each) => vdis[each]?.name_label === 'debian-13.iso') ?? '';
      for (const key of [`host_${host(plugged)}`, `host_${host('host-3')}`, 'paused', 'activating']) {
        await world.ask('host-1', 'VDI.add_to_sm_config', session, iso, key, 'RO');
      }
      const sr = await world.ask('host-1', 'VDI.get_SR', session, iso);
      const plugs = await world.ask<Record<string, { SR: string; host: string }>>(
        'host-1',
        'PBD.get_all_records',
        session,
      );
      const plug = Object.keys(plugs).find(
        (each) => plugs[each]?.SR === sr && plugs[each]?.host === host(plugged),
      );
      await world.ask('host-1', 'PBD.plug', session, plug);
      const left = Object.keys(await world.ask<Config>('host-1', 'VDI.get_sm_config', session, iso));
      const stays = plugged === 'host-1' ? [] : ['paused'];
      expect(new Set(left)).toEqual(new Set([`host_${host('host-3')}`, 'activating', ...stays]));
    });
  },
);

test('storage of the newer kind keeps no keys at all', async () => {
  await withHalted({ habits: { storageLocks: 'none' } }, async ({ world, config, start, set, key }) => {
    expect(await config()).toEqual({});
    await set(key('host-4'), 'RW');
    expect(await start('host-3')).toBeUndefined();
    expect(await config()).toEqual({ [key('host-4')]: 'RW' });
    expect(world.lab.status().virtualMachines.find((each) => each.name === 'db-02')?.runsOn).toEqual([
      'host-3',
    ]);
  });
});
