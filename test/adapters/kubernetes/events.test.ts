import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEventRecorder, type RunningEventRecorder } from '../../../src/adapters/kubernetes/events.ts';
import type { EventRecorder } from '../../../src/ports/kubernetes.ts';
import { createCollectedLog } from './collectedLog.ts';
import { createManualClock, type ManualClock, seededRandom } from './manualClock.ts';
import { host } from './sampleObjects.ts';
import { broken, createScriptedTransport, refusal, type ScriptedTransport } from './scriptedTransport.ts';

interface StoredEvent {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly note: string;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

let clock: ManualClock;
let api: ScriptedTransport;
let log: ReturnType<typeof createCollectedLog>;
let recorder: RunningEventRecorder;
/** What the API server has. */
let stored: Map<string, StoredEvent>;

beforeEach(() => {
  clock = createManualClock();
  api = createScriptedTransport();
  log = createCollectedLog();
  stored = new Map();
  api.answer = ({ verb, target, body }) => {
    if (verb === 'create') {
      const event = body as StoredEvent;
      if (stored.has(event.metadata.name)) throw refusal(409, 'AlreadyExists');
      stored.set(event.metadata.name, event);
      return event;
    }
    const known = stored.get(target.name ?? '');
    if (known === undefined) throw refusal(404, 'NotFound');
    stored.set(known.metadata.name, { ...known, ...(body as object) });
    return known;
  };
  recorder = createEventRecorder({
    transport: api,
    clock,
    random: seededRandom(1),
    log,
    controller: 'kintsugi.dev/operator',
    instance: 'pod-1',
  });
});

afterEach(async () => {
  const stopped = recorder.stop();
  await clock.advance(5_000);
  await stopped;
  expect(clock.timers()).toBe(0);
});

function record(over: Partial<Parameters<EventRecorder['record']>[0]> = {}): void {
  recorder.record({
    regarding: host('a', 5),
    type: 'Warning',
    reason: 'HostSuspected',
    action: 'Observe',
    note: 'The host did not answer for 600 s.',
    ...over,
  });
}

const kept = (): readonly StoredEvent[] => [...stored.values()];

describe('an event', () => {
  test('is written with all that the API server and kubectl want, times with six digits', async () => {
    record();
    await clock.settle();
    expect(kept()).toEqual([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: expect.stringMatching(/^a\.[0-9a-f]{16}$/), namespace: 'lab' },
        eventTime: '2026-01-01T00:00:01.000000Z',
        reportingController: 'kintsugi.dev/operator',
        reportingInstance: 'pod-1',
        type: 'Warning',
        reason: 'HostSuspected',
        action: 'Observe',
        note: 'The host did not answer for 600 s.',
        regarding: {
          apiVersion: 'kintsugi.dev/v1alpha1',
          kind: 'Host',
          name: 'a',
          namespace: 'lab',
          uid: 'uid-of-a',
          resourceVersion: '5',
        },
      },
    ]);
  });

  test('about an object outside of any namespace lives in default', async () => {
    const { namespace: _, ...metadata } = host('a', 5).metadata;
    record({ regarding: { ...host('a', 5), metadata } });
    await clock.settle();
    expect(kept()[0]?.metadata.namespace).toBe('default');
  });

  test('is cut to the 1024 bytes that the API server takes, between two characters', async () => {
    record({ note: '金継ぎ'.repeat(200) });
    await clock.settle();
    const note = kept()[0]!.note;
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/^(金継ぎ)+金?継?…$/);
  });
});

describe('the same event again', () => {
  test('is counted, not written anew: the second at once, later ones twice a minute', async () => {
    for (let second = 0; second < 120; second++) {
      record();
      await clock.advance(1_000);
    }
    expect(kept()).toHaveLength(1);
    expect(api.requests.map(({ verb }) => verb)).toEqual(['create', 'patch', 'patch', 'patch', 'patch']);
    await clock.advance(30_000);
    expect(kept()[0]?.series).toEqual({ count: 120, lastObservedTime: '2026-01-01T00:02:00.000000Z' });
  });

  test('after ten quiet minutes is another event', async () => {
    record();
    await clock.advance(600_000);
    record();
    await clock.settle();
    expect(kept().map(({ series }) => series)).toEqual([undefined, undefined]);
  });

  test('is written anew when the API server has dropped the first', async () => {
    record();
    await clock.settle();
    stored.clear();
    record();
    await clock.advance(1_000);
    record();
    await clock.advance(60_000);
    expect(kept()).toHaveLength(1);
    expect(kept()[0]?.series?.count).toBe(2);
  });

  test('with another note, reason or object is a different event', async () => {
    record();
    record({ note: 'The host did not answer for 700 s.' });
    record({ reason: 'HostLost' });
    record({ regarding: host('b', 6) });
    record({ regarding: host('a', 9, { uid: 'another' }) });
    await clock.settle();
    expect(kept()).toHaveLength(5);
  });
});

describe('recording', () => {
  test('never waits and never throws, whatever the API server does', async () => {
    api.answer = () => {
      throw broken();
    };
    record();
    record({ regarding: undefined as never });
    await clock.advance(60_000);
    expect(recorder.status()).toEqual({ recorded: 2, sent: 0, dropped: 2 });
  });

  test('repeats what failed, under the same name, so that a lost reply makes no second event', async () => {
    const { answer } = api;
    let losses = 2;
    api.answer = (request) => {
      const reply = answer(request);
      if (losses-- > 0) throw broken();
      return reply;
    };
    record();
    await clock.advance(10_000);
    expect(kept()).toHaveLength(1);
    expect(recorder.status()).toEqual({ recorded: 1, sent: 1, dropped: 0 });
  });

  test('drops at once what the API server refuses, and says so', async () => {
    api.answer = () => {
      throw refusal(403, 'Forbidden');
    };
    record();
    await clock.settle();
    expect(api.requests).toHaveLength(1);
    expect(log.lines[0]).toMatchObject({ level: 'warn', fields: { reason: 'HostSuspected' } });
  });

  test('lets fifty different ones about one object through, then one in ten seconds; other objects are not held up', async () => {
    for (let count = 0; count < 80; count++) record({ note: `number ${count}` });
    record({ regarding: host('b', 6) });
    await clock.settle();
    expect(kept()).toHaveLength(51);
    await clock.advance(20_000);
    for (let count = 100; count < 110; count++) record({ note: `number ${count}` });
    await clock.settle();
    expect(kept()).toHaveLength(53);
    expect(recorder.status().dropped).toBe(38);
  });

  test('keeps a thousand waiting at most while the API server is away', async () => {
    api.answer = () => new Promise(() => {});
    for (let count = 0; count < 1_200; count++) record({ regarding: host(`host-${count}`, 5) });
    await clock.settle();
    expect(recorder.status().dropped).toBe(199);
  });
});

describe('stopping', () => {
  test('sends what waits, the counts too', async () => {
    record();
    record();
    await clock.advance(1_000);
    record();
    await clock.advance(1_000);
    await recorder.stop();
    expect(kept()[0]?.series?.count).toBe(3);
  });

  test('ends within five seconds when the API server hangs', async () => {
    api.answer = () => new Promise(() => {});
    record();
    record({ reason: 'HostLost' });
    await clock.settle();
    const stopped = recorder.stop();
    await clock.advance(5_000);
    await stopped;
    expect(api.requests).toHaveLength(1);
    record();
    await clock.settle();
    expect(recorder.status().recorded).toBe(2);
  });
});
