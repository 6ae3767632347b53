import { expect, test } from 'vitest';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

function hostOf(world: SimulatedLab, name: string) {
  return world.lab.status().hosts.find((each) => each.name === name);
}

function firstOn(world: SimulatedLab, host: string) {
  const found = world.lab.document.virtualMachines.find((each) => each.hostName === host);
  if (found === undefined) throw new Error(`nothing runs on ${host}`);
  return found;
}

function truthOf(world: SimulatedLab, vmUUID: string) {
  return world.lab.status().virtualMachines.find((each) => each.uuid === vmUUID);
}

/** Cut off from the pool, declared dead, and its first virtual machine started on host-4: the dangerous case. */
async function runTwice(world: SimulatedLab): Promise<string> {
  const session = await world.logIn();
  const { host, vm } = await world.refs(session);
  const victim = firstOn(world, 'host-2');
  world.lab.steer.partition('host-2', 'everyone', 'management');
  await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
  await world.ask('host-1', 'VM.start_on', session, vm(victim.name), host('host-4'), false, false);
  expect(truthOf(world, victim.uuid)?.runsOn).toEqual(['host-2', 'host-4']);
  return victim.uuid;
}

test('a partition that heals without a toolstack start leaves the stale domain running', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const victim = await runTwice(world);
    world.lab.steer.heal();
    await world.wait(120_000);
    expect(hostOf(world, 'host-2')?.believed?.live).toBe(true);
    expect(truthOf(world, victim)?.runsOn).toEqual(['host-2', 'host-4']);
  });
});

test('a toolstack start shuts down the domain that the pool has elsewhere, and adopts the one that it has nowhere', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const victim = await runTwice(world);
    const other = world.lab.document.virtualMachines.filter((each) => each.hostName === 'host-2')[1];
    expect(truthOf(world, other?.uuid ?? '')?.believedState).toBe('Halted');
    world.lab.steer.heal();
    world.lab.steer.restartToolstack('host-2');
    await world.wait(20_000);
    expect(truthOf(world, victim)?.runsOn).toEqual(['host-4']);
    expect(truthOf(world, other?.uuid ?? '')).toMatchObject({
      runsOn: ['host-2'],
      believedState: 'Running',
      believedOn: 'host-2',
    });
  });
});

test('a stale domain that is shut down gives its lock back, and a later start is not refused by it', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    const victim = firstOn(world, 'host-2');
    world.lab.steer.partition('host-2', 'everyone', 'management');
    world.lab.steer.addFault({ method: 'host.declare_dead', effect: { kind: 'hookFails' } });
    await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
    const vdi = await world.ask('host-1', 'VDI.get_by_uuid', session, victim.diskUUID);
    await world.ask('host-1', 'VDI.remove_from_sm_config', session, vdi, `host_${host('host-2')}`);
    await world.ask('host-1', 'VM.start_on', session, vm(victim.name), host('host-4'), false, false);
    await world.ask('host-1', 'VDI.add_to_sm_config', session, vdi, `host_${host('host-2')}`, 'RW');
    world.lab.steer.heal();
    world.lab.steer.restartToolstack('host-2');
    await world.wait(20_000);
    const config = await world.ask<object>('host-1', 'VDI.get_sm_config', session, vdi);
    expect(Object.keys(config)).toEqual([`host_${host('host-4')}`]);
  });
});

test('what the pool believes running on a host that has booted is forced Halted', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const victim = firstOn(world, 'host-2');
    world.lab.steer.cutPower('host-2');
    expect(truthOf(world, victim.uuid)).toMatchObject({ runsOn: [], believedState: 'Running' });
    world.lab.steer.restorePower('host-2');
    await world.wait(80_000);
    expect(hostOf(world, 'host-2')?.toolstack).toBe('down');
    await world.wait(40_000);
    expect(hostOf(world, 'host-2')).toMatchObject({ power: 'on', toolstack: 'running' });
    expect(hostOf(world, 'host-2')?.believed).toMatchObject({ live: true, enabled: true, residents: 0 });
    expect(truthOf(world, victim.uuid)).toMatchObject({ runsOn: [], believedState: 'Halted' });
  });
});

test('a boot that the power cut short has to begin again', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    for (let count = 0; count < 2; count += 1) {
      world.lab.steer.cutPower('host-2');
      world.lab.steer.restorePower('host-2');
      await world.wait(60_000);
    }
    await world.wait(25_000);
    expect(hostOf(world, 'host-2')?.toolstack).toBe('down');
    await world.wait(10_000);
    expect(hostOf(world, 'host-2')?.toolstack).toBe('starting');
  });
});

test('a host that boots starts virtual machines by itself when auto_poweron is set', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const victim = firstOn(world, 'host-2');
    world.lab.steer.setAutoPowerOn('on');
    world.lab.steer.cutPower('host-2');
    world.lab.steer.restorePower('host-2');
    await world.wait(120_000);
    expect(truthOf(world, victim.uuid)).toMatchObject({ runsOn: ['host-2'], believedOn: 'host-2' });
  });
  expect(world.lab.verdict().harmfulEffects.map((each) => each.caller)).toContain('auto_poweron');
});

/** host-2 is declared dead over a partition, forgotten, reached again, and its toolstack restarts. */
async function forgetHost2(world: SimulatedLab): Promise<void> {
  const session = await world.logIn();
  const { host } = await world.refs(session);
  world.lab.steer.partition('host-2', 'everyone', 'management');
  await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
  await world.ask('host-1', 'host.destroy', session, host('host-2'));
  world.lab.steer.heal();
  world.lab.steer.restartToolstack('host-2');
}

test('the toolstack of a forgotten host dies again and again, answers as a slave in between, and its domains write on', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const victim = firstOn(world, 'host-2');
    await forgetHost2(world);
    const { password } = world.member('host-2');
    const logIn = () => world.rpc('host-2', 'session.login_with_password', 'root', password);
    const slave = ['HOST_IS_SLAVE', world.member('host-1').address];
    for (let life = 0; life < 3; life += 1) {
      await world.wait(life === 0 ? 16_000 : 3_000);
      expect((await logIn()).error).toEqual(slave);
      const session = await world.ask('host-2', 'session.slave_local_login_with_password', 'root', password);
      expect(await world.ask<string[]>('host-2', 'host.get_all', session)).toHaveLength(3);
      await world.wait(5_100);
      expect(hostOf(world, 'host-2')?.toolstack).toBe('down');
    }
    expect(truthOf(world, victim.uuid)?.runsOn).toEqual(['host-2']);
    expect(hostOf(world, 'host-2')?.believed).toBeUndefined();
  });
});

test('older toolstacks of a forgotten host stay in emergency mode, which says that the master does not know it', async () => {
  const world = createSimulatedLab({ habits: { forgottenMember: 'emergency' } });
  await world.run(async () => {
    await forgetHost2(world);
    await world.wait(20_000);
    expect(hostOf(world, 'host-2')?.toolstack).toBe('emergency');
    const { password, hostUUID } = world.member('host-2');
    expect((await world.rpc('host-2', 'session.login_with_password', 'root', password)).error).toEqual([
      'HOST_UNKNOWN_TO_MASTER',
      hostUUID,
    ]);
  });
});

test('a slave that starts without a master is in emergency mode until the master answers', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    world.lab.steer.partition('host-1', 'host-2', 'management');
    world.lab.steer.restartToolstack('host-2');
    await world.wait(60_000);
    expect(hostOf(world, 'host-2')?.toolstack).toBe('emergency');
    world.lab.steer.heal();
    await world.wait(6_000);
    expect(hostOf(world, 'host-2')?.toolstack).toBe('running');
  });
});

test('a slave whose master dies while it runs is not in emergency mode', async () => {
  const world = createSimulatedLab();
  const { password } = world.member('host-2');
  await world.run(async () => {
    world.lab.steer.cutPower('host-1');
    await world.wait(300_000);
    const session = await world.ask('host-2', 'session.slave_local_login_with_password', 'root', password);
    expect(await world.ask('host-2', 'host.is_in_emergency_mode', session)).toBe(false);
  });
});

test('a start that the master does not live to see is reported when the host has its new master', async () => {
  const world = createSimulatedLab({ latencies: { startMs: 5_000 } });
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
    await world.ask('host-1', 'Async.VM.start_on', session, vm('db-02'), host('host-4'), false, false);
    // The disks are open, and the domain is being built.
    await world.wait(3_000);
    world.lab.steer.restartToolstack('host-1');
    const uuid = world.lab.document.virtualMachines.find((each) => each.name === 'db-02')?.uuid ?? '';
    await world.wait(4_000);
    expect(truthOf(world, uuid)).toMatchObject({ runsOn: ['host-4'], believedState: 'Halted' });
    await world.wait(10_000);
    await world.wait(31_000);
    expect(truthOf(world, uuid)).toMatchObject({
      runsOn: ['host-4'],
      believedState: 'Running',
      believedOn: 'host-4',
    });
  });
  expect(world.lab.verdict().clean).toBe(true);
});

test('a dead toolstack refuses connections, a machine without power answers nothing', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const { address } = world.member('host-2');
    world.lab.steer.crashToolstack('host-2');
    await expect(world.post('host-2', '{}')).rejects.toThrow(/refused/i);
    world.lab.steer.cutPower('host-3');
    await expect(world.post('host-3', '{}', { deadlineMs: 5_000 })).rejects.toThrow(/5000|5 s|deadline/i);
    expect(await world.network.answersTcp(address, 443, 1_000)).toBe(false);
    expect(await world.network.answersTcp(world.member('host-3').address, 443, 1_000)).toBe(false);
    expect(await world.network.answersTcp(world.member('host-4').address, 443, 1_000)).toBe(true);
  });
});
