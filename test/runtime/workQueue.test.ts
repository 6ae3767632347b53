import { describe, expect, test } from 'vitest';
import { createWorkQueue } from '../../src/runtime/workQueue.ts';
import { createManualClock, middle, seededRandom } from '../adapters/kubernetes/manualClock.ts';

function open(random = middle) {
  const clock = createManualClock();
  const queue = createWorkQueue({ clock, random, backoff: { baseMs: 500, maxMs: 60_000 } });
  return { clock, queue };
}

describe('a work queue', () => {
  test('hands out keys in the order in which they came, each once', async () => {
    const { queue } = open();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect([await queue.next(), await queue.next(), await queue.next()]).toEqual(['a', 'b', 'c']);
    expect(queue.size()).toEqual({ waiting: 0, delayed: 0, running: 3 });
  });

  test('does not hand out a key that is being worked on, and hands it out once more when it is done', async () => {
    const { queue } = open();
    queue.add('a');
    await queue.next();
    for (let event = 0; event < 50; event++) queue.add('a');
    expect(queue.size()).toEqual({ waiting: 0, delayed: 0, running: 1 });
    queue.done('a');
    expect(await queue.next()).toBe('a');
    queue.done('a');
    expect(queue.size()).toEqual({ waiting: 0, delayed: 0, running: 0 });
  });

  test('hands a key out once that was added twice in one turn, to a worker that waits', async () => {
    const { queue } = open();
    const worker = queue.next();
    queue.add('a');
    queue.add('a');
    queue.done((await worker) ?? '');
    expect(queue.size()).toEqual({ waiting: 0, delayed: 0, running: 0 });
  });

  test('of several delays the earliest wins', async () => {
    const { clock, queue } = open();
    queue.addAfter('a', 5_000);
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 9_000);
    await clock.advance(1_000);
    expect(queue.size()).toEqual({ waiting: 1, delayed: 0, running: 0 });
    expect(clock.timers()).toBe(0);
  });

  test('adding at once supersedes a delay', async () => {
    const { clock, queue } = open();
    queue.addAfter('a', 5_000);
    queue.add('a');
    queue.addAfter('a', 2_000);
    expect(await queue.next()).toBe('a');
    queue.done('a');
    await clock.advance(10_000);
    expect(queue.size()).toEqual({ waiting: 0, delayed: 0, running: 0 });
  });

  test('a delay that ends while the key is worked on makes it run once more', async () => {
    const { clock, queue } = open();
    queue.add('a');
    await queue.next();
    queue.addAfter('a', 1_000);
    await clock.advance(1_000);
    queue.done('a');
    expect(queue.size()).toMatchObject({ waiting: 1, running: 0 });
  });

  test('waits longer after each failure of a key, up to a bound, and shortly again after it went well', () => {
    const { queue } = open();
    const waits = Array.from({ length: 10 }, () => queue.addAfterFailure('a'));
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(queue.addAfterFailure('b')).toBe(500);
    queue.forget('a');
    expect(queue.addAfterFailure('a')).toBe(500);
  });

  test('keys that failed together do not come back together', () => {
    const { queue } = open(seededRandom(7));
    const waits = ['a', 'b', 'c', 'd', 'e'].map((key) => queue.addAfterFailure(key));
    expect(new Set(waits).size).toBe(5);
    for (const wait of waits) expect(wait >= 375 && wait <= 625).toBe(true);
  });

  test('closed, it lets waiting workers go, drops what waits and leaves no timer', async () => {
    const { clock, queue } = open();
    const worker = queue.next();
    queue.addAfter('a', 1_000);
    queue.close();
    queue.add('b');
    expect(await worker).toBeUndefined();
    expect(await queue.next()).toBeUndefined();
    expect(clock.timers()).toBe(0);
    expect(queue.size()).toEqual({ waiting: 0, delayed: 0, running: 0 });
  });
});
