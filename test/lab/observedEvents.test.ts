/** What a real XAPI answered to event.from, and that the lab answers the same. */
import { expect, test } from 'vitest';
import { createSimulatedLab } from './simulatedLab.ts';

const nobody = 'OpaqueRef:11111111-1111-1111-1111-111111111111';

interface Batch {
  readonly events: readonly {
    id: string;
    timestamp: string;
    class: string;
    operation: string;
    ref: string;
  }[];
  readonly valid_ref_counts: Readonly<Record<string, number>>;
  readonly token: string;
}

interface Poll {
  readonly seen: string;
  readonly classes: readonly string[];
  /** Where the client stands: `now` is what an empty token brought for the same classes. */
  readonly token: string;
  readonly timeout: unknown;
  /** Classes of the events that come. */
  readonly brings: readonly string[];
  readonly waitsSeconds: number;
  /** What the token is afterwards: `same` as was sent, `zero`, or `newest` of what was subscribed. */
  readonly leavesAt: 'same' | 'zero' | 'newest';
}

const zero = '00000000000000000000,00000000000000000000';
const future = '00000000000099999999,00000000000000000000';

test.each<Poll>([
  {
    seen: 'an empty token brings everything',
    classes: ['VM'],
    token: '',
    timeout: 5,
    brings: ['vm'],
    waitsSeconds: 0,
    leavesAt: 'newest',
  },
  {
    seen: 'classes may be small',
    classes: ['vm'],
    token: '',
    timeout: 5,
    brings: ['vm'],
    waitsSeconds: 0,
    leavesAt: 'newest',
  },
  {
    seen: 'several classes at once',
    classes: ['vm', 'pool'],
    token: '',
    timeout: 5,
    brings: ['pool', 'vm'],
    waitsSeconds: 0,
    leavesAt: 'newest',
  },
  {
    seen: 'nothing new',
    classes: ['vm'],
    token: 'now',
    timeout: 3.0,
    brings: [],
    waitsSeconds: 3,
    leavesAt: 'same',
  },
  {
    seen: 'a timeout that is a text',
    classes: ['vm'],
    token: 'now',
    timeout: '2.0',
    brings: [],
    waitsSeconds: 2,
    leavesAt: 'same',
  },
  {
    seen: 'a timeout of nothing',
    classes: ['vm'],
    token: 'now',
    timeout: 0.0,
    brings: [],
    waitsSeconds: 0,
    leavesAt: 'same',
  },
  {
    seen: 'a timeout below nothing',
    classes: ['vm'],
    token: '',
    timeout: -1,
    brings: ['vm'],
    waitsSeconds: 0,
    leavesAt: 'newest',
  },
  {
    seen: 'a class that is not there',
    classes: ['moon'],
    token: '',
    timeout: 2,
    brings: [],
    waitsSeconds: 2,
    leavesAt: 'zero',
  },
  {
    seen: 'no class at all',
    classes: [],
    token: '',
    timeout: 2,
    brings: [],
    waitsSeconds: 2,
    leavesAt: 'zero',
  },
  {
    seen: 'a class that is there and one that is not',
    classes: ['moon', 'vm'],
    token: '',
    timeout: 2,
    brings: ['vm'],
    waitsSeconds: 0,
    leavesAt: 'newest',
  },
  {
    seen: 'an object that is not there',
    classes: [`vm/${nobody}`],
    token: '',
    timeout: 2,
    brings: [],
    waitsSeconds: 2,
    leavesAt: 'zero',
  },
  {
    seen: 'too many slashes',
    classes: ['a/b/c'],
    token: '',
    timeout: 2,
    brings: [],
    waitsSeconds: 2,
    leavesAt: 'zero',
  },
  {
    seen: 'a slash without a class',
    classes: ['/x'],
    token: '',
    timeout: 2,
    brings: [],
    waitsSeconds: 2,
    leavesAt: 'zero',
  },
  {
    seen: 'an empty word',
    classes: [''],
    token: '',
    timeout: 2,
    brings: [],
    waitsSeconds: 2,
    leavesAt: 'zero',
  },
  {
    seen: 'a token from the future',
    classes: ['vm'],
    token: future,
    timeout: 2,
    brings: [],
    waitsSeconds: 2,
    leavesAt: 'same',
  },
  {
    seen: 'a token below nothing',
    classes: ['vm'],
    token: '-1,0',
    timeout: 2,
    brings: ['vm'],
    waitsSeconds: 0,
    leavesAt: 'newest',
  },
])('event.from: $seen', async ({ classes, token, timeout, brings, waitsSeconds, leavesAt }) => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const newest = (await world.ask<Batch>('host-1', 'event.from', session, classes, '', 0)).token;
    const sent = token === 'now' ? newest : token;
    const before = world.simulation.nowMs;
    const batch = await world.ask<Batch>('host-1', 'event.from', session, classes, sent, timeout);
    expect(Math.round((world.simulation.nowMs - before) / 100) / 10).toBe(waitsSeconds);
    expect(new Set(batch.events.map((each) => each.class))).toEqual(new Set(brings));
    expect(batch.token).toBe({ same: sent, zero, newest }[leavesAt]);
    expect(batch.token).toMatch(/^\d{20},0{20}$/);
  });
});

test('event.from: the token counts what was subscribed alone, and messages apart and only for whoever wants them', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    const from = (classes: readonly string[], token: string) =>
      world.ask<Batch>('host-1', 'event.from', session, classes, token, 0);
    const network = (await from(['SR'], '')).token;
    await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
    await world.ask('host-1', 'VM.start_on', session, vm('db-02'), host('host-3'), false, false);
    expect((await from(['SR'], '')).token).toBe(network);
    expect((await from(['vm'], '')).token > network).toBe(true);
    const { events, token, valid_ref_counts } = await from(['message'], '');
    expect(events).toMatchObject([{ id: '0', timestamp: '0.0', class: 'message', operation: 'add' }]);
    expect(token).toMatch(/^0{20},0*[1-9]\d*$/);
    expect(valid_ref_counts['message']).toBe(0);
    expect((await from(['message'], token)).events).toEqual([]);
  });
});

test('event.from: every class is counted whatever is subscribed, and the number of an event is that of its change', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const batch = await world.ask<Batch>('host-1', 'event.from', session, ['pool'], '', 0);
    expect(Object.keys(batch)).toEqual(['events', 'valid_ref_counts', 'token']);
    expect(Object.keys(batch.valid_ref_counts)).toHaveLength(72);
    expect(batch.valid_ref_counts).toMatchObject({
      vm: 16,
      host: 4,
      session: 1,
      network: 0,
      vdi_nbd_server_info: 0,
    });
    await world.ask('host-1', 'host.disable', session, host('host-3'));
    const next = await world.ask<Batch>('host-1', 'event.from', session, ['host'], '', 0);
    expect(next.events.at(-1)?.ref).toBe(host('host-3'));
    expect(next.token).toBe(`${String(next.events.at(-1)?.id).padStart(20, '0')},${'0'.repeat(20)}`);
  });
});

test('event.from: what came and went between two polls is told to nobody, and the token stays', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const first = await world.ask<Batch>('host-1', 'event.from', session, ['task'], '', 0);
    const task = await world.ask('host-1', 'task.create', session, 'short', 'lived');
    await world.ask('host-1', 'task.destroy', session, task);
    const batch = await world.ask<Batch>('host-1', 'event.from', session, ['task'], first.token, 0);
    expect(batch).toMatchObject({ events: [], token: first.token });
  });
});

test('event.from: a change of another object of the class does not end the wait', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const classes = [`host/${host('host-2')}`];
    const { token } = await world.ask<Batch>('host-1', 'event.from', session, classes, '', 0);
    world.clock.after(1_000, () =>
      world.lab.callAs('another admin', 'host-1', 'host.disable', [host('host-3')]),
    );
    const before = world.simulation.nowMs;
    const batch = await world.ask<Batch>('host-1', 'event.from', session, classes, token, 5);
    expect(batch).toMatchObject({ events: [], token });
    expect(Math.round((world.simulation.nowMs - before) / 1000)).toBe(5);
  });
});

test('event.from: whoever waits is told at once that the session was ended, and hears of a change within 10 ms', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const { token } = await world.ask<Batch>('host-1', 'event.from', session, ['host'], '', 0);
    let changedAt = 0;
    world.clock.after(2_000, () => {
      changedAt = world.simulation.nowMs;
      return world.lab.callAs('another admin', 'host-1', 'host.disable', [host('host-3')]);
    });
    const { token: next } = await world.ask<Batch>('host-1', 'event.from', session, ['host'], token, 60);
    expect(world.simulation.nowMs - changedAt).toBeLessThan(10);
    const before = world.simulation.nowMs;
    world.clock.after(2_000, () => world.ask('host-1', 'session.logout', session));
    const ended = await world.rpc('host-1', 'event.from', session, ['host'], next, 60);
    expect(ended).toEqual({ error: ['SESSION_INVALID', session] });
    expect(Math.round((world.simulation.nowMs - before) / 1000)).toBe(2);
  });
});
