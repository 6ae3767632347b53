import { expect, test } from 'vitest';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

interface VdiRecord {
  readonly uuid: string;
  readonly sm_config: Readonly<Record<string, string>>;
}

async function sharedDisks(
  world: SimulatedLab,
  session: string,
): Promise<Readonly<Record<string, VdiRecord>>> {
  const sr = world.lab.document.storage.find((each) => each.shared);
  const ref = await world.ask('host-1', 'SR.get_by_uuid', session, sr?.uuid);
  return world.ask('host-1', 'VDI.get_all_records_where', session, `field "SR"="${ref}"`);
}

async function diskOf(world: SimulatedLab, session: string, name: string) {
  const uuid = world.lab.document.virtualMachines.find((each) => each.name === name)?.diskUUID;
  const ref = await world.ask('host-1', 'VDI.get_by_uuid', session, uuid);
  return { ref, ...(await world.ask<VdiRecord>('host-1', 'VDI.get_record', session, ref)) };
}

/** Waits for a task as a client does. */
async function ended(world: SimulatedLab, session: string, task: string) {
  for (;;) {
    const record = await world.ask<Readonly<Record<string, unknown>>>(
      'host-1',
      'task.get_record',
      session,
      task,
    );
    if (record['status'] !== 'pending') return record;
    await world.wait(100);
  }
}

test('declare_dead refuses the master itself and a host that answers', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    for (const name of ['host-1', 'host-2']) {
      const { error } = await world.rpc('host-1', 'host.declare_dead', session, host(name));
      expect(error).toEqual(['HOST_IS_LIVE', host(name)]);
    }
  });
  expect(world.lab.verdict().harmfulEffects).toEqual([]);
});

test('declare_dead takes a host that is only cut off for dead: it resets, disables and unlocks, and live stays true', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const key = `host_${host('host-2')}`;
    const locked = Object.values(await sharedDisks(world, session)).filter((each) => key in each.sm_config);
    expect(locked).toHaveLength(2);
    world.lab.steer.partition('host-2', 'host-1', 'management');
    await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
    const after = world.lab.status().hosts.find((each) => each.name === 'host-2')?.believed;
    expect(after).toEqual({ live: true, enabled: false, residents: 0 });
    const left = Object.values(await sharedDisks(world, session)).filter((each) => key in each.sm_config);
    expect(left).toEqual([]);
  });
  const cleared = world.lab.verdict().violations.map((each) => each.kind);
  expect(cleared).toEqual(['lockClearedUnderLiveTapdisk', 'lockClearedUnderLiveTapdisk']);
});

test('declare_dead reports success when its hook fails, and the locks stay', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    world.lab.steer.cutPower('host-2');
    world.lab.steer.addFault({ method: 'host.declare_dead', nth: 1, effect: { kind: 'hookFails' } });
    const task = await world.ask('host-1', 'Async.host.declare_dead', session, host('host-2'));
    expect(await ended(world, session, task)).toMatchObject({
      status: 'success',
      result: '<value></value>',
      error_info: [],
    });
    const key = `host_${host('host-2')}`;
    const left = async () =>
      Object.values(await sharedDisks(world, session)).filter((each) => key in each.sm_config).length;
    expect(await left()).toBe(2);
    await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
    expect(await left()).toBe(0);
  });
  expect(world.lab.verdict().harmfulEffects.map((each) => each.changedAnything)).toEqual([true, true]);
});

test('power_state_reset leaves the locks, refuses control domains, live hosts and what really runs on the master', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    const reset = (name: string) => world.rpc('host-1', 'VM.power_state_reset', session, vm(name));
    const dom0 = 'Control domain on host: host-2';
    expect((await reset(dom0)).error).toEqual(['CANNOT_RESET_CONTROL_DOMAIN', vm(dom0)]);
    expect((await reset('db-01')).error).toEqual(['DOMAIN_EXISTS', vm('db-01')]);
    expect((await reset('db-02')).error).toEqual(['HOST_IS_LIVE', host('host-2')]);
    world.lab.steer.cutPower('host-2');
    expect((await reset('db-02')).error).toBeUndefined();
    expect((await reset('db-02')).error).toBeUndefined();
    const { sm_config } = await diskOf(world, session, 'db-02');
    expect(sm_config).toEqual({ [`host_${host('host-2')}`]: 'RW' });
  });
  expect(world.lab.verdict().harmfulEffects).toMatchObject([
    { kind: 'powerStateReset', target: 'db-02', caller: 'test (root)', changedAnything: true },
    { kind: 'powerStateReset', target: 'db-02', changedAnything: false },
  ]);
});

test('destroy refuses while virtual machines are resident and while high availability is on', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const destroy = () => world.rpc('host-1', 'host.destroy', session, host('host-2'));
    expect((await destroy()).error).toEqual(['HOST_IS_LIVE', host('host-2')]);
    world.lab.steer.cutPower('host-2');
    world.lab.steer.setHighAvailability('on');
    expect((await destroy()).error).toEqual(['HA_IS_ENABLED']);
    world.lab.steer.setHighAvailability('off');
    expect((await destroy()).error).toEqual(['HOST_HAS_RESIDENT_VMS', host('host-2')]);
    await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
    expect((await destroy()).error).toBeUndefined();
    await world.wait(31_000);
    const left = await world.ask<Record<string, { host: string }>>('host-1', 'PBD.get_all_records', session);
    expect(Object.values(left).filter((each) => each.host === host('host-2'))).toEqual([]);
    expect(await world.ask<string[]>('host-1', 'host_metrics.get_all', session)).toHaveLength(3);
  });
});

test('a start goes through a task, takes the lock, and ends with the virtual machine running and its guest up', async () => {
  const world = createSimulatedLab({ latencies: { startMs: 3_000, guestBootMs: 10_000 } });
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    await world.ask('host-1', 'VM.clean_shutdown', session, vm('db-02'));
    expect((await diskOf(world, session, 'db-02')).sm_config).toEqual({});
    const task = await world.ask(
      'host-1',
      'Async.VM.start_on',
      session,
      vm('db-02'),
      host('host-4'),
      false,
      false,
    );
    await world.wait(1_000);
    const underway = await world.ask<Record<string, unknown>>(
      'host-1',
      'VM.get_record',
      session,
      vm('db-02'),
    );
    expect(underway).toMatchObject({ power_state: 'Halted', resident_on: host('host-4') });
    expect(Object.values(underway['current_operations'] as object)).toEqual(['start_on']);
    expect(await ended(world, session, task)).toMatchObject({ status: 'success', progress: 1 });
    const running = await world.ask<Record<string, unknown>>('host-1', 'VM.get_record', session, vm('db-02'));
    expect(running).toMatchObject({
      power_state: 'Running',
      resident_on: host('host-4'),
      scheduled_to_be_resident_on: 'OpaqueRef:NULL',
      current_operations: {},
      guest_metrics: 'OpaqueRef:NULL',
    });
    expect((await diskOf(world, session, 'db-02')).sm_config).toEqual({ [`host_${host('host-4')}`]: 'RW' });
    await world.wait(11_000);
    const guest = await world.ask('host-1', 'VM.get_guest_metrics', session, vm('db-02'));
    expect(await world.ask('host-1', 'VM_guest_metrics.get_live', session, guest)).toBe(true);
  });
});

test('a start is refused in XAPI’s order: template, power state, operation under way, host, storage, memory', async () => {
  const world = createSimulatedLab({ latencies: { startMs: 60_000 } });
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    const start = async (name: string, on: string) =>
      (await world.rpc('host-1', 'VM.start_on', session, vm(name), host(on), false, false)).error;
    expect(await start('Debian 13', 'host-4')).toEqual(['VM_IS_TEMPLATE', vm('Debian 13')]);
    expect(await start('db-02', 'host-4')).toEqual(['VM_BAD_POWER_STATE', vm('db-02'), 'halted', 'running']);
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
    await world.ask('host-1', 'Async.VM.start_on', session, vm('db-02'), host('host-4'), false, false);
    await world.wait(100);
    expect((await start('db-02', 'host-3'))?.[0]).toBe('OTHER_OPERATION_IN_PROGRESS');

    await world.ask('host-1', 'VM.hard_shutdown', session, vm('scratch-01'));
    expect((await start('scratch-01', 'host-4'))?.slice(0, 2)).toEqual(['VM_REQUIRES_SR', vm('scratch-01')]);
    await world.ask('host-1', 'host.disable', session, host('host-4'));
    expect(await start('scratch-01', 'host-4')).toEqual(['HOST_DISABLED', host('host-4')]);
    world.lab.steer.restartToolstack('host-4');
    expect(await start('scratch-01', 'host-4')).toEqual(['HOST_NOT_LIVE']);
  });
});

test('assert_can_boot_here counts memory by the records, what is on its way included', async () => {
  const world = createSimulatedLab({ virtualServers: 40, latencies: { startMs: 600_000 } });
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    const shared = world.lab.document.virtualMachines.filter(
      (each) => each.shared && each.hostName !== 'host-4',
    );
    let refusal: readonly string[] | undefined;
    for (const { name } of shared) {
      await world.ask('host-1', 'VM.hard_shutdown', session, vm(name));
      const check = ['VM.assert_can_boot_here', session, vm(name), host('host-4')] as const;
      refusal = (await world.rpc('host-1', ...check)).error;
      if (refusal !== undefined) break;
      await world.ask('host-1', 'Async.VM.start_on', session, vm(name), host('host-4'), false, false);
      await world.wait(10);
    }
    expect(refusal?.[0]).toBe('HOST_NOT_ENOUGH_FREE_MEMORY');
    expect(Number(refusal?.[1])).toBeGreaterThan(Number(refusal?.[2]));
  });
});

test('VM.start picks a host that its database calls good, even one that has no power', async () => {
  const world = createSimulatedLab({ members: 2, virtualServers: 2, localVirtualServers: 0 });
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
    world.lab.steer.cutPower('host-2');
    await world.ask('host-1', 'host.disable', session, host('host-1'));
    const { error } = await world.rpc('host-1', 'VM.start', session, vm('db-02'), false, false);
    expect(error).toEqual(['CANNOT_CONTACT_HOST', host('host-2')]);
    await world.wait(700_000);
    const later = await world.rpc('host-1', 'VM.start', session, vm('db-02'), false, false);
    expect(later.error).toEqual(['NO_HOSTS_AVAILABLE']);
  });
});

test('remove_from_sm_config knows no error for an absent key, and the oracle sees a lock that goes under a live disk', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const { ref } = await diskOf(world, session, 'db-02');
    await world.ask('host-1', 'VDI.remove_from_sm_config', session, ref, `host_${host('host-4')}`);
    expect(world.lab.verdict().clean).toBe(true);
    await world.ask('host-1', 'VDI.remove_from_sm_config', session, ref, `host_${host('host-2')}`);
  });
  const { violations, harmfulEffects } = world.lab.verdict();
  expect(violations).toMatchObject([
    { kind: 'lockClearedUnderLiveTapdisk', virtualMachine: 'db-02', hosts: ['host-2'] },
  ]);
  expect(harmfulEffects.map((each) => each.changedAnything)).toEqual([false, true]);
});

test('a rolling upgrade refuses every start', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    world.lab.steer.setRollingUpgrade('on');
    const { error } = await world.rpc(
      'host-1',
      'VM.assert_can_boot_here',
      session,
      vm('db-02'),
      host('host-4'),
    );
    expect(error?.[0]).toBe('VM_HOST_INCOMPATIBLE_VERSION');
  });
});
