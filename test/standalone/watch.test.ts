import { describe, expect, it, onTestFinished } from 'vitest';
import { type Bench, createBench, type Watching, widget, widgets } from './bench.ts';

function bench(options: Parameters<typeof createBench>[0] = {}): Bench {
  const made = createBench(options);
  onTestFinished(() => made.close());
  return made;
}

const told = async (watching: Watching, count: number): Promise<string[]> => {
  const events: string[] = [];
  for (let index = 0; index < count; index++) {
    const event = await watching.next();
    events.push(`${event.type} ${event.object.metadata?.name ?? event.object.code}`);
  }
  return events;
};

describe('a watch of the embedded API server', () => {
  it('sends a bookmark with the present version each minute, though nothing of its kind has happened', async () => {
    const at = bench();
    const watching = await at.watch(`${widgets}?watch=true&resourceVersion=0&allowWatchBookmarks=true`);
    const first = watching.next();
    await new Promise((resolve) => setImmediate(resolve));
    const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };
    await at.call('POST', '/api/v1/namespaces/default/configmaps', { body: made });
    await at.clock.advance(60_000);
    expect(await first).toEqual({
      type: 'BOOKMARK',
      object: {
        kind: 'Widget',
        apiVersion: 'test.example/v1',
        metadata: { resourceVersion: String(at.store.version()), creationTimestamp: null },
      },
    });
    const second = watching.next();
    await at.clock.advance(60_000);
    expect((await second).type).toBe('BOOKMARK');
  });

  it('ends at its time limit, on the clock that it was given', async () => {
    const at = bench();
    const watching = await at.watch(`${widgets}?watch=true&resourceVersion=1&timeoutSeconds=30`);
    const end = watching.next();
    await at.clock.advance(31_000);
    expect(await end).toBeUndefined();
  });

  it('ends when the client leaves or the server closes', async () => {
    const at = bench();
    const left = await at.watch(`${widgets}?watch=true`);
    const leaving = left.next();
    left.leave();
    expect(await leaving).toBeUndefined();
    const closed = await at.watch(`${widgets}?watch=true`);
    const closing = closed.next();
    at.server.close();
    expect(await closing).toBeUndefined();
  });

  it('replays as many events as there are, from where it is asked', async () => {
    const at = bench();
    const from = at.store.version();
    for (let index = 0; index < 250; index++) {
      await at.call('POST', widgets, { body: widget(`w${String(index).padStart(3, '0')}`) });
    }
    const watching = await at.watch(`${widgets}?watch=true&resourceVersion=${from}`);
    const events = await told(watching, 250);
    expect([events[0], events[249]]).toEqual(['ADDED w000', 'ADDED w249']);
  });

  it('tells a slow client that it has missed something, rather than keeping it all for him', async () => {
    const at = bench({ maxHistoryEntries: 50 });
    await at.call('POST', widgets, { body: widget('a') });
    const watching = await at.watch(`${widgets}?watch=true&resourceVersion=${at.store.version()}`);
    const waiting = watching.next();
    for (let size = 4; size < 60; size++) {
      await at.call('PATCH', `${widgets}/a`, { body: { spec: { size } } });
      await at.call('PATCH', `${widgets}/a`, { body: { spec: { size: 3 } } });
    }
    expect((await waiting).type).toBe('MODIFIED');
    const late = await watching.next();
    expect(late).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    expect(await watching.next()).toBeUndefined();
  });

  it('shows rows, the columns only with the first of them', async () => {
    const at = bench();
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const watching = await at.watch(`${widgets}?watch=true&resourceVersion=${at.store.version()}`, {
      accept,
    });
    const first = watching.next();
    await at.call('POST', widgets, { body: widget('a') });
    await at.call('PATCH', `${widgets}/a`, { body: { spec: { size: 5 } } });
    expect((await first).object).toMatchObject({
      kind: 'Table',
      columnDefinitions: [{ name: 'Name' }, { name: 'Size' }, {}, {}, {}, {}],
      rows: [{ cells: ['a', 3, 'Small', null, null, '0s'] }],
    });
    expect((await watching.next()).object).toMatchObject({
      columnDefinitions: null,
      rows: [{ cells: ['a', 5, 'Small', null, null, '0s'] }],
    });
  });

  it('sees the same event in both of its groups', async () => {
    const at = bench();
    const core = await at.watch('/api/v1/events?watch=true&resourceVersion=1');
    const renamed = await at.watch('/apis/events.k8s.io/v1/events?watch=true&resourceVersion=1');
    const body = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'e' },
      eventTime: '2026-11-22T03:00:00.000000Z',
      reportingController: 'test.example/it',
      reportingInstance: 'one',
      action: 'Looking',
      reason: 'Seen',
      regarding: { kind: 'Widget', name: 'a', namespace: 'default' },
      note: 'It was seen.',
      type: 'Normal',
    };
    const made = await at.call('POST', '/apis/events.k8s.io/v1/namespaces/default/events', { body });
    expect(made.status).toBe(201);
    expect((await core.next()).object).toMatchObject({ apiVersion: 'v1', message: 'It was seen.' });
    expect((await renamed.next()).object).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      note: 'It was seen.',
    });
  });
});
