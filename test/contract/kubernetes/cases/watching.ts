import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { pool } from '../../../cluster/samples.ts';
import { type Arena, type Case, refusal } from '../arena.ts';

interface WatchEvent {
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly code?: number;
    readonly reason?: string;
    readonly metadata: {
      readonly name?: string;
      readonly resourceVersion: string;
      readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec?: Readonly<Record<string, unknown>>;
  };
}

/**
 * Watches the Pools of the namespace with these parameters while `act` runs, from the moment when `actAfter` events have
 * come, and returns the first `count` events.
 */
async function watched(
  at: Arena,
  options: {
    readonly parameters: string;
    readonly count: number;
    readonly act?: () => Promise<unknown>;
    readonly actAfter?: number;
  },
): Promise<readonly WatchEvent[]> {
  const stream = await at.server.raw.stream(`${at.path('pools')}?watch=true&${options.parameters}`);
  try {
    expect(stream.status).toBe(200);
    let acting: Promise<unknown> | undefined;
    const events: WatchEvent[] = [];
    while (events.length < options.count) {
      if (events.length >= (options.actAfter ?? 0)) acting ??= options.act?.();
      const event = await stream.next();
      if (event === undefined) break;
      events.push(event as WatchEvent);
    }
    await acting;
    return events;
  } finally {
    stream.close();
  }
}

const short = (events: readonly WatchEvent[]) =>
  events.map((event) => `${event.type} ${event.object.metadata?.name ?? ''}`.trim());

const versionNow = async (at: Arena): Promise<string> => {
  const list = await at.server.raw.call('GET', at.path('pools'));
  return (list.json as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
};

const labelled = (name: string, site: string) => ({ ...pool(name), metadata: { name, labels: { site } } });

export const watchingCases: readonly Case[] = [
  {
    title: 'reports every change after the version that it is asked from, in order',
    run: async (at) => {
      await at.given(pool('old'));
      const version = await versionNow(at);
      const events = await watched(at, {
        parameters: `resourceVersion=${version}`,
        count: 4,
        act: async () => {
          await at.given(pool('a'));
          await at.given(pool('a', { mode: 'Manual' }));
          await at.kubectl(['patch', 'pool', 'a', '--type=merge', '-p', '{"spec":{"mode":"Manual"}}']);
          await at.kubectl(['delete', 'pool', 'a']);
          await at.given(pool('b'));
        },
      });
      expect(short(events)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED b']);
      expect(events[1]?.object.spec?.['mode']).toBe('Manual');
      const versions = events.map((event) => BigInt(event.object.metadata.resourceVersion));
      expect(versions.every((one, index) => index === 0 || one > versions[index - 1]!)).toBe(true);
      expect(versions[0]! > BigInt(version)).toBe(true);
    },
  },
  {
    title: 'replays from an earlier version what has happened since',
    run: async (at) => {
      await at.given(pool('old'));
      const version = await versionNow(at);
      await at.given(pool('a'));
      await at.kubectl(['delete', 'pool', 'old']);
      const events = await watched(at, { parameters: `resourceVersion=${version}`, count: 2 });
      expect(short(events)).toEqual(['ADDED a', 'DELETED old']);
    },
  },
  {
    title: 'begins with all that is there when asked from no version or from 0',
    run: async (at) => {
      await at.given(pool('a'), pool('b'));
      for (const parameters of ['', 'resourceVersion=0']) {
        const events = await watched(at, { parameters, count: 2 });
        expect(new Set(short(events))).toEqual(new Set(['ADDED a', 'ADDED b']));
      }
    },
  },
  {
    title: 'streams the list first, ended by a bookmark, when asked for initial events',
    run: async (at) => {
      await at.given(pool('a'), pool('b'));
      const parameters = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      const events = await watched(at, {
        parameters,
        count: 4,
        actAfter: 3,
        act: () => at.given(pool('c')),
      });
      expect(new Set(short(events.slice(0, 2)))).toEqual(new Set(['ADDED a', 'ADDED b']));
      expect(short(events.slice(2))).toEqual(['BOOKMARK', 'ADDED c']);
      expect(events[2]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
      expect(events[2]?.object.kind).toBe('Pool');
    },
  },
  {
    title: 'refuses initial events without the match that they need',
    run: async (at) => {
      const reply = await at.call('GET', `${at.path('pools')}?watch=true&sendInitialEvents=true`);
      expect(refusal(reply)).toMatchObject({
        code: 422,
        reason: 'Invalid',
        fields: ['resourceVersionMatch'],
      });
    },
  },
  {
    title: 'sends a bookmark before a watch with a time limit ends, and ends it in time',
    run: async (at) => {
      await at.given(pool('a'));
      const version = await versionNow(at);
      const parameters = `resourceVersion=${version}&allowWatchBookmarks=true&timeoutSeconds=5`;
      // Something happens to the kind, outside of what is watched: without that the real server has nothing to tell.
      const elsewhere = '/apis/kintsugi.dev/v1alpha1/namespaces/default/pools';
      const events = await watched(at, {
        parameters,
        count: 99,
        act: () => at.call('POST', elsewhere, { body: pool('bookmarked') }),
      });
      expect(new Set(events.map((event) => event.type))).toEqual(new Set(['BOOKMARK']));
      expect(BigInt(events.at(-1)!.object.metadata.resourceVersion) > BigInt(version)).toBe(true);
    },
  },
  {
    title: 'sends no bookmark to those who did not ask for any',
    run: async (at) => {
      const version = await versionNow(at);
      const events = await watched(at, {
        parameters: `resourceVersion=${version}&timeoutSeconds=3`,
        count: 99,
      });
      expect(events).toEqual([]);
    },
  },
  {
    title: 'reports of a selection what enters it, changes in it and leaves it',
    run: async (at) => {
      const version = await versionNow(at);
      const events = await watched(at, {
        parameters: `resourceVersion=${version}&labelSelector=site%3Dtokyo`,
        count: 4,
        act: async () => {
          await at.given(labelled('a', 'osaka'));
          await at.given(labelled('a', 'tokyo'));
          await at.kubectl(['annotate', 'pool', 'a', 'x=y']);
          await at.given(labelled('a', 'osaka'));
          await at.given(labelled('b', 'tokyo'));
        },
      });
      expect(short(events)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED b']);
    },
  },
  {
    title: 'watches one object by its name',
    run: async (at) => {
      const version = await versionNow(at);
      const events = await watched(at, {
        parameters: `resourceVersion=${version}&fieldSelector=metadata.name%3Db`,
        count: 1,
        act: () => at.given(pool('a'), pool('b')),
      });
      expect(short(events)).toEqual(['ADDED b']);
    },
  },
  {
    title: 'does not report a deletion before the last finalizer is gone',
    run: async (at) => {
      const version = await versionNow(at);
      const events = await watched(at, {
        parameters: `resourceVersion=${version}`,
        count: 3,
        act: async () => {
          await at.given({ ...pool('a'), metadata: { name: 'a', finalizers: ['kintsugi.dev/keep'] } });
          await at.kubectl(['delete', 'pool', 'a', '--wait=false']);
          await at.kubectl(['patch', 'pool', 'a', '--type=merge', '-p', '{"metadata":{"finalizers":[]}}']);
        },
      });
      expect(short(events)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    },
  },
  {
    title: 'answers 410 in the stream when the version is older than what it remembers',
    run: async (at) => {
      await at.given(pool('a'));
      await at.server.compact();
      const events = await watched(at, { parameters: 'resourceVersion=1', count: 9 });
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({
        type: 'ERROR',
        object: { kind: 'Status', code: 410, reason: 'Expired' },
      });
    },
  },
  {
    title: 'waits in silence for a version that is still to come, and refuses to list it',
    run: async (at) => {
      const future = String(BigInt(await versionNow(at)) + 1_000_000n);
      const events = await watched(at, {
        parameters: `resourceVersion=${future}&timeoutSeconds=2`,
        count: 9,
      });
      expect(events).toEqual([]);
      const list = await at.unrecorded.call('GET', `${at.path('pools')}?resourceVersion=${future}`);
      expect(refusal(list)).toMatchObject({ code: 504, reason: 'Timeout' });
    },
  },
  {
    title: 'refuses to watch from what is no version',
    run: async (at) => {
      // The real server answers 500 here, which is its own mistake and none to be copied.
      const reply = await at.unrecorded.call('GET', `${at.path('pools')}?watch=true&resourceVersion=abc`);
      expect(refusal(reply).code).toBeGreaterThanOrEqual(400);
    },
  },
  {
    title: 'shows changes in kubectl get --watch, row by row',
    run: async (at) => {
      await at.given(pool('a'));
      const shown = Promise.withResolvers<void>();
      const watching = at.unrecorded.kubectl(['get', 'kpool', '--watch', '--output-watch-events'], {
        onOutput: (stdout, stop) => {
          if (stdout.includes('ADDED')) shown.resolve();
          if (/^DELETED.*\n/m.test(stdout)) stop();
        },
      });
      await shown.promise;
      await at.given(pool('a', { mode: 'Manual' }));
      await at.kubectl(['delete', 'pool', 'a']);
      const rows = (await watching).stdout
        .trim()
        .split('\n')
        .map((row) => row.split(/ +/).slice(0, 3));
      expect(rows).toEqual([
        ['EVENT', 'NAME', 'MODE'],
        ['ADDED', 'a', 'Observe'],
        ['MODIFIED', 'a', 'Manual'],
        ['DELETED', 'a', 'Manual'],
      ]);
    },
  },
  {
    title: 'lets kubectl wait for a condition, a field and an object',
    run: async (at) => {
      const waitFor = (what: string, seconds = 20) =>
        at.kubectl(['wait', 'kpool/a', `--for=${what}`, `--timeout=${seconds}s`]);
      const created = waitFor('create');
      await at.unrecorded.given(pool('a'));
      expect((await created).code).toBe(0);
      expect((await waitFor('jsonpath={.spec.mode}=Observe')).stdout).toBe(
        'pool.kintsugi.dev/a condition met\n',
      );

      const ready = waitFor('condition=Ready');
      const manual = waitFor('jsonpath={.spec.mode}=Manual');
      await wait(500);
      await at.unrecorded.given(pool('a', { mode: 'Manual' }));
      const condition = {
        type: 'Ready',
        status: 'True',
        reason: 'AsObserved',
        message: 'All members answer.',
        lastTransitionTime: '2026-11-22T03:00:00Z',
      };
      const patch = JSON.stringify({ status: { conditions: [condition] } });
      await at.unrecorded.kubectl([
        'patch',
        'pool',
        'a',
        '--subresource=status',
        '--type=merge',
        '-p',
        patch,
      ]);
      expect((await ready).stdout).toBe('pool.kintsugi.dev/a condition met\n');
      expect((await manual).code).toBe(0);
      const late = await waitFor('condition=Stalled', 1);
      expect(late.code).toBe(1);
      expect(late.stderr).toContain('error: timed out waiting for the condition on pools/a\n');
    },
  },
];
