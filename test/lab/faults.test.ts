import { expect, test } from 'vitest';
import { createSimulatedLab } from './simulatedLab.ts';

test('a lost reply means that the call was done', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    world.lab.steer.addFault({ at: 'host-1', method: 'host.disable', nth: 1, effect: { kind: 'lostReply' } });
    await expect(world.ask('host-1', 'host.disable', session, host('host-3'))).rejects.toThrow();
    expect(await world.ask('host-1', 'host.get_enabled', session, host('host-3'))).toBe(false);
  });
});

test('a refused call was not done, and a fault that names the n-th call strikes that one alone', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    world.lab.steer.addFault({ method: 'host.disable', nth: 2, effect: { kind: 'refused' } });
    await world.ask('host-1', 'host.disable', session, host('host-2'));
    await expect(world.ask('host-1', 'host.disable', session, host('host-3'))).rejects.toThrow();
    expect(await world.ask('host-1', 'host.get_enabled', session, host('host-3'))).toBe(true);
    await world.ask('host-1', 'host.disable', session, host('host-4'));
  });
});

test('a false reply and the world differ in both directions, for plain calls and for tasks', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const enabled = () => world.ask<boolean>('host-1', 'host.get_enabled', session, host('host-3'));
    world.lab.steer.addFault({ method: 'host.disable', nth: 1, effect: { kind: 'saysDone' } });
    expect(await world.ask('host-1', 'host.disable', session, host('host-3'))).toBe('');
    expect(await enabled()).toBe(true);
    world.lab.steer.addFault({
      method: 'host.disable',
      nth: 1,
      effect: { kind: 'saysFailed', code: 'HOST_BROKEN' },
    });
    const task = await world.ask('host-1', 'Async.host.disable', session, host('host-3'));
    await world.wait(1_000);
    expect(await world.ask('host-1', 'task.get_status', session, task)).toBe('failure');
    expect(await world.ask<string[]>('host-1', 'task.get_error_info', session, task)).toContain(
      'HOST_BROKEN',
    );
    expect(await enabled()).toBe(false);
  });
});

test('a slow call comes late, a hanging one never, and other members answer meanwhile', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    world.lab.steer.addFault({ method: 'host.get_all', nth: 1, effect: { kind: 'slow', delayMs: 20_000 } });
    const before = world.simulation.nowMs;
    await world.ask('host-1', 'host.get_all', session);
    expect(world.simulation.nowMs - before).toBeGreaterThan(20_000);
    const hang = world.lab.steer.addFault({ at: 'host-1', effect: { kind: 'hang' } });
    await expect(
      world.post('host-1', '{"id":1,"method":"host.get_all","params":[]}', { deadlineMs: 9_000 }),
    ).rejects.toThrow();
    expect((await world.rpc('host-2', 'host.get_all', session)).error?.[0]).toBe('HOST_IS_SLAVE');
    world.lab.steer.removeFault(hang);
    expect((await world.rpc('host-1', 'host.get_all', session)).error).toBeUndefined();
  });
});

test('an answer may be HTML or break off in the middle', async () => {
  const world = createSimulatedLab();
  const body = '{"jsonrpc":"2.0","id":1,"method":"host.get_all","params":["x"]}';
  await world.run(async () => {
    world.lab.steer.addFault({ nth: 1, effect: { kind: 'html' } });
    expect((await world.post('host-1', body)).text).toMatch(/^<html>/);
    world.lab.steer.addFault({ nth: 1, effect: { kind: 'truncated' } });
    const { text } = await world.post('host-1', body);
    expect(() => JSON.parse(text)).toThrow();
  });
});

test.each(['released', 'kept'] as const)('a domain that cannot be built leaves its lock %s', async (lock) => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
    world.lab.steer.addFault({ method: 'VM.start_on', nth: 1, effect: { kind: 'domainFails', lock } });
    const start = () =>
      world.rpc('host-1', 'VM.start_on', session, vm('db-02'), host('host-4'), false, false);
    expect((await start()).error?.[0]).toBe('INTERNAL_ERROR');
    const disk = world.lab.document.virtualMachines.find((each) => each.name === 'db-02')?.diskUUID;
    const vdi = await world.ask('host-1', 'VDI.get_by_uuid', session, disk);
    const config = await world.ask<object>('host-1', 'VDI.get_sm_config', session, vdi);
    expect(Object.keys(config)).toEqual(lock === 'kept' ? [`host_${host('host-4')}`] : []);
    expect((await start()).error).toBeUndefined();
  });
  expect(world.lab.verdict().harmfulEffects.filter((each) => each.kind === 'start')).toHaveLength(1);
});

test('a fault on a name that does not exist, or a host that does not, is refused with a sentence', () => {
  const { steer } = createSimulatedLab().lab;
  expect(() => steer.cutPower('host-9')).toThrow(
    'there is no host host-9 in this lab; hosts are host-1, host-2',
  );
  expect(() => steer.partition('host-1', 'mars', 'management')).toThrow('there is no node mars');
  expect(() => steer.partition('host-1', 'host-2', 'storage')).toThrow(
    'a storage link has "storage" at one end',
  );
  expect(() => steer.addFault({ at: 'mars', effect: { kind: 'hang' } })).toThrow('none is called mars');
  expect(() => steer.addFault({ nth: 0, effect: { kind: 'hang' } })).toThrow('not the one numbered 0');
});
