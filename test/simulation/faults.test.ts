import { expect, test } from 'vitest';
import { exchange } from '../../src/adapters/network/exchange.ts';
import { sleep } from '../../src/ports/clock.ts';
import type { Fault, OutgoingRequest } from '../../src/simulation/faults.ts';
import { createSimulation } from '../../src/simulation/simulation.ts';
import { fingerprint, openPeer, origin } from './scenario.ts';
import { outcome, setStage } from './stage.ts';

const fails = { status: 503, headers: {}, body: 'overloaded' } as const;

const cases: readonly (readonly [string, Fault, unknown, number])[] = [
  ['a refused request is not carried out, and the sender knows', { kind: 'refuse' }, ['refused', false], 0],
  [
    'a request lost with its connection is not carried out',
    { kind: 'dropRequest', shownAs: 'reset' },
    ['reset', true],
    0,
  ],
  [
    'a request lost in silence ends at the deadline',
    { kind: 'dropRequest', shownAs: 'silence' },
    ['deadline', true],
    0,
  ],
  [
    'a request whose reply is lost is carried out',
    { kind: 'dropReply', shownAs: 'reset' },
    ['reset', true],
    1,
  ],
  [
    'a request whose reply stays out is carried out',
    { kind: 'dropReply', shownAs: 'silence' },
    ['deadline', true],
    1,
  ],
  [
    'a false reply may hide that it was carried out',
    { kind: 'falseReply', reply: fails, reaches: 'server' },
    'overloaded',
    1,
  ],
  [
    'a false reply may hide that it was not',
    { kind: 'falseReply', reply: fails, reaches: 'nobody' },
    'overloaded',
    0,
  ],
  [
    'a delayed request is carried out after its sender gave up',
    { kind: 'delay', delayMs: 60_000 },
    ['deadline', true],
    1,
  ],
];

for (const [title, fault, expected, carriedOut] of cases) {
  test(title, async () => {
    const stage = setStage(
      () =>
        ({ nth }) =>
          nth === 1 ? fault : 'deliver',
    );
    await stage.play(async () => {
      expect(await stage.add()).toBe('{"total":1}');
      expect(await stage.add()).toEqual(expected);
    });
    await stage.simulation.run(stage.simulation.nowMs + 100_000);
    expect(stage.total()).toBe(1 + carriedOut);
    await stage.play(async () => {
      expect(await stage.add()).toBe(`{"total":${2 + carriedOut}}`);
    });
  });
}

test('each request is shown once, with its sender, body and number, so that faults can be enumerated', async () => {
  const shown: OutgoingRequest[] = [];
  const stage = setStage(() => (request) => {
    shown.push(request);
    return 'deliver';
  });
  await stage.play(async () => {
    await stage.add();
    await stage.add({ body: '5' });
    await stage.add({ path: '/other' });
  });
  expect(shown.map(({ from, to, label, nth, serial, body }) => [from, to, label, nth, serial, body])).toEqual(
    [
      ['operator', origin, 'POST /', 0, 0, '1'],
      ['operator', origin, 'POST /', 1, 1, '5'],
      ['operator', origin, 'POST /other', 0, 2, '1'],
    ],
  );
});

test('a label of the test names requests that all go to one path', async () => {
  const labels: string[] = [];
  const simulation = createSimulation({
    seed: 1,
    label: ({ body }) => JSON.parse(body).method,
    interpose: ({ label, nth }) => {
      labels.push(`${label} ${nth}`);
      return 'deliver';
    },
  });
  simulation.listen(origin, async () => ({ status: 200, headers: {}, body: '' }), {
    sha256Fingerprint: fingerprint,
  });
  const operator = simulation.spawnOwner('operator');
  const dispatcher = openPeer(simulation, { as: operator });
  simulation.start(operator, async () => {
    for (const method of ['host.get_all', 'VM.start_on', 'host.get_all']) {
      const body = JSON.stringify({ method });
      await exchange(dispatcher, simulation.clock(operator), {
        method: 'POST',
        path: '/jsonrpc',
        body,
        deadlineMs: 5_000,
      });
    }
  });
  await simulation.run(1_000);
  expect(labels).toEqual(['host.get_all 0', 'VM.start_on 0', 'host.get_all 1']);
});

test('a cut network lets a connect time out and answers no knock', async () => {
  const stage = setStage();
  const heal = stage.simulation.partition('operator', 'server');
  await stage.play(async () => {
    expect(await stage.add({ deadlineMs: 60_000 })).toEqual(['unreachable', false]);
    expect(stage.simulation.nowMs).toBe(10_000);
    const network = stage.simulation.network(stage.operator);
    expect(await network.answersTcp('10.0.0.11', 443, 3_000)).toBe(false);
    expect(stage.simulation.nowMs).toBe(13_000);
    heal();
    expect(await network.answersTcp('10.0.0.11', 443, 3_000)).toBe(true);
    expect(await stage.add()).toBe('{"total":1}');
  });
});

test('what met a cut on its way arrives when the cut heals, long after its sender gave up', async () => {
  const stage = setStage();
  let heal = (): void => {};
  await stage.play(async () => {
    await stage.add();
    heal = stage.simulation.partition('server', 'operator');
    expect(await stage.add()).toEqual(['deadline', true]);
    await sleep(stage.clock, 20_000);
    expect(stage.total()).toBe(1);
    heal();
    await sleep(stage.clock, 30_000);
    expect(stage.total()).toBe(2);
  });
});

test('what met a cut that does not heal never arrives', async () => {
  const stage = setStage();
  await stage.play(async () => {
    await stage.add();
    const heal = stage.simulation.partition('server', 'operator');
    expect(await stage.add()).toEqual(['deadline', true]);
    await sleep(stage.clock, 3_600_000);
    heal();
    await sleep(stage.clock, 3_600_000);
    expect(stage.total()).toBe(1);
  });
});

test('a cut concerns its two owners alone, and a restriction those that it names', async () => {
  const stage = setStage();
  const other = stage.simulation.spawnOwner('other');
  const fromOther = openPeer(stage.simulation, { as: other });
  stage.simulation.partition('operator', 'server');
  const asOther = (deadlineMs: number) =>
    outcome(exchange(fromOther, stage.simulation.clock(other), { method: 'GET', path: '/', deadlineMs }));
  await stage.play(async () => {
    expect(await asOther(5_000)).toBe('{"total":0}');
    const lift = stage.simulation.restrict((from, to) => from !== 'other' || !to.includes('10.0.0.11'));
    expect(await asOther(5_000)).toEqual(['deadline', true]);
    lift();
    expect(await asOther(5_000)).toBe('{"total":0}');
  });
});

test('a bare TCP port answers a knock until it is closed', async () => {
  const stage = setStage();
  const close = stage.simulation.listenTcp('10.0.0.12', 22);
  const network = stage.simulation.network(stage.operator);
  await stage.play(async () => {
    expect(await network.answersTcp('10.0.0.12', 22, 1_000)).toBe(true);
    close();
    expect(await network.answersTcp('10.0.0.12', 22, 1_000)).toBe(false);
  });
});
