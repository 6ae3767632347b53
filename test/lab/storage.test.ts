import { expect, test } from 'vitest';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

interface SrRecord {
  readonly name_label: string;
  readonly type: string;
  readonly content_type: string;
  readonly shared: boolean;
  readonly PBDs: readonly string[];
}

interface VbdRecord {
  readonly VM: string;
  readonly VDI: string;
  readonly type: string;
  readonly empty: boolean;
  readonly currently_attached: boolean;
}

async function driveOf(world: SimulatedLab, session: string, vm: string) {
  const all = await world.ask<Record<string, VbdRecord>>('host-1', 'VBD.get_all_records', session);
  const found = Object.entries(all).find(([, each]) => each.VM === vm && each.type === 'CD');
  if (found === undefined) throw new Error('it has no drive');
  return { ref: found[0], ...found[1] };
}

test('a pool has shared and local storage for disks, a shared library of ISO files, and a drive in each host', async () => {
  const world = createSimulatedLab({ members: 2, sharedStorage: 2 });
  await world.run(async () => {
    const session = await world.logIn();
    const all = Object.values(
      await world.ask<Record<string, SrRecord>>('host-1', 'SR.get_all_records', session),
    );
    expect(
      all.map(({ name_label, type, content_type, shared, PBDs }) =>
        [name_label, type, content_type, shared, PBDs.length].join(' '),
      ),
    ).toEqual([
      'shared-nfs nfs user true 2',
      'shared-nfs-2 nfs user true 2',
      'iso-library iso iso true 2',
      'host-1 local ext user false 1',
      'host-1 drive udev iso false 1',
      'host-2 local ext user false 1',
      'host-2 drive udev iso false 1',
    ]);
  });
});

test('with several shared repositories every host has machines on each, and a database has disks on two', async () => {
  const world = createSimulatedLab({ virtualServers: 16, sharedStorage: 2 });
  const { virtualMachines } = world.lab.document;
  for (const name of ['host-1', 'host-2', 'host-3', 'host-4']) {
    const used = virtualMachines.filter((each) => each.hostName === name && each.shared);
    expect(new Set(used.map((each) => each.srName))).toEqual(new Set(['shared-nfs', 'shared-nfs-2']));
  }
  await world.run(async () => {
    const session = await world.logIn();
    const { vm, host } = await world.refs(session);
    const database = virtualMachines.find(
      (each) => each.dataDisk !== undefined && each.hostName === 'host-2',
    );
    expect(database?.dataDisk?.srUUID).not.toBe(database?.srUUID);
    const name = database?.name ?? '';
    await world.ask('host-1', 'VM.hard_shutdown', session, vm(name));
    await world.ask('host-1', 'VM.start_on', session, vm(name), host('host-4'), false, false);
    const disks = [database?.diskUUID, database?.dataDisk?.diskUUID];
    for (const uuid of disks) {
      const ref = await world.ask('host-1', 'VDI.get_by_uuid', session, uuid);
      const config = await world.ask<object>('host-1', 'VDI.get_sm_config', session, ref);
      expect(config).toEqual({ [`host_${host('host-4')}`]: 'RW' });
    }
  });
});

test('a hook that ends early has unlocked the repositories before the one that it ended at', async () => {
  const world = createSimulatedLab({ virtualServers: 16, sharedStorage: 2 });
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    world.lab.steer.cutPower('host-2');
    const effect = { kind: 'hookFails', unlocksFirst: 1 } as const;
    world.lab.steer.addFault({ method: 'host.declare_dead', nth: 1, effect });
    const lockedOn = async () => {
      const disks = await world.ask<Record<string, { SR: string; sm_config: object }>>(
        'host-1',
        'VDI.get_all_records',
        session,
      );
      const held = Object.values(disks).filter((each) => `host_${host('host-2')}` in each.sm_config);
      const names = held.map((each) => world.ask('host-1', 'SR.get_name_label', session, each.SR));
      return new Set(await Promise.all(names));
    };
    expect(await lockedOn()).toEqual(new Set(['shared-nfs', 'shared-nfs-2']));
    await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
    expect(await lockedOn()).toEqual(new Set(['shared-nfs-2']));
    await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
    expect(await lockedOn()).toEqual(new Set());
  });
});

test('a CD of the ISO library is read by any host at once, and one in a host can be read there alone', async () => {
  const world = createSimulatedLab();
  const { steer } = world.lab;
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    for (const name of ['db-02', 'app-02', 'app-01']) steer.insertMedia(name, 'isoLibrary');
    const { VDI, empty, currently_attached } = await driveOf(world, session, vm('db-02'));
    expect({ empty, currently_attached }).toEqual({ empty: false, currently_attached: true });
    const locks = () => world.ask<object>('host-1', 'VDI.get_sm_config', session, VDI);
    const held = (names: readonly string[]) =>
      Object.fromEntries(names.map((each) => [`host_${host(each)}`, 'RO']));
    const holders = () =>
      new Set(
        world.lab.document.virtualMachines
          .filter((each) => ['db-02', 'app-02', 'app-01'].includes(each.name))
          .map((each) => each.hostName),
      );
    expect(await locks()).toEqual(held([...holders()]));
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
    await world.ask('host-1', 'VM.start_on', session, vm('db-02'), host('host-1'), false, false);
    expect(Object.keys(await locks())).toContain(`host_${host('host-1')}`);
    steer.ejectMedia('db-02');
    expect(Object.keys(await locks())).not.toContain(`host_${host('host-1')}`);
    expect(await driveOf(world, session, vm('db-02'))).toMatchObject({ empty: true, VDI: 'OpaqueRef:NULL' });

    steer.insertMedia('db-02', 'hostDrive');
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
    const start = () =>
      world.rpc('host-1', 'VM.start_on', session, vm('db-02'), host('host-2'), false, false);
    expect((await start()).error?.slice(0, 2)).toEqual(['VM_REQUIRES_SR', vm('db-02')]);
    await world.ask('host-1', 'VBD.eject', session, (await driveOf(world, session, vm('db-02'))).ref);
    expect((await start()).error).toBeUndefined();
  });
  expect(world.lab.verdict()).toMatchObject({ clean: true });
});

test('a medium that two machines of one host read keeps its lock until the second lets go of it', async () => {
  const world = createSimulatedLab({ virtualServers: 16 });
  const { steer } = world.lab;
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    const [one = '', two = ''] = world.lab.document.virtualMachines
      .filter((each) => each.hostName === 'host-2')
      .map((each) => each.name);
    for (const name of [one, two]) steer.insertMedia(name, 'isoLibrary');
    const { VDI } = await driveOf(world, session, vm(one));
    steer.ejectMedia(one);
    expect(await world.ask('host-1', 'VDI.get_sm_config', session, VDI)).toEqual({
      [`host_${host('host-2')}`]: 'RO',
    });
    await world.ask('host-1', 'VM.hard_shutdown', session, vm(two));
    expect(await world.ask('host-1', 'VDI.get_sm_config', session, VDI)).toEqual({});
  });
  expect(world.lab.verdict()).toMatchObject({ clean: true });
});

test('storage that is not plugged on one host keeps what needs it from starting there, and what is in use stays plugged', async () => {
  const world = createSimulatedLab();
  const { steer } = world.lab;
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    steer.unplugStorage('iso-library', 'host-4');
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
    const check = () => world.rpc('host-1', 'VM.assert_can_boot_here', session, vm('db-02'), host('host-4'));
    expect((await check()).error).toBeUndefined();
    steer.insertMedia('db-02', 'isoLibrary');
    expect((await check()).error?.[0]).toBe('VM_REQUIRES_SR');
    steer.plugStorage('iso-library', 'host-4');
    expect((await check()).error).toBeUndefined();
    expect(() => steer.unplugStorage('shared-nfs', 'host-4')).toThrow(
      'runs on host-4 with a disk on shared-nfs',
    );
    expect(() => steer.unplugStorage('moon', 'host-4')).toThrow('there is no storage moon in this lab');
    expect(() => steer.unplugStorage('host-2 local', 'host-4')).toThrow('has nothing to do with');
  });
});

test('without its statistics daemon the figure of free memory is stale or 0, and the pool itself counts on', async () => {
  const world = createSimulatedLab();
  const { steer } = world.lab;
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    const metrics = await world.ask('host-1', 'host.get_metrics', session, host('host-4'));
    const shown = () => world.ask<number>('host-1', 'host_metrics.get_memory_free', session, metrics);
    const counted = () => world.ask<number>('host-1', 'host.compute_free_memory', session, host('host-4'));
    const before = await shown();
    expect(before).toBe(await counted());
    steer.statisticsDaemon('host-4', 'down');
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
    await world.ask('host-1', 'VM.start_on', session, vm('db-02'), host('host-4'), false, false);
    expect(await shown()).toBe(before);
    expect(await counted()).toBeLessThan(before);
    steer.statisticsDaemon('host-4', 'neverUp');
    expect(await shown()).toBe(0);
    steer.statisticsDaemon('host-4', 'up');
    expect(await shown()).toBe(await counted());
  });
});

test('machines and hosts may have any name in the pool, and the oracle goes on calling them as the lab does', async () => {
  const odd = `数据库\n"one" ${'x'.repeat(300)}`;
  const world = createSimulatedLab({ labels: { 'db-02': odd } });
  await world.run(async () => {
    const session = await world.logIn();
    const { vm, host } = await world.refs(session);
    world.lab.steer.label('host-2', 'a\nb');
    expect(vm(odd)).toMatch(/^OpaqueRef:/);
    const name = await world.ask('host-1', 'host.get_name_label', session, host('host-2'));
    expect(name).toBe('a\nb');
    world.lab.steer.cutPower('host-2');
    await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
    await world.ask('host-1', 'VM.start_on', session, vm(odd), host('host-4'), false, false);
  });
  const acts = world.lab.verdict().harmfulEffects.map(({ kind, target }) => `${kind} ${target}`);
  expect(acts).toEqual(['declareDead host-2', 'start db-02']);
});
