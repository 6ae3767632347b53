import { expect, test } from 'vitest';
import { exchange, openStream } from '../../src/adapters/network/exchange.ts';
import { type Clock, sleep } from '../../src/ports/clock.ts';
import type { HttpHandler } from '../../src/wire/http.ts';
import { openPeer } from './scenario.ts';
import { outcome, setStage } from './stage.ts';

const bareOrigin = 'http://10.0.0.20:80';

function openBare(stage: ReturnType<typeof setStage>, handler: (clock: Clock) => HttpHandler) {
  const owner = stage.simulation.spawnOwner('streamer');
  stage.simulation.listen(bareOrigin, handler(stage.simulation.clock(owner)), { owner });
  const peer = { origin: bareOrigin, trust: { kind: 'plaintext' }, connections: 1 } as const;
  return stage.simulation.network(stage.operator).open(peer);
}

test('a watch tells each change in order, and ends on the server when its reader leaves', async () => {
  const stage = setStage();
  const watching = openPeer(stage.simulation, { as: stage.operator, connections: 1 });
  const seen: string[] = [];
  await stage.play(async () => {
    const stream = await openStream(watching, stage.clock, {
      method: 'GET',
      path: '/watch',
      deadlineMs: 1_000,
    });
    const reading = (async () => {
      for await (const chunk of stream.chunks) seen.push(chunk.trim());
    })();
    for (let count = 0; count < 5; count++) await stage.add();
    await sleep(stage.clock, 100);
    stream.close();
    await expect(reading).rejects.toMatchObject({ failure: 'closedHere' });
  });
  expect(seen).toEqual(['0', '1', '2', '3', '4', '5']);
  await stage.simulation.run(stage.simulation.nowMs + 1_000);
  expect(stage.simulation.transcript.filter((line) => line.endsWith('GET /watch ~ end'))).toHaveLength(1);
});

test('a chunked reply of 290 s arrives whole, at its pace', async () => {
  const stage = setStage();
  async function* ticks(clock: Clock): AsyncIterable<string> {
    for (let second = 0; second < 290; second++) {
      await sleep(clock, 1_000);
      yield `${second},`;
    }
  }
  const dispatcher = openBare(stage, (clock) => async () => ({
    status: 200,
    headers: {},
    body: ticks(clock),
  }));
  await stage.play(async () => {
    const stream = await openStream(dispatcher, stage.clock, { method: 'GET', path: '/', deadlineMs: 1_000 });
    let text = '';
    for await (const chunk of stream.chunks) text += chunk;
    expect(text.split(',')).toHaveLength(291);
  });
  expect(Math.round(stage.simulation.nowMs / 1_000)).toBe(290);
});

test('a stream behind a cut goes on when the cut heals, with nothing lost and in order', async () => {
  const stage = setStage();
  async function* ticks(clock: Clock): AsyncIterable<string> {
    for (let second = 0; second < 60; second++) {
      yield `${second},`;
      await sleep(clock, 1_000);
    }
  }
  const dispatcher = openBare(stage, (clock) => async () => ({
    status: 200,
    headers: {},
    body: ticks(clock),
  }));
  let heal = (): void => {};
  stage.simulation.clock(stage.simulation.world).after(5_000, () => {
    heal = stage.simulation.partition('operator', 'streamer');
  });
  stage.simulation.clock(stage.simulation.world).after(30_000, () => heal());
  await stage.play(async () => {
    const stream = await openStream(dispatcher, stage.clock, { method: 'GET', path: '/', deadlineMs: 1_000 });
    let text = '';
    const gapsMs: number[] = [];
    let lastMs = stage.clock.monotonicMs();
    for await (const chunk of stream.chunks) {
      text += chunk;
      gapsMs.push(stage.clock.monotonicMs() - lastMs);
      lastMs = stage.clock.monotonicMs();
    }
    expect(text).toBe(Array.from({ length: 60 }, (_, second) => `${second},`).join(''));
    expect(Math.max(...gapsMs)).toBeGreaterThan(20_000);
  });
});

test('a reader that does not read holds the sender back, and loses nothing', async () => {
  const stage = setStage();
  let made = 0;
  async function* flood(): AsyncIterable<string> {
    for (; made < 2_000; made++) yield 'x'.repeat(10_000);
  }
  const dispatcher = openBare(stage, () => async () => ({ status: 200, headers: {}, body: flood() }));
  await stage.play(async () => {
    const stream = await openStream(dispatcher, stage.clock, { method: 'GET', path: '/', deadlineMs: 1_000 });
    await sleep(stage.clock, 60_000);
    expect(made).toBeLessThan(200);
    let length = 0;
    for await (const chunk of stream.chunks) length += chunk.length;
    expect(length).toBe(20_000_000);
  });
});

test('the server hears of a request that was given up, but never before the request itself', async () => {
  const stage = setStage(
    () =>
      ({ to }) =>
        to === bareOrigin ? { kind: 'delay', delayMs: 10_000 } : 'deliver',
  );
  const heard: string[] = [];
  const dispatcher = openBare(stage, () => async ({ signal }) => {
    heard.push(signal.aborted ? 'arrived dead' : 'arrived');
    signal.addEventListener('abort', () => heard.push('gone'));
    return 'silence';
  });
  await stage.play(async () => {
    const asked = exchange(dispatcher, stage.clock, { method: 'GET', path: '/', deadlineMs: 100 });
    expect(await outcome(asked)).toEqual(['deadline', true]);
    expect(heard).toEqual([]);
    await sleep(stage.clock, 20_000);
  });
  expect(heard).toEqual(['arrived', 'gone']);
});
