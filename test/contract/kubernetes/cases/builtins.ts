import { expect } from 'vitest';
import { host, pool } from '../../../cluster/samples.ts';
import { type Arena, type Case, refusal } from '../arena.ts';

const leases = (at: Arena, ...rest: readonly string[]) =>
  ['/apis/coordination.k8s.io/v1/namespaces', at.namespace, 'leases', ...rest].join('/');
const events = (at: Arena, ...rest: readonly string[]) =>
  ['/apis/events.k8s.io/v1/namespaces', at.namespace, 'events', ...rest].join('/');

const lease = (spec: Readonly<Record<string, unknown>> = {}) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'leader' },
  spec: {
    holderIdentity: 'one',
    leaseDurationSeconds: 15,
    acquireTime: '2026-11-22T03:00:00.000000Z',
    renewTime: '2026-11-22T03:00:00.123456Z',
    leaseTransitions: 0,
    ...spec,
  },
});

async function eventAbout(
  at: Arena,
  name: string,
  change: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const { metadata } = await at.read('hosts', name);
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.1`, namespace: at.namespace },
    eventTime: '2026-11-22T03:00:00.000000Z',
    reportingController: 'kintsugi.dev/operator',
    reportingInstance: 'kintsugi-0',
    action: 'Observing',
    reason: 'Suspected',
    regarding: {
      apiVersion: 'kintsugi.dev/v1alpha1',
      kind: 'Host',
      name,
      namespace: at.namespace,
      uid: metadata.uid,
    },
    note: 'It has not answered for 10 minutes.',
    type: 'Warning',
    ...change,
  };
}

export const builtinCases: readonly Case[] = [
  {
    title: 'creates a Secret from literals, as kubectl sends it, and gives it back',
    run: async (at) => {
      const args = [
        'create',
        'secret',
        'generic',
        'login',
        '--from-literal=username=root',
        '--from-literal=password=p w',
      ];
      expect((await at.kubectl(args)).stdout).toBe('secret/login created\n');
      const again = await at.kubectl(args);
      expect([again.code, again.stderr]).toEqual([
        1,
        'error: failed to create secret secrets "login" already exists\n',
      ]);
      const password = await at.kubectl(['get', 'secret', 'login', '-o', 'jsonpath={.data.password}']);
      expect(Buffer.from(password.stdout, 'base64').toString()).toBe('p w');
      await at.kubectl(['get', 'secret', 'login', '-o', 'yaml']);
      expect((await at.kubectl(['get', 'secrets'])).stdout).toMatch(
        /^NAME +TYPE +DATA +AGE\nlogin +Opaque +2 /,
      );
      expect((await at.kubectl(['delete', 'secret', 'login'])).code).toBe(0);
    },
  },
  {
    title: 'applies a Secret with stringData, changes it, and never shows stringData',
    run: async (at) => {
      const secret = (stringData: unknown) => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'login' },
        spec: undefined as never,
        stringData,
      });
      await at.given(secret({ username: 'root', password: 'one' }));
      expect((await at.apply(secret({ username: 'root', password: 'two' }))).stdout).toBe(
        'secret/login configured\n',
      );
      const stored = JSON.parse((await at.kubectl(['get', 'secret', 'login', '-o', 'json'])).stdout);
      expect(stored.type).toBe('Opaque');
      expect(Buffer.from(stored.data.password, 'base64').toString()).toBe('two');
      expect(stored).not.toHaveProperty('stringData');
      expect(stored.metadata).not.toHaveProperty('generation');
    },
  },
  {
    title: 'refuses a Secret whose data is no base64 or whose key is none',
    run: async (at) => {
      const path = `/api/v1/namespaces/${at.namespace}/secrets`;
      const make = (data: unknown) =>
        at.unrecorded.call('POST', path, {
          body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, data },
        });
      expect(refusal(await make({ a: '%%%' }))).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(refusal(await make({ 'a b': 'AAAA' }))).toEqual({
        code: 422,
        reason: 'Invalid',
        fields: ['data[a b]'],
      });
      expect((await at.kubectl(['get', 'secrets'])).stdout).toBe('');
    },
  },
  {
    title: 'refuses to change the type of a Secret, and an immutable one altogether',
    run: async (at) => {
      await at.kubectl(['create', 'secret', 'generic', 'login', '--from-literal=a=b']);
      const path = `/api/v1/namespaces/${at.namespace}/secrets/login`;
      const type = await at.call('PATCH', path, { body: { type: 'other/type' } });
      expect(refusal(type)).toMatchObject({ code: 422, reason: 'Invalid', fields: ['type'] });
      expect((await at.call('PATCH', path, { body: { immutable: true } })).status).toBe(200);
      const data = await at.call('PATCH', path, { body: { data: { a: 'AAAA' } } });
      expect(refusal(data)).toMatchObject({ code: 422, reason: 'Invalid', fields: ['data'] });
    },
  },
  {
    title: 'keeps ConfigMaps',
    run: async (at) => {
      expect((await at.kubectl(['create', 'configmap', 'notes', '--from-literal=a=b'])).stdout).toBe(
        'configmap/notes created\n',
      );
      expect((await at.kubectl(['get', 'cm', 'notes', '-o', 'jsonpath={.data.a}'])).stdout).toBe('b');
      expect((await at.kubectl(['get', 'configmaps'])).stdout).toMatch(/^NAME +DATA +AGE\nnotes +1 /);
      await at.kubectl(['patch', 'cm', 'notes', '--type=merge', '-p', '{"data":{"c":"d"}}']);
      expect((await at.kubectl(['get', 'cm', 'notes', '-o', 'jsonpath={.data}'])).stdout).toBe(
        '{"a":"b","c":"d"}',
      );
    },
  },
  {
    title: 'creates and shows namespaces',
    run: async (at) => {
      const name = `${at.namespace}-more`;
      expect((await at.kubectl(['create', 'namespace', name])).stdout).toBe(`namespace/${name} created\n`);
      const again = await at.kubectl(['create', 'namespace', name]);
      expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('(AlreadyExists)')]);
      const { stdout } = await at.kubectl(['get', 'ns', name]);
      expect(stdout).toMatch(/^NAME +STATUS +AGE\n\S+ +Active +/);
      await at.kubectl(['get', 'namespace', name, '-o', 'yaml']);
      expect((await at.kubectl(['get', 'ns', 'default', '-o', 'name'])).stdout).toBe('namespace/default\n');
      const bad = await at.kubectl(['create', 'namespace', 'Not-Good']);
      expect(bad.stderr).toContain('metadata.name');
      const applied = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${name}-2` } };
      const apply = await at.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(applied) });
      expect(apply.stdout).toBe(`namespace/${name}-2 created\n`);
    },
  },
  {
    title: 'keeps a lease whose times have six digits',
    run: async (at) => {
      const created = await at.call('POST', leases(at), { body: lease() });
      expect(created.status).toBe(201);
      expect(created.json).toMatchObject({ spec: { renewTime: '2026-11-22T03:00:00.123456Z' } });
      const read = (await at.unrecorded.call('GET', leases(at, 'leader'))).json as { metadata: object };
      const taken = await at.call('PUT', leases(at, 'leader'), {
        body: { ...lease({ holderIdentity: 'two', leaseTransitions: 1 }), metadata: read.metadata },
      });
      expect(taken.json).toMatchObject({ spec: { holderIdentity: 'two' } });
      const stale = await at.call('PUT', leases(at, 'leader'), {
        body: { ...lease(), metadata: read.metadata },
      });
      expect(refusal(stale)).toMatchObject({ code: 409, reason: 'Conflict' });
      expect((await at.kubectl(['get', 'leases'])).stdout).toMatch(/^NAME +HOLDER +AGE\nleader +two /);
    },
  },
  {
    title: 'refuses a lease whose times have three digits',
    run: async (at) => {
      const reply = await at.unrecorded.call('POST', leases(at), {
        body: lease({ renewTime: '2026-11-22T03:00:00.123Z' }),
      });
      expect(refusal(reply)).toMatchObject({ code: 400, reason: 'BadRequest' });
    },
  },
  {
    title: 'refuses a lease of no duration or of negative transitions',
    run: async (at) => {
      const reply = await at.call('POST', leases(at), {
        body: lease({ leaseDurationSeconds: 0, leaseTransitions: -1 }),
      });
      expect(refusal(reply)).toMatchObject({
        code: 422,
        reason: 'Invalid',
        fields: ['spec.leaseDurationSeconds', 'spec.leaseTransitions'],
      });
    },
  },
  {
    // Bodies of events are unrecorded: the real server fills the fields of three generations of this kind with nothing.
    title: 'shows an event of events.k8s.io where people look for it',
    run: async (at) => {
      await at.given(host('east-1'));
      const created = await at.unrecorded.call('POST', events(at), { body: await eventAbout(at, 'east-1') });
      expect(created.status).toBe(201);
      const described = await at.kubectl(['describe', 'khost', 'east-1']);
      expect(described.stdout).toContain('It has not answered for 10 minutes.');
      const listed = await at.kubectl(['events', '--for', 'khost/east-1']);
      expect(listed.stdout).toContain('Suspected');
      expect((await at.kubectl(['get', 'events'])).stdout).toContain('host/east-1');
      const core = await at.unrecorded.call(
        'GET',
        `/api/v1/namespaces/${at.namespace}/events?fieldSelector=involvedObject.name%3Deast-1`,
      );
      expect(core.json).toMatchObject({
        items: [{ involvedObject: { name: 'east-1' }, reason: 'Suspected' }],
      });
      const others = await at.unrecorded.call(
        'GET',
        `/api/v1/namespaces/${at.namespace}/events?fieldSelector=involvedObject.name%3Dx`,
      );
      expect(others.json).toMatchObject({ items: [] });
    },
  },
  {
    title: 'counts an event that repeats',
    run: async (at) => {
      await at.given(host('east-1'));
      await at.unrecorded.call('POST', events(at), { body: await eventAbout(at, 'east-1') });
      const series = { count: 7, lastObservedTime: '2026-11-22T03:10:00.000000Z' };
      const patched = await at.unrecorded.call('PATCH', events(at, 'east-1.1'), { body: { series } });
      expect(patched.json).toMatchObject({ series: { count: 7 } });
      const core = await at.unrecorded.call('GET', `/api/v1/namespaces/${at.namespace}/events/east-1.1`);
      expect(core.json).toMatchObject({ series: { count: 7 } });
      await at.kubectl(['events', '--for', 'khost/east-1']);
    },
  },
  {
    title: 'refuses an event that does not say who reports, what was done, when or about what',
    run: async (at) => {
      await at.given(host('east-1'));
      for (const change of [
        { eventTime: null },
        { reportingController: '' },
        { reportingInstance: '' },
        { action: '' },
        { reason: '' },
        { type: 'Alarming' },
      ]) {
        const reply = await at.unrecorded.call('POST', events(at), {
          body: await eventAbout(at, 'east-1', change),
        });
        expect(refusal(reply)).toMatchObject({ code: 422, reason: 'Invalid' });
        expect(refusal(reply).fields).toContain(Object.keys(change)[0]);
      }
      const long = await eventAbout(at, 'east-1', { note: 'n'.repeat(1025) });
      const reply = await at.unrecorded.call('POST', events(at), { body: long });
      expect(refusal(reply)).toEqual({ code: 422, reason: 'Invalid', fields: ['message'] });
    },
  },
  {
    title: 'applies a list of objects of several kinds in one go, and goes on behind a bad one',
    run: async (at) => {
      const configMap = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'n' },
        spec: undefined as never,
        data: { a: 'b' },
      };
      const result = await at.apply([configMap, pool('a', { mode: 'Auto' }), host('h')]);
      expect(result.code).toBe(1);
      expect(result.stdout).toBe('configmap/n created\nhost.kintsugi.dev/h created\n');
      expect(result.stderr).toContain('spec.mode');
    },
  },
  {
    title: 'applies a List as one object that holds several',
    run: async (at) => {
      const list = { apiVersion: 'v1', kind: 'List', items: [pool('a'), host('h')] };
      const applied = await at.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(list) });
      expect(applied.stdout).toBe('pool.kintsugi.dev/a created\nhost.kintsugi.dev/h created\n');
    },
  },
];
