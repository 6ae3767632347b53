import { describe, expect, it, onTestFinished } from 'vitest';
import { type Bench, createBench, widget, widgets } from './bench.ts';

function bench(options: Parameters<typeof createBench>[0] = {}): Bench {
  const made = createBench(options);
  onTestFinished(() => made.close());
  return made;
}

const secrets = '/api/v1/namespaces/default/secrets';
const namespaces = '/api/v1/namespaces';
const configMap = (name: string, metadata = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data: { a: 'b' },
});

describe('objects of the embedded API server', () => {
  it('are the same in every run that draws the same numbers', async () => {
    const run = async (): Promise<unknown> => {
      const at = bench();
      const made = await at.call('POST', widgets, { body: widget('', {}, { name: '', generateName: 'w-' }) });
      return made.json;
    };
    expect(await run()).toEqual(await run());
  });

  it('get five random characters behind generateName', async () => {
    const at = bench();
    const made = await at.call('POST', widgets, { body: widget('', {}, { generateName: 'w-' }) });
    expect(made.json.metadata.name).toMatch(/^w-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('keep status and spec apart', async () => {
    const at = bench();
    await at.call('POST', widgets, { body: { ...(widget('a') as object), status: { phase: 'Made' } } });
    const made = await at.call('GET', `${widgets}/a`);
    expect(made.json.status).toBeUndefined();
    const status = { ...made.json, spec: { size: 9 }, status: { phase: 'Up' } };
    const put = await at.call('PUT', `${widgets}/a/status`, { body: status });
    expect([put.json.spec.size, put.json.status.phase, put.json.metadata.generation]).toEqual([3, 'Up', 1]);
    const changed = await at.call('PATCH', `${widgets}/a`, { body: { spec: { size: 4 }, status: null } });
    expect([changed.json.status.phase, changed.json.metadata.generation]).toEqual(['Up', 2]);
    const stale = await at.call('PUT', `${widgets}/a/status`, { body: status });
    expect([stale.status, stale.json.reason]).toEqual([409, 'Conflict']);
  });

  it('do not change version or wake watches when a write changes nothing', async () => {
    const at = bench();
    const made = await at.call('POST', widgets, { body: widget('a') });
    const again = await at.call('PATCH', `${widgets}/a`, { body: { spec: { size: 3 } } });
    expect(again.json).toEqual(made.json);
    expect(at.store.version()).toBe(Number(made.json.metadata.resourceVersion));
  });

  it('stay as they were in a dry run of every verb', async () => {
    const at = bench();
    await at.call('POST', widgets, { body: widget('a', {}, { finalizers: ['a.b/c'] }) });
    const before = [at.store.version(), (await at.call('GET', widgets)).json];
    const dry = async (method: string, path: string, body?: unknown): Promise<number> =>
      (await at.call(method, `${path}?dryRun=All`, { body })).status;
    expect(await dry('POST', widgets, widget('b'))).toBe(201);
    expect(await dry('PATCH', `${widgets}/a`, { spec: { size: 9 } })).toBe(200);
    expect(await dry('DELETE', `${widgets}/a`)).toBe(200);
    expect(await dry('DELETE', widgets)).toBe(200);
    expect(await dry('DELETE', `${namespaces}/default`)).toBe(403);
    expect([at.store.version(), (await at.call('GET', widgets)).json]).toEqual(before);
  });

  it('are refused with a Status that says why when the disk is full, and the server lives on', async () => {
    const at = bench();
    await at.call('POST', widgets, { body: widget('a') });
    const commit = at.store.commit;
    Object.assign(at.store, { commit: () => ({ kind: 'refused', because: 'the disk is full' }) });
    const refused = await at.call('POST', widgets, { body: widget('b') });
    expect([refused.status, refused.json.kind, refused.json.status]).toEqual([507, 'Status', 'Failure']);
    expect(refused.json.message).toContain('nothing was written');
    expect(refused.json.message).toContain('the disk is full');
    expect((await at.call('GET', `${widgets}/a`)).status).toBe(200);
    Object.assign(at.store, { commit });
    expect((await at.call('POST', widgets, { body: widget('b') })).status).toBe(201);
  });

  it('refuse to be more than 3 MiB', async () => {
    const at = bench();
    const reply = await at.call('POST', widgets, { body: widget('a', { note: 'n'.repeat(3 << 20) }) });
    expect([reply.status, reply.json.reason]).toEqual([413, 'RequestEntityTooLarge']);
  });

  it('name every resource there is when asked for one of a whole cluster', async () => {
    const at = bench();
    const reply = await at.call('GET', '/apis/apps/v1/namespaces/default/deployments');
    expect([reply.status, reply.json.reason]).toEqual([404, 'NotFound']);
    expect(reply.json.message).toContain('widgets.test.example');
  });

  it('refuse server-side apply and say what to use instead', async () => {
    const at = bench();
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const reply = await at.call('PATCH', `${widgets}/a?fieldManager=x`, { body: 'a: b', headers });
    expect([reply.status, reply.json.reason]).toEqual([415, 'UnsupportedMediaType']);
    expect(reply.json.message).toContain('use kubectl apply without --server-side');
  });
});

describe('a namespace', () => {
  const make = (at: Bench, name: string) =>
    at.call('POST', namespaces, { body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } });

  it('takes its objects with it', async () => {
    const at = bench();
    await make(at, 'gone');
    await at.call('POST', '/api/v1/namespaces/gone/configmaps', { body: configMap('c') });
    await at.call('POST', widgets.replace('default', 'gone'), { body: widget('a') });
    await at.call('POST', widgets, { body: widget('stays') });
    expect((await at.call('DELETE', `${namespaces}/gone`)).status).toBe(200);
    expect((await at.call('GET', `${namespaces}/gone`)).status).toBe(404);
    expect((await at.call('GET', '/api/v1/configmaps')).json.items).toEqual([]);
    expect((await at.call('GET', '/apis/test.example/v1/widgets')).json.items).toHaveLength(1);
    const late = await at.call('POST', '/api/v1/namespaces/gone/configmaps', { body: configMap('c') });
    expect([late.status, late.json.message]).toEqual([404, 'namespaces "gone" not found']);
  });

  it('waits, terminating and closed to new objects, for those that finalizers hold', async () => {
    const at = bench();
    await make(at, 'gone');
    const inside = widgets.replace('default', 'gone');
    await at.call('POST', inside, { body: widget('a', {}, { finalizers: ['a.b/c'] }) });
    await at.call('POST', inside, { body: widget('b') });
    const deleted = await at.call('DELETE', `${namespaces}/gone`);
    expect(deleted.json.status.phase).toBe('Terminating');
    expect((await at.call('GET', inside)).json.items).toHaveLength(1);
    const late = await at.call('POST', inside, { body: widget('c') });
    expect([late.status, late.json.reason]).toEqual([403, 'Forbidden']);
    expect(late.json.details.causes[0].reason).toBe('NamespaceTerminating');
    await at.call('PATCH', `${inside}/a`, { body: { metadata: { finalizers: null } } });
    expect((await at.call('GET', `${namespaces}/gone`)).status).toBe(404);
  });

  it.each(['default', 'kintsugi-system'])('named %s is there from the start and stays', async (name) => {
    const at = bench();
    const reply = await at.call('DELETE', `${namespaces}/${name}`);
    expect([reply.status, reply.json.reason]).toEqual([403, 'Forbidden']);
    expect((await at.call('GET', `${namespaces}/${name}`)).json.status.phase).toBe('Active');
  });
});

describe('secrets and config maps', () => {
  const strategic = { 'content-type': 'application/strategic-merge-patch+json' };

  it('take the strategic merge patch of kubectl apply', async () => {
    const at = bench();
    const path = '/api/v1/namespaces/default/configmaps';
    await at.call('POST', path, { body: configMap('c', { finalizers: ['a.b/c', 'a.b/d'] }) });
    const patch = {
      data: { a: null, x: 'y' },
      metadata: {
        labels: { l: 'm' },
        $setElementOrder: [],
        '$deleteFromPrimitiveList/finalizers': ['a.b/c'],
        finalizers: ['a.b/e'],
      },
    };
    const reply = await at.call('PATCH', `${path}/c`, { body: patch, headers: strategic });
    expect([reply.json.data, reply.json.metadata.labels, reply.json.metadata.finalizers]).toEqual([
      { x: 'y' },
      { l: 'm' },
      ['a.b/d', 'a.b/e'],
    ]);
    const replaced = await at.call('PATCH', `${path}/c`, {
      body: { data: { $patch: 'replace', only: 'this' } },
      headers: strategic,
    });
    expect(replaced.json.data).toEqual({ only: 'this' });
  });

  it('are not changed through a prototype', async () => {
    const at = bench();
    await at.call('POST', '/api/v1/namespaces/default/configmaps', { body: configMap('c') });
    const body = '{"__proto__":{"polluted":"yes"},"data":{"__proto__":{"polluted":"yes"}}}';
    await at.call('PATCH', '/api/v1/namespaces/default/configmaps/c', { body });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuse protobuf of kinds that are not read in it, and what only says that it is protobuf', async () => {
    const at = bench();
    const headers = { 'content-type': 'application/vnd.kubernetes.protobuf' };
    const lease = Buffer.concat([
      Buffer.from('k8s\0'),
      Buffer.from([0x0a, 0x0b, 0x0a, 0x02, 0x76, 0x31, 0x12, 0x05]),
      Buffer.from('Lease'),
    ]);
    for (const body of [lease, Buffer.from('nonsense'), Buffer.from('k8s\0\xff\xff\xff', 'latin1')]) {
      const reply = await at.call('POST', secrets, { body, headers });
      expect([reply.status, reply.json.reason]).toEqual([415, 'UnsupportedMediaType']);
    }
  });
});

describe('events', () => {
  it('are dropped an hour after they were last written, when the next one comes', async () => {
    const at = bench();
    const events = '/api/v1/namespaces/default/events';
    const make = (name: string) =>
      at.call('POST', events, {
        body: {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name },
          involvedObject: { kind: 'Widget', name: 'a', namespace: 'default' },
          reason: 'Seen',
          message: 'seen',
        },
      });
    const names = async (): Promise<string[]> =>
      (await at.call('GET', events)).json.items.map(
        (event: { metadata: { name: string } }) => event.metadata.name,
      );
    await make('first');
    await make('kept');
    await at.clock.advance(50 * 60_000);
    await at.call('PATCH', `${events}/kept`, { body: { count: 2 } });
    await at.clock.advance(20 * 60_000);
    await make('last');
    expect(await names()).toEqual(['kept', 'last']);
  });
});

describe('who may use the server', () => {
  it('is whoever has the token, and nobody else', async () => {
    const at = bench();
    const status = async (authorization: string | undefined, path: string): Promise<number> => {
      const reply = await at.server.handle({
        method: 'GET',
        path,
        headers: authorization === undefined ? {} : { authorization },
        body: new Uint8Array(),
        signal: new AbortController().signal,
      });
      return typeof reply === 'string' ? 0 : reply.status;
    };
    expect(await status(undefined, widgets)).toBe(403);
    expect(await status('Bearer wrong', widgets)).toBe(401);
    expect(await status('Basic YTpi', widgets)).toBe(401);
    expect(await status('Bearer wrong', '/version')).toBe(401);
    expect(await status(undefined, '/readyz')).toBe(200);
    expect(await status(undefined, '/apis')).toBe(403);
  });
});

describe('a server that is started again on its store', () => {
  it('finishes a namespace whose last object went just before the process was killed', async () => {
    const at = bench();
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gone' } };
    await at.call('POST', namespaces, { body });
    const inside = widgets.replace('default', 'gone');
    await at.call('POST', inside, { body: widget('a', {}, { finalizers: ['a.b/c'] }) });
    await at.call('DELETE', `${namespaces}/gone`);
    at.store.commit([
      {
        type: 'DELETED',
        key: { resource: 'test.example/widgets', namespace: 'gone', name: 'a' },
        render: () => '{}',
      },
    ]);
    expect((await at.call('GET', `${namespaces}/gone`)).json.status.phase).toBe('Terminating');
    const again = createBench({ store: at.store });
    expect((await again.call('GET', `${namespaces}/gone`)).status).toBe(404);
  });
});
