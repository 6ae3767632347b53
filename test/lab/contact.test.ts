/** How long the master's calls to a member take that is gone, by whether the pool still believes it to be live. */
import { expect, test } from 'vitest';
import { type Answer, createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

/** What came back, and after how many tenths of a second of virtual time. */
async function timed(world: SimulatedLab, ask: () => Promise<Answer>): Promise<readonly [number, Answer]> {
  const before = world.simulation.nowMs;
  const answer = await ask();
  return [Math.round((world.simulation.nowMs - before) / 100) / 10, answer];
}

interface Named {
  readonly host: (name: string) => string;
  readonly vm: (name: string) => string;
}

const forwarded: readonly (readonly [string, (named: Named) => readonly unknown[]])[] = [
  ['host.get_servertime', ({ host }) => [host('host-2')]],
  ['host.enable', ({ host }) => [host('host-2')]],
  ['VM.start_on', ({ host, vm }) => [vm('app-01'), host('host-2'), false, false]],
  ['VM.hard_shutdown', ({ vm }) => [vm('db-02')]],
  ['PBD.unplug', () => ['the plug of host-2']],
];

test.each(forwarded)(
  '%s is tried for 131 s at a member that is silent, and fails at once when its live is false',
  async (method, paramsOf) => {
    const world = createSimulatedLab();
    await world.run(async () => {
      const session = await world.logIn();
      const named = await world.refs(session);
      await world.ask('host-1', 'VM.hard_shutdown', session, named.vm('app-01'));
      const [plug] = await world.ask<string[]>('host-1', 'host.get_PBDs', session, named.host('host-2'));
      const params = paramsOf(named).map((each) => (each === 'the plug of host-2' ? plug : each));
      const call = () => timed(world, () => world.rpc('host-1', method, session, ...params));
      world.lab.steer.cutPower('host-2');
      expect(await call()).toEqual([131, { error: ['CANNOT_CONTACT_HOST', named.host('host-2')] }]);
      await world.wait(600_000);
      const [took, late] = await call();
      expect(took).toBe(0);
      expect(late.error?.[0]).toBe(method === 'VM.start_on' ? 'HOST_NOT_LIVE' : 'HOST_OFFLINE');
    });
  },
);

test('a call that is under way reaches a member that comes back, at its next try', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    world.lab.steer.partition('host-1', 'host-2', 'management');
    world.clock.after(30_000, () => world.lab.steer.heal());
    const [took, answer] = await timed(world, () =>
      world.rpc('host-1', 'host.get_servertime', session, host('host-2')),
    );
    expect(answer.error).toBeUndefined();
    expect(took).toBe(39.3);
  });
});

test('a toolstack that refuses is tried as often, without the wait for a connection', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    world.lab.steer.crashToolstack('host-2');
    const ask = () => world.rpc('host-1', 'host.get_servertime', session, host('host-2'));
    expect(await timed(world, ask)).toEqual([100, { error: ['CANNOT_CONTACT_HOST', host('host-2')] }]);
  });
});

test('the guard of declare_dead contacts a silent member once, and once more for each of its machines', async () => {
  const world = createSimulatedLab({ latencies: { declareDeadMs: 0, resetMs: 0 } });
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const declare = () =>
      timed(world, () => world.rpc('host-1', 'host.declare_dead', session, host('host-2')));
    world.lab.steer.cutPower('host-2');
    expect(world.lab.status().hosts[1]?.believed?.residents).toBe(2);
    expect(await declare()).toEqual([9.3, { result: '' }]);
    expect(await declare()).toEqual([3.1, { result: '' }]);
    const destroy = () => timed(world, () => world.rpc('host-1', 'host.destroy', session, host('host-2')));
    expect(await destroy()).toEqual([3.1, { result: '' }]);
  });
});

test('with live at false the guard asks nobody', async () => {
  const world = createSimulatedLab({ latencies: { declareDeadMs: 0, resetMs: 0 } });
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    world.lab.steer.cutPower('host-2');
    await world.wait(700_000);
    const declare = () => world.rpc('host-1', 'host.declare_dead', session, host('host-2'));
    expect(await timed(world, declare)).toEqual([0, { result: '' }]);
  });
});

test('a member that comes back in the middle of declare_dead ends it half done: enabled, with some machines reset', async () => {
  const world = createSimulatedLab({ virtualServers: 16 });
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    world.lab.steer.partition('host-1', 'host-2', 'management');
    world.clock.after(8_000, () => world.lab.steer.heal());
    const { error } = await world.rpc('host-1', 'host.declare_dead', session, host('host-2'));
    expect(error).toEqual(['HOST_IS_LIVE', host('host-2')]);
    const left = world.lab.status().hosts.find((each) => each.name === 'host-2')?.believed;
    expect(left).toEqual({ live: true, enabled: true, residents: 3 });
  });
  expect(world.lab.verdict().harmfulEffects).toMatchObject([
    { kind: 'declareDead', target: 'host-2', changedAnything: true },
  ]);
});

test('a reset is seen in two changes: Halted and still resident on the dead host, then resident nowhere', async () => {
  const world = createSimulatedLab({ latencies: { resetMs: 100 } });
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    world.lab.steer.cutPower('host-2');
    const seen: unknown[] = [];
    const first = await world.ask<{ token: string }>(
      'host-1',
      'event.from',
      session,
      [`VM/${vm('db-02')}`],
      '',
      5,
    );
    let { token } = first;
    await world.ask('host-1', 'Async.VM.power_state_reset', session, vm('db-02'));
    for (let batch = 0; batch < 2; batch += 1) {
      const { events, ...rest } = await world.ask<{
        token: string;
        events: readonly { snapshot: { power_state: string; resident_on: string } }[];
      }>('host-1', 'event.from', session, [`VM/${vm('db-02')}`], token, 30);
      token = rest.token;
      seen.push(...events.map(({ snapshot }) => [snapshot.power_state, snapshot.resident_on]));
    }
    expect(seen).toEqual([
      ['Halted', host('host-2')],
      ['Halted', 'OpaqueRef:NULL'],
    ]);
  });
});
