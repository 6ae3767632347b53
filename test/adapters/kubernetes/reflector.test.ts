import { describe, expect, test } from 'vitest';
import { api, changes, clock, lastWatch, lists, log, open, start, store } from './reflectorScene.ts';
import { bookmark, host, lab, listOf } from './sampleObjects.ts';
import { broken, refusal } from './scriptedTransport.ts';

describe('listing', () => {
  test('reads in pages of 500 what is true now, not what the server has cached (client-node: one piece)', async () => {
    api.answer = ({ query }) =>
      query?.['continue'] === undefined ? listOf([host('a', 5)], 10, 'more') : listOf([host('b', 6)], 10);
    start();
    await clock.settle();
    expect(api.requests.map(({ query }) => query)).toEqual([
      { limit: '500' },
      { limit: '500', continue: 'more' },
    ]);
    expect(store.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  test('is not synced before the last page has arrived (client-node: start() resolves when the list failed)', async () => {
    let release = (_: unknown): void => {};
    api.answer = ({ query }) =>
      query?.['continue'] === undefined
        ? listOf([host('a', 5)], 10, 'more')
        : new Promise((resolve) => {
            release = resolve;
          });
    start();
    let synced = false;
    const waiting = store.whenSynced().then(() => {
      synced = true;
    });
    await clock.settle();
    expect([store.synced(), synced, store.list()]).toEqual([false, false, []]);
    release(listOf([host('b', 6)], 10));
    await waiting;
    expect([store.synced(), store.list().length]).toEqual([true, 2]);
  });

  test('starts over when the continue token has expired between two pages', async () => {
    let first = true;
    api.answer = ({ query }) => {
      if (query?.['continue'] === undefined) return listOf([host('a', 5)], 10, 'more');
      if (!first) return listOf([host('b', 6)], 10);
      first = false;
      throw refusal(410, 'Expired');
    };
    start();
    await clock.settle();
    expect(store.list()).toHaveLength(2);
  });

  test('does not believe a list without a version, or with an object that has none', async () => {
    const { resourceVersion: _, ...metadata } = host('a', 5).metadata;
    const answers = [
      { kind: 'HostList', metadata: {}, items: [] },
      listOf([{ ...host('a', 5), metadata }], 10),
      listOf([], 10),
    ];
    api.answer = () => answers.shift();
    start();
    await clock.advance(800);
    expect([store.synced(), store.status().failures]).toEqual([false, 2]);
    await clock.advance(1_600);
    expect(store.synced()).toBe(true);
  });

  test('goes on after the first list failed (client-node: the informer dies)', async () => {
    let failures = 3;
    api.answer = () => {
      if (failures-- > 0) throw refusal(500, 'InternalError');
      return listOf([host('a', 5)], 10);
    };
    start();
    await clock.settle();
    expect(store.synced()).toBe(false);
    await clock.advance(800 + 1_600 + 3_200);
    expect(store.synced()).toBe(true);
    expect(store.status()).toMatchObject({ failures: 3, lists: 4 });
  });

  test('whenSynced is rejected when the store is stopped or the caller gives up first', async () => {
    api.answer = () => new Promise(() => {});
    start();
    const giveUp = new AbortController();
    const [impatient, patient] = [store.whenSynced(giveUp.signal), store.whenSynced()];
    giveUp.abort(new Error('too long'));
    await expect(impatient).rejects.toThrow('too long');
    const rejected = expect(patient).rejects.toThrow('stopped');
    await store.stop();
    await rejected;
  });
});

describe('watching', () => {
  test('asks for bookmarks and for an end after about 290 s, from the version of the list (client-node: neither)', async () => {
    await open();
    expect(lastWatch().query).toEqual({
      resourceVersion: '10',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '290',
    });
  });

  test('tells of what is added, changed and deleted, and knows it', async () => {
    await open();
    lastWatch().send('ADDED', host('b', 11));
    lastWatch().send('MODIFIED', host('a', 12, { rack: 'r2' }));
    lastWatch().send('DELETED', host('b', 13));
    await clock.settle();
    expect(changes).toEqual(['set a@5', 'set b@11', 'set again a@12', 'deleted b@13']);
    expect(store.get(lab('a'))?.spec).toEqual({ rack: 'r2' });
    expect(store.get(lab('b'))).toBeUndefined();
  });

  test('reads events that arrive in pieces, and several that arrive in one', async () => {
    await open();
    const line = (name: string, version: number): string =>
      `${JSON.stringify({ type: 'ADDED', object: host(name, version) })}\n`;
    const text = line('b', 11) + line('c', 12) + line('d', 13);
    for (const piece of [text.slice(0, 30), text.slice(30, 31), text.slice(31, -5), text.slice(-5)]) {
      lastWatch().sendText(piece);
    }
    await clock.settle();
    expect(changes.slice(1)).toEqual(['set b@11', 'set c@12', 'set d@13']);
  });

  test('drops managedFields', async () => {
    const full = host('b', 11) as unknown as { metadata: Record<string, unknown> };
    full.metadata['managedFields'] = [{ manager: 'kubectl' }];
    await open();
    lastWatch().send('ADDED', full);
    await clock.settle();
    expect(store.get(lab('b'))?.metadata).not.toHaveProperty('managedFields');
  });

  test('resumes from the last bookmark without a list when the server ends the watch', async () => {
    await open();
    lastWatch().send('BOOKMARK', bookmark(40));
    await clock.advance(60_000);
    lastWatch().end();
    await clock.settle();
    expect(lastWatch().query['resourceVersion']).toBe('40');
    expect([lists(), api.watches.length, store.status().failures]).toEqual([1, 2, 0]);
  });

  test('says nothing when an object comes again as it is known (client-node: false updates on reconnect)', async () => {
    await open();
    lastWatch().send('MODIFIED', host('a', 10));
    lastWatch().send('MODIFIED', host('a', 10));
    await clock.settle();
    expect(changes).toEqual(['set a@5', 'set again a@10']);
  });

  test('goes on after the watch was refused with 500 (client-node: dies)', async () => {
    let refusals = 1;
    api.beforeWatch = () => {
      if (refusals-- > 0) throw refusal(500, 'InternalError');
    };
    await open();
    expect(api.watches).toHaveLength(0);
    await clock.advance(800);
    expect([api.openWatches().length, lists()]).toEqual([1, 1]);
  });

  test('goes on after the connection was reset (client-node: one watch tried in 2.5 s)', async () => {
    await open();
    lastWatch().send('ADDED', host('b', 11));
    lastWatch().fail(broken());
    await clock.advance(1_000);
    expect(lastWatch().query['resourceVersion']).toBe('11');
    expect(lists()).toBe(1);
  });

  test('lists anew when the version is too old: 410 as a status', async () => {
    let refusals = 2;
    api.beforeWatch = () => {
      if (refusals-- > 0) throw refusal(410, 'Expired');
    };
    await open();
    expect([lists(), api.openWatches().length]).toEqual([2, 0]);
    await clock.advance(1_600);
    expect([lists(), api.openWatches().length]).toEqual([3, 1]);
  });

  test('lists anew when the version is too old: 410 as an event', async () => {
    await open();
    api.answer = () => listOf([host('a', 5), host('b', 300)], 300);
    lastWatch().send('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });
    await clock.settle();
    expect(changes).toEqual(['set a@5', 'set b@300']);
    expect(lastWatch().query['resourceVersion']).toBe('300');
  });

  test('takes any other ERROR event for a failure, and lists when it comes again (client-node: ignored)', async () => {
    await open();
    lastWatch().send('ERROR', { kind: 'Status', code: 500, reason: 'InternalError', message: 'etcd lost' });
    await clock.advance(800);
    expect([lists(), api.watches.length, store.status().lastFailure]).toEqual([
      1,
      2,
      expect.stringContaining('etcd lost'),
    ]);
    lastWatch().send('ERROR', { kind: 'Status', code: 500, reason: 'InternalError', message: 'etcd lost' });
    await clock.advance(1_600);
    expect([lists(), api.watches.length]).toEqual([2, 3]);
  });

  test('counts a line that makes no sense and resumes before it (client-node: skips it silently)', async () => {
    await open();
    lastWatch().send('ADDED', host('b', 11));
    lastWatch().sendText('{"type":"ADDED","object":{"metadata"\n');
    lastWatch().send('ADDED', host('c', 13));
    await clock.advance(800);
    expect(changes).toEqual(['set a@5', 'set b@11']);
    expect(lastWatch().query['resourceVersion']).toBe('11');
    expect(store.status()).toMatchObject({ badLines: 1, failures: 1 });
  });

  test('lists anew when the same line makes no sense a second time', async () => {
    await open();
    lastWatch().sendText('nonsense\n');
    await clock.advance(800);
    expect(lists()).toBe(1);
    lastWatch().sendText('nonsense\n');
    await clock.advance(1_600);
    expect(lists()).toBe(2);
  });

  test('does not believe half a line at the end of a watch', async () => {
    await open();
    const line = JSON.stringify({ type: 'ADDED', object: host('b', 11) });
    await clock.advance(60_000);
    lastWatch().sendText(line);
    lastWatch().end();
    await clock.settle();
    expect(changes).toEqual(['set a@5']);
    expect(lastWatch().query['resourceVersion']).toBe('10');
    expect(store.status().badLines).toBe(1);
  });

  test('a silent watch is given up after 90 s when the server has sent bookmarks (client-node: hangs for ever)', async () => {
    await open();
    lastWatch().send('BOOKMARK', bookmark(20));
    await clock.advance(89_000);
    expect(api.watches).toHaveLength(1);
    expect(store.status().heardAgoMs).toBe(89_000);
    await clock.advance(2_000);
    expect(api.watches).toHaveLength(2);
    expect(api.watches[0]!.closed()).toBe(true);
    expect(lastWatch().query['resourceVersion']).toBe('20');
  });

  test('lists anew when a resumed watch is silent too, as one from a version in the future is', async () => {
    await open();
    lastWatch().send('BOOKMARK', bookmark(20));
    await clock.advance(2 * 90_000 + 5_000);
    expect(lists()).toBe(2);
  });

  test('waits for the end of the watch when the server sends no bookmarks', async () => {
    await open();
    await clock.advance(300_000);
    expect(api.watches).toHaveLength(1);
    await clock.advance(7_000);
    expect(api.watches).toHaveLength(2);
  });
});

describe('waiting after failures', () => {
  test('doubles from 0.8 s to half a minute, however fast the server drops watches (client-node: tens a second)', async () => {
    const openedAtMs: number[] = [];
    api.beforeWatch = () => {
      openedAtMs.push(clock.monotonicMs());
      throw broken();
    };
    await open();
    await clock.advance(120_000);
    const waits = openedAtMs.slice(1).map((atMs, index) => atMs - openedAtMs[index]!);
    expect(waits).toEqual([800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  });

  test.each<[string, () => void]>([
    ['ends', () => lastWatch().end()],
    ['breaks', () => lastWatch().fail(broken())],
  ])(
    'a watch that the server %s at once is opened again once a second, no more and no less',
    async (_what, cut) => {
      await open();
      const openedAtMs: number[] = [];
      api.beforeWatch = () => {
        openedAtMs.push(clock.monotonicMs());
      };
      for (let round = 0; round < 20; round++) {
        cut();
        await clock.settle();
        await clock.advance(1_000);
      }
      const waits = openedAtMs.slice(1).map((atMs, index) => atMs - openedAtMs[index]!);
      expect(new Set(waits)).toEqual(new Set([1_000]));
      expect(lists()).toBe(1);
    },
  );

  test.each<[string, string, () => void, () => void]>([
    ['that brings events', 'ended', () => lastWatch().send('ADDED', host('b', 11)), () => lastWatch().end()],
    [
      'that brings events',
      'broken',
      () => lastWatch().send('ADDED', host('b', 11)),
      () => lastWatch().fail(broken()),
    ],
    [
      'that brings bookmarks',
      'ended',
      () => lastWatch().send('BOOKMARK', bookmark(12)),
      () => lastWatch().end(),
    ],
    ['of a quiet kind', 'ended', () => {}, () => lastWatch().end()],
    ['of a quiet kind', 'broken', () => {}, () => lastWatch().fail(broken())],
  ])(
    'a watch %s that is %s every five seconds is opened again at once each time, without a list',
    async (_what, _how, bring, cut) => {
      await open();
      for (let round = 0; round < 50; round++) {
        bring();
        await clock.advance(5_000);
        const before = api.watches.length;
        cut();
        await clock.settle();
        expect(api.watches).toHaveLength(before + 1);
      }
      expect(lists()).toBe(1);
      expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
    },
  );

  test('refusals start over at 0.8 s after a watch that brought something, or was well for half a minute', async () => {
    await open();
    for (const well of [
      async () => lastWatch().send('BOOKMARK', bookmark(20)),
      async () => await clock.advance(30_000),
    ]) {
      let refusals = 4;
      api.beforeWatch = () => {
        if (refusals-- > 0) throw broken();
      };
      await well();
      await clock.advance(1_000);
      lastWatch().end();
      await clock.settle();
      expect(api.openWatches()).toHaveLength(0);
      await clock.advance(800);
      await clock.advance(1_600);
      await clock.advance(3_200);
      expect(api.openWatches()).toHaveLength(0);
      await clock.advance(6_400);
      expect(api.openWatches()).toHaveLength(1);
    }
  });

  test('a version that is too old every few minutes, because a quiet watch is cut before its bookmark, is listed at once', async () => {
    await open();
    for (let round = 0; round < 12; round++) {
      await clock.advance(5 * 60_000);
      const before = lists();
      lastWatch().send('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });
      await clock.settle();
      expect(lists()).toBe(before + 1);
      expect(api.openWatches()).toHaveLength(1);
    }
  });

  test('waits as long as the server asks for', async () => {
    let refusals = 1;
    api.answer = () => {
      if (refusals-- <= 0) return listOf([], 10);
      throw refusal(429, 'TooManyRequests', { 'retry-after': '7' });
    };
    start();
    await clock.advance(6_900);
    expect(store.synced()).toBe(false);
    await clock.advance(200);
    expect(store.synced()).toBe(true);
  });
});

describe('healing', () => {
  test('tells what vanished, came and changed while nobody watched, and nothing else', async () => {
    await open([host('a', 5), host('b', 6), host('c', 7)]);
    api.answer = () => listOf([host('a', 5), host('c', 55), host('d', 56)], 60);
    lastWatch().send('ERROR', { code: 410, reason: 'Expired' });
    await clock.settle();
    expect(changes.slice(3)).toEqual(['deleted b@6', 'set again c@55', 'set d@56']);
  });

  test('a full list each half hour finds an event that the server lost', async () => {
    await open();
    api.answer = () => listOf([host('a', 5), host('lost', 9)], 10);
    for (let minute = 0; minute < 40; minute += 4) {
      lastWatch().send('BOOKMARK', bookmark(10));
      await clock.advance(60_000);
      lastWatch().send('BOOKMARK', bookmark(10));
      await clock.advance(60_000);
      lastWatch().send('BOOKMARK', bookmark(10));
      await clock.advance(60_000);
      lastWatch().send('BOOKMARK', bookmark(10));
      await clock.advance(60_000);
      lastWatch().end();
      await clock.settle();
    }
    expect(lists()).toBe(2);
    expect(changes).toEqual(['set a@5', 'set lost@9']);
    expect(store.status().failures).toBe(0);
  });

  test('a list with an older version is believed: the store was restored, and what was recorded since is gone', async () => {
    await open([host('a', 5), host('b', 900)], 1_000);
    api.answer = () => listOf([host('a', 5), host('c', 90)], 100);
    lastWatch().send('ERROR', { code: 410, reason: 'Expired' });
    await clock.settle();
    expect(changes.slice(2)).toEqual(['deleted b@900', 'set c@90']);
    expect(store.status().regressions).toBe(1);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  test('an object with the same version but another content after a restore is a change', async () => {
    await open([host('a', 50, { rack: 'r1' })], 60);
    api.answer = () => listOf([host('a', 50, { rack: 'r2' })], 60);
    lastWatch().send('ERROR', { code: 410, reason: 'Expired' });
    await clock.settle();
    expect(store.get(lab('a'))?.spec).toEqual({ rack: 'r2' });
  });

  test('an event with an older version than what was heard makes it list anew', async () => {
    await open([host('a', 5)], 1_000);
    api.answer = () => listOf([host('a', 101)], 101);
    lastWatch().send('MODIFIED', host('a', 101));
    await clock.advance(800);
    expect(lists()).toBe(2);
    expect(store.get(lab('a'))?.metadata.resourceVersion).toBe('101');
    expect(store.status().regressions).toBe(1);
  });
});
