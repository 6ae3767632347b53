import { expect, test } from 'vitest';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

interface Batch {
  readonly token: string;
  readonly valid_ref_counts: Readonly<Record<string, number>>;
  readonly events: readonly {
    readonly class: string;
    readonly operation: string;
    readonly ref: string;
    readonly snapshot?: Readonly<Record<string, unknown>>;
  }[];
}

function poll(world: SimulatedLab, session: string, classes: readonly string[], token: string, timeout = 30) {
  return world.ask<Batch>('host-1', 'event.from', session, classes, token, timeout);
}

test('an empty token brings the whole state as additions, with classes in lower case and their counts', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const batch = await poll(world, session, ['VM', 'host_metrics'], '');
    expect(new Set(batch.events.map((each) => each.class))).toEqual(new Set(['vm', 'host_metrics']));
    expect(new Set(batch.events.map((each) => each.operation))).toEqual(new Set(['add']));
    // 10 virtual machines, 4 control domains, a template and a snapshot.
    expect(batch.events.filter((each) => each.class === 'vm')).toHaveLength(16);
    // 10 disks and that of the snapshot, 2 ISO files, and what lies in the drives of 4 hosts.
    expect(batch.valid_ref_counts).toMatchObject({ vm: 16, host: 4, host_metrics: 4, vdi: 17, task: 0 });
  });
});

test('a poll waits for a change, and brings it alone', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const { token } = await poll(world, session, ['*'], '');
    world.clock.after(7_000, () =>
      world.lab.callAs('another admin', 'host-1', 'host.disable', [host('host-3')]),
    );
    const before = world.simulation.nowMs;
    const batch = await poll(world, session, ['host'], token);
    expect(world.simulation.nowMs - before).toBeLessThan(7_100);
    expect(batch.events).toMatchObject([{ class: 'host', operation: 'mod', ref: host('host-3') }]);
    expect(batch.events[0]?.snapshot?.['enabled']).toBe(false);
  });
});

test('a poll without a change comes back empty at its timeout', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { token } = await poll(world, session, ['*'], '');
    const before = world.simulation.nowMs;
    const batch = await poll(world, session, ['*'], token, 12.5);
    expect(batch.events).toEqual([]);
    const waitedMs = world.simulation.nowMs - before;
    expect(waitedMs).toBeGreaterThanOrEqual(12_500);
    expect(waitedMs).toBeLessThan(12_600);
  });
});

test('several changes of one object are one event, and what came and went is none', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const { token } = await poll(world, session, ['*'], '');
    await world.ask('host-1', 'host.disable', session, host('host-3'));
    await world.ask('host-1', 'host.enable', session, host('host-3'));
    const task = await world.ask('host-1', 'task.create', session, 'short', 'lived');
    await world.ask('host-1', 'task.destroy', session, task);
    const batch = await poll(world, session, ['*'], token);
    expect(batch.events.map((each) => each.ref)).toEqual([host('host-3')]);
  });
});

test('a removal has no snapshot, and lowers the count', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const task = await world.ask('host-1', 'task.create', session, 'a', 'b');
    const first = await poll(world, session, ['task'], '');
    expect(first.valid_ref_counts['task']).toBe(1);
    await world.ask('host-1', 'task.destroy', session, task);
    const batch = await poll(world, session, ['task'], first.token);
    expect(batch.events).toMatchObject([{ operation: 'del', ref: task }]);
    expect(batch.events[0]).not.toHaveProperty('snapshot');
    expect(batch.valid_ref_counts['task']).toBe(0);
  });
});

test('one object can be watched by its reference', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const batch = await poll(world, session, [`host/${host('host-2')}`], '');
    expect(batch.events.map((each) => each.ref)).toEqual([host('host-2')]);
  });
});

test('a token that cannot be read is refused, and one of a younger database just waits', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    expect((await world.rpc('host-1', 'event.from', session, ['*'], 'nonsense', 1)).error).toEqual([
      'EVENT_FROM_TOKEN_PARSE_FAILURE',
      'nonsense',
    ]);
    world.clock.after(1_000, () =>
      world.lab.callAs('another admin', 'host-1', 'host.disable', [host('host-3')]),
    );
    const batch = await poll(world, session, ['*'], '9999999,9999999', 5);
    expect(batch.events).toEqual([]);
  });
});

test('event.inject marks an object as changed and gives a token for now', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const { token } = await poll(world, session, ['*'], '');
    const injected = await world.ask('host-1', 'event.inject', session, 'host', host('host-2'));
    const batch = await poll(world, session, ['*'], token);
    expect(batch.events.map((each) => each.ref)).toEqual([host('host-2')]);
    expect(batch.token).toBe(injected);
  });
});

test('no event ends a poll when the master dies: its connection breaks, or nothing comes at all', async () => {
  const crashed = createSimulatedLab();
  await crashed.run(async () => {
    const session = await crashed.logIn();
    const { token } = await poll(crashed, session, ['*'], '');
    crashed.clock.after(1_000, () => crashed.lab.steer.crashToolstack('host-1'));
    await expect(poll(crashed, session, ['*'], token)).rejects.toThrow();
    expect(crashed.simulation.nowMs).toBeLessThan(5_000);
  });
  const dark = createSimulatedLab();
  await dark.run(async () => {
    const session = await dark.logIn();
    const { token } = await poll(dark, session, ['*'], '');
    dark.clock.after(1_000, () => dark.lab.steer.cutPower('host-1'));
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'event.from',
      params: [session, ['*'], token, 30],
    });
    await expect(dark.post('host-1', body, { deadlineMs: 60_000 })).rejects.toThrow();
    expect(dark.simulation.nowMs).toBeGreaterThan(60_000);
  });
});
