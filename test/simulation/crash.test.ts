import { expect, test } from 'vitest';
import { exchange, openStream } from '../../src/adapters/network/exchange.ts';
import { sleep } from '../../src/ports/clock.ts';
import { counterServer, fingerprint, openPeer, origin } from './scenario.ts';
import { outcome, setStage } from './stage.ts';

for (const [when, carriedOut] of [
  ['before', 0],
  ['after', 1],
] as const) {
  test(`a process killed ${when} its request is carried out runs nothing more, not even a finally`, async () => {
    const stage = setStage(
      ({ operator }) =>
        ({ nth }) =>
          nth === 1 ? { kind: 'crash', when, owner: operator } : 'deliver',
    );
    const ran: string[] = [];
    stage.simulation.start(stage.operator, async () => {
      try {
        await stage.add();
        ran.push('first answered');
        await stage.add();
        ran.push('second answered');
      } catch {
        ran.push('catch');
      } finally {
        ran.push('finally');
      }
    });
    stage.clock.after(60_000, () => ran.push('timer'));
    await stage.simulation.run(120_000);
    expect(stage.operator.alive).toBe(false);
    expect(ran).toEqual(['first answered']);
    expect(stage.total()).toBe(1 + carriedOut);
  });
}

test('what a process sent before it was killed still arrives', async () => {
  const stage = setStage();
  stage.simulation.start(stage.operator, async () => {
    await stage.add();
    void stage.add();
    stage.operator.kill();
  });
  await stage.simulation.run(10_000);
  expect(stage.total()).toBe(2);
});

test('a killed process can neither send, nor wait, nor listen', async () => {
  const stage = setStage();
  // Leaves a warm connection, on which a request would need no event to be sent.
  await stage.play(async () => {
    await stage.add();
  });
  stage.operator.kill();
  const ran: string[] = [];
  stage.clock.after(1, () => ran.push('timer'));
  void stage.add().finally(() => ran.push('answer'));
  const knock = stage.simulation.network(stage.operator).answersTcp('10.0.0.11', 443, 100);
  void knock.then(() => ran.push('knock'));
  stage.simulation.start(stage.operator, async () => {
    ran.push('program');
  });
  await stage.simulation.run(60_000);
  expect(ran).toEqual([]);
  expect(stage.total()).toBe(1);
  expect(() =>
    stage.simulation.listen('https://10.0.0.99:443', async () => 'silence', { owner: stage.operator }),
  ).toThrow('was killed');
});

test('an instance started anew under the same name goes on, and its requests are counted on', async () => {
  const counted: number[] = [];
  const stage = setStage(() => ({ nth }) => {
    counted.push(nth);
    return 'deliver';
  });
  await stage.play(async () => {
    await stage.add();
  });
  stage.operator.kill();
  const again = stage.simulation.spawnOwner('operator');
  const dispatcher = openPeer(stage.simulation, { as: again });
  let text = '';
  stage.simulation.start(again, async () => {
    const request = { method: 'POST', path: '/', body: '1', deadlineMs: 5_000 } as const;
    text = (await exchange(dispatcher, stage.simulation.clock(again), request)).text;
  });
  await stage.simulation.run(10_000);
  expect(text).toBe('{"total":2}');
  expect(counted).toEqual([0, 1]);
});

test('a killed server breaks what is under way, refuses the next, and serves again when it is back', async () => {
  const stage = setStage(
    ({ server }) =>
      ({ nth }) =>
        nth === 0 ? { kind: 'crash', when: 'after', owner: server } : 'deliver',
  );
  await stage.play(async () => {
    expect(await stage.add()).toEqual(['reset', true]);
    expect(await stage.add()).toEqual(['refused', false]);
    const again = stage.simulation.spawnOwner('server');
    const counter = counterServer(stage.simulation.clock(again));
    stage.simulation.listen(origin, counter.handler, { owner: again, sha256Fingerprint: fingerprint });
    expect(await stage.add()).toBe('{"total":1}');
  });
  expect(stage.total()).toBe(1);
});

const deaths = ['while it waits', 'while it makes a piece', 'while its reader is slow'] as const;

for (const death of deaths) {
  test(`a server killed ${death} runs nothing more of its stream, not even a finally`, async () => {
    const stage = setStage();
    const ran: string[] = [];
    const owner = stage.simulation.spawnOwner('streamer');
    const clock = stage.simulation.clock(owner);
    async function* endless(): AsyncIterable<string> {
      try {
        for (let count = 0; ; count++) {
          if (!owner.alive) ran.push('next piece');
          if (death === 'while it waits') await sleep(clock, 10);
          if (death === 'while it makes a piece' && count === 20) owner.kill();
          yield 'x'.repeat(10_000);
        }
      } finally {
        ran.push('finally');
      }
    }
    const handler = async () => ({ status: 200, headers: {}, body: endless() });
    stage.simulation.listen('http://10.0.0.20:80', handler, { owner });
    const peer = { origin: 'http://10.0.0.20:80', trust: { kind: 'plaintext' }, connections: 1 } as const;
    const dispatcher = stage.simulation.network(stage.operator).open(peer);
    await stage.play(async () => {
      const stream = await openStream(dispatcher, stage.clock, {
        method: 'GET',
        path: '/',
        deadlineMs: 1_000,
      });
      await sleep(stage.clock, 1_000);
      if (death !== 'while it makes a piece') owner.kill();
      const reading = async (): Promise<void> => {
        for await (const _ of stream.chunks);
      };
      await expect(reading()).rejects.toMatchObject({ failure: 'reset' });
    });
    await stage.simulation.run(60_000);
    expect(ran).toEqual([]);
  });
}

test('a server hears that its client was killed', async () => {
  const stage = setStage();
  const heard: string[] = [];
  stage.simulation.listen('http://10.0.0.20:80', async ({ signal }) => {
    signal.addEventListener('abort', () => heard.push('gone'));
    return 'silence';
  });
  const peer = { origin: 'http://10.0.0.20:80', trust: { kind: 'plaintext' }, connections: 1 } as const;
  const dispatcher = stage.simulation.network(stage.operator).open(peer);
  stage.simulation.start(stage.operator, async () => {
    await outcome(exchange(dispatcher, stage.clock, { method: 'GET', path: '/', deadlineMs: 60_000 }));
  });
  await stage.simulation.run(1_000);
  expect(heard).toEqual([]);
  stage.operator.kill();
  await stage.simulation.run(2_000);
  expect(heard).toEqual(['gone']);
});
