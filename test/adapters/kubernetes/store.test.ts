import { describe, expect, test } from 'vitest';
import { api, changes, clock, inWords, lastWatch, lists, log, open, start, store } from './reflectorScene.ts';
import { host, lab, listOf } from './sampleObjects.ts';
import { refusal } from './scriptedTransport.ts';

describe('an object is its uid', () => {
  test('deleted and created again while nobody watched is two changes (client-node: an update)', async () => {
    await open();
    api.answer = () => listOf([host('a', 50, { uid: 'another' })], 60);
    lastWatch().send('ERROR', { code: 410, reason: 'Expired' });
    await clock.settle();
    expect(changes).toEqual(['set a@5', 'deleted a@5', 'set a@50 another']);
  });

  test('an event with another uid is two changes when the deletion was lost', async () => {
    await open();
    lastWatch().send('ADDED', host('a', 50, { uid: 'another' }));
    await clock.settle();
    expect(changes).toEqual(['set a@5', 'deleted a@5', 'set a@50 another']);
  });
});

describe('stopping', () => {
  test('during a list opens no watch afterwards (client-node: leaves a live watch behind)', async () => {
    let release = (_: unknown): void => {};
    api.answer = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    start();
    await clock.settle();
    const stopped = store.stop();
    release(listOf([host('a', 5)], 10));
    await stopped;
    await clock.advance(120_000);
    expect([api.watches.length, changes]).toEqual([0, []]);
  });

  test('during the wait after a failure asks nothing afterwards (client-node: leaves a live watch behind)', async () => {
    api.answer = () => {
      throw refusal(500, 'InternalError');
    };
    start();
    await clock.settle();
    await store.stop();
    await clock.advance(120_000);
    expect(lists()).toBe(1);
  });

  test('is no failure, and nothing is told or started afterwards (client-node: error AbortError, restarts)', async () => {
    await open();
    const watch = lastWatch();
    await store.stop();
    watch.send('ADDED', host('late', 99));
    await clock.advance(120_000);
    expect(store.status().failures).toBe(0);
    expect(log.lines).toEqual([]);
    expect([changes, api.watches.length, lists()]).toEqual([['set a@5'], 1, 1]);
  });

  test('twice is the same as once', async () => {
    await open();
    await Promise.all([store.stop(), store.stop()]);
    expect(api.openWatches()).toHaveLength(0);
  });
});

describe('subscribers', () => {
  test('one that throws harms neither the others nor the watch (client-node: unhandledRejection, version stuck)', async () => {
    await open();
    store.subscribe(() => {
      throw new Error('a bug');
    });
    const names: string[] = [];
    store.subscribe(({ object }) => names.push(object.metadata.name));
    lastWatch().send('ADDED', host('b', 11));
    await clock.advance(40_000);
    lastWatch().end();
    await clock.settle();
    expect(names).toEqual(['a', 'b']);
    expect(lastWatch().query['resourceVersion']).toBe('11');
    expect(log.lines.map(({ level }) => level)).toEqual(['error', 'error']);
  });

  test('get what is there already, and nothing more once they have let go', async () => {
    await open([host('a', 5), host('b', 6)]);
    const seen: string[] = [];
    const letGo = store.subscribe((change) => seen.push(inWords(change)));
    letGo();
    lastWatch().send('ADDED', host('c', 11));
    await clock.settle();
    expect(seen).toEqual(['set a@5', 'set b@6']);
  });

  test('any number share one watch (client-node: a watch for each start())', async () => {
    await open();
    for (let count = 0; count < 10; count++) store.subscribe(() => {});
    await clock.advance(60_000);
    expect(api.watches).toHaveLength(1);
  });
});

describe('reading one own writes', () => {
  test('a written object is in the cache at once, and its event is no news', async () => {
    await open();
    store.absorb(host('a', 15));
    expect(store.get(lab('a'))?.metadata.resourceVersion).toBe('15');
    lastWatch().send('MODIFIED', host('a', 12));
    lastWatch().send('MODIFIED', host('a', 15));
    await clock.settle();
    expect(changes).toEqual(['set a@5', 'set again a@15']);
  });

  test('a reply that comes later than the deletion brings nothing back', async () => {
    await open();
    lastWatch().send('DELETED', host('a', 16));
    await clock.settle();
    store.absorb(host('a', 15));
    expect(store.get(lab('a'))).toBeUndefined();
  });

  test('a list that is older than the write does not undo it', async () => {
    await open();
    let release = (_: unknown): void => {};
    api.answer = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    lastWatch().send('ERROR', { code: 410, reason: 'Expired' });
    await clock.settle();
    store.absorb(host('a', 15));
    release(listOf([host('a', 5)], 14));
    await clock.settle();
    expect(store.get(lab('a'))?.metadata.resourceVersion).toBe('15');
  });
});
