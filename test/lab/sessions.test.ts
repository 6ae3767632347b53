import { expect, test } from 'vitest';
import { createSimulatedLab } from './simulatedLab.ts';

test('a slave refuses a login and names the master of its own pool.conf, also when that master is dead', async () => {
  const world = createSimulatedLab();
  const { password, address } = world.member('host-1');
  await world.run(async () => {
    const refusal = { error: ['HOST_IS_SLAVE', address] };
    expect(await world.rpc('host-2', 'session.login_with_password', 'root', password)).toEqual(refusal);
    world.lab.steer.cutPower('host-1');
    expect(await world.rpc('host-2', 'session.login_with_password', 'root', password)).toEqual(refusal);
  });
});

test('a slave serves no pool call and names the master instead', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const answer = await world.rpc('host-2', 'host.get_all', session);
    expect(answer).toEqual({ error: ['HOST_IS_SLAVE', world.member('host-1').address] });
  });
});

test('a local login works on a slave, needs the right password and opens nothing of the pool', async () => {
  const world = createSimulatedLab();
  const { password } = world.member('host-2');
  await world.run(async () => {
    const wrong = await world.rpc('host-2', 'session.slave_local_login_with_password', 'root', 'guess');
    expect(wrong.error?.[0]).toBe('SESSION_AUTHENTICATION_FAILED');
    const session = await world.ask('host-2', 'session.slave_local_login_with_password', 'root', password);
    expect(await world.ask('host-2', 'host.is_in_emergency_mode', session)).toBe(false);
    expect((await world.rpc('host-1', 'host.get_all', session)).error).toEqual(['SESSION_INVALID', session]);
    await world.ask('host-2', 'session.local_logout', session);
    expect((await world.rpc('host-2', 'host.is_in_emergency_mode', session)).error?.[0]).toBe(
      'SESSION_INVALID',
    );
  });
});

test('a restart of the master ends every session and drops every task', async () => {
  const world = createSimulatedLab({ latencies: { startMs: 60_000 } });
  await world.run(async () => {
    const session = await world.logIn();
    const { vm, host } = await world.refs(session);
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('app-01'));
    const task = await world.ask(
      'host-1',
      'Async.VM.start_on',
      session,
      vm('app-01'),
      host('host-4'),
      false,
      false,
    );
    world.lab.steer.restartToolstack('host-1');
    await world.wait(30_000);
    expect((await world.rpc('host-1', 'task.get_record', session, task)).error).toEqual([
      'SESSION_INVALID',
      session,
    ]);
    const again = await world.logIn();
    expect((await world.rpc('host-1', 'task.get_record', again, task)).error).toEqual([
      'HANDLE_INVALID',
      'task',
      task,
    ]);
  });
});

test('logout ends the session', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    await world.ask('host-1', 'session.logout', session);
    expect((await world.rpc('host-1', 'host.get_all', session)).error).toEqual(['SESSION_INVALID', session]);
  });
});

test('the session that was idle longest is closed when one originator opens more than 500', async () => {
  const world = createSimulatedLab({ latencies: { callMs: 0 } });
  const { password } = world.member('host-1');
  await world.run(async () => {
    const other = await world.ask(
      'host-1',
      'session.login_with_password',
      'root',
      password,
      '2.0',
      'someone else',
    );
    const sessions: string[] = [];
    for (let count = 0; count < 501; count += 1) sessions.push(await world.logIn());
    const alive = async (session: string | undefined) =>
      (await world.rpc('host-1', 'host.get_all', session)).error === undefined;
    expect(await alive(sessions[0])).toBe(false);
    expect(await alive(sessions[1])).toBe(true);
    expect(await alive(other)).toBe(true);
  });
});
