import { expect } from 'vitest';
import { host, pool } from '../../../cluster/samples.ts';
import { type Arena, type Case, refusal } from '../arena.ts';

const jsonPatch = (at: Arena, operations: unknown) =>
  at.call('PATCH', at.path('pools', 'east'), {
    headers: { 'content-type': 'application/json-patch+json' },
    body: operations,
  });

export const patchingCases: readonly Case[] = [
  {
    title: 'merges a patch: sets, replaces whole lists, and removes with null',
    run: async (at) => {
      await at.given(pool('east', { paused: [{ reason: 'one' }, { reason: 'two' }] }));
      const merge = (patch: unknown) =>
        at.kubectl(['patch', 'pool', 'east', '--type=merge', '-p', JSON.stringify(patch)]);
      await merge({ spec: { paused: [{ reason: 'three' }], limits: { failedMembers: 2 } } });
      expect((await at.read('pools', 'east')).spec).toMatchObject({
        paused: [{ reason: 'three' }],
        limits: { failedMembers: 2, startsAtOncePerHost: 4 },
      });
      await merge({ spec: { paused: null, limits: null } });
      const { spec } = await at.read('pools', 'east');
      expect(spec['paused']).toBeUndefined();
      expect(spec['limits']).toEqual({ failedMembers: 1, startsAtOncePerHost: 4 });
    },
  },
  {
    title: 'applies every operation of a JSON patch in order',
    run: async (at) => {
      await at.given(pool('east', { paused: [{ reason: 'one' }] }));
      const reply = await jsonPatch(at, [
        { op: 'test', path: '/spec/mode', value: 'Observe' },
        { op: 'add', path: '/spec/paused/-', value: { reason: 'three' } },
        { op: 'add', path: '/spec/paused/1', value: { reason: 'two' } },
        { op: 'copy', from: '/spec/paused/0', path: '/spec/paused/-' },
        { op: 'move', from: '/spec/paused/0', path: '/spec/paused/2' },
        { op: 'replace', path: '/spec/mode', value: 'Manual' },
        { op: 'remove', path: '/spec/paused/0' },
        // A key that is escaped in a pointer, and no valid label: it goes before the object is stored.
        { op: 'add', path: '/metadata/labels', value: { 'a/b~c': 'x' } },
        { op: 'remove', path: '/metadata/labels/a~1b~0c' },
      ]);
      expect(reply.status).toBe(200);
      expect((await at.read('pools', 'east')).spec).toMatchObject({
        mode: 'Manual',
        paused: [{ reason: 'three' }, { reason: 'one' }, { reason: 'one' }],
      });
      const line = ['patch', 'pool', 'east', '--type=json', '-p', '[{"op":"remove","path":"/spec/paused"}]'];
      expect((await at.kubectl(line)).stdout).toBe('pool.kintsugi.dev/east patched\n');
    },
  },
  {
    title: 'gives a field that a JSON patch sets to null its default, or drops it',
    run: async (at) => {
      await at.given(pool('east', { mode: 'Manual', paused: [{ reason: 'one' }] }));
      await jsonPatch(at, [
        { op: 'replace', path: '/spec/mode', value: null },
        { op: 'replace', path: '/spec/paused', value: null },
      ]);
      const { spec } = await at.read('pools', 'east');
      expect(spec['mode']).toBe('Observe');
      expect(spec).not.toHaveProperty('paused');
    },
  },
  {
    title: 'refuses a JSON patch whose test fails, whose path is not there, or that is none',
    run: async (at) => {
      await at.given(pool('east'));
      const failed = await jsonPatch(at, [
        { op: 'replace', path: '/spec/mode', value: 'Manual' },
        { op: 'test', path: '/spec/mode', value: 'Observe' },
      ]);
      expect(refusal(failed)).toEqual({ code: 422, reason: 'Invalid', fields: [] });
      const nowhere = await jsonPatch(at, [{ op: 'remove', path: '/spec/nothing' }]);
      expect(refusal(nowhere)).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(refusal(await jsonPatch(at.unrecorded, { op: 'add' }))).toMatchObject({ code: 400 });
      expect(refusal(await jsonPatch(at, [{ op: 'explode', path: '/spec' }]))).toMatchObject({ code: 422 });
      expect((await at.read('pools', 'east')).spec['mode']).toBe('Observe');
    },
  },
  {
    title: 'checks what a patch makes of the object as it checks a whole object',
    run: async (at) => {
      await at.given(pool('east'));
      const bad = await at.call('PATCH', at.path('pools', 'east'), { body: { spec: { mode: 'Auto' } } });
      expect(refusal(bad)).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(refusal(bad).fields).toContain('spec.mode');
      const required = await jsonPatch(at, [{ op: 'remove', path: '/spec/hypervisor' }]);
      expect(refusal(required)).toMatchObject({
        code: 422,
        reason: 'Invalid',
        fields: expect.arrayContaining(['spec.hypervisor']),
      });
      // The real server repeats the whole object here, with the fields that it manages.
      const unknown = await at.unrecorded.call(
        'PATCH',
        `${at.path('pools', 'east')}?fieldValidation=Strict`,
        {
          body: { spec: { modee: 'Manual' } },
        },
      );
      expect(refusal(unknown)).toEqual({ code: 422, reason: 'Invalid', fields: ['patch'] });
    },
  },
  {
    title: 'patches only the version that the patch names',
    run: async (at) => {
      await at.given(pool('east'));
      const { resourceVersion } = (await at.read('pools', 'east')).metadata;
      const patch = { metadata: { resourceVersion }, spec: { mode: 'Manual' } };
      expect((await at.call('PATCH', at.path('pools', 'east'), { body: patch })).status).toBe(200);
      const stale = await at.call('PATCH', at.path('pools', 'east'), {
        body: { ...patch, spec: { mode: 'Observe' } },
      });
      expect(refusal(stale)).toMatchObject({ code: 409, reason: 'Conflict' });
    },
  },
  {
    title: 'refuses a strategic merge patch on its own kinds, naming the forms it takes',
    run: async (at) => {
      await at.given(pool('east'));
      const { code, stderr } = await at.unrecorded.kubectl([
        'patch',
        'pool',
        'east',
        '--type=strategic',
        '-p',
        '{}',
      ]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/UnsupportedMediaType|strategic/);
      const reply = await at.call('PATCH', at.path('pools', 'east'), {
        headers: { 'content-type': 'application/strategic-merge-patch+json' },
        body: {},
      });
      expect(refusal(reply)).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
      const plain = await at.call('PATCH', at.path('pools', 'east'), {
        headers: { 'content-type': 'application/json' },
        body: {},
      });
      expect(refusal(plain)).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
    },
  },
  {
    title: 'refuses a patch of what is not there, and a patch that is no JSON',
    run: async (at) => {
      const missing = await at.kubectl(['patch', 'pool', 'nope', '--type=merge', '-p', '{}']);
      expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('(NotFound)')]);
      await at.given(pool('east'));
      const broken = await at.unrecorded.call('PATCH', at.path('pools', 'east'), { body: '{"spec":' });
      expect(refusal(broken)).toMatchObject({ code: 400, reason: 'BadRequest' });
    },
  },
  {
    title: 'refuses a patch that renames the object or moves it',
    run: async (at) => {
      await at.given(pool('east'));
      const renamed = await at.call('PATCH', at.path('pools', 'east'), {
        body: { metadata: { name: 'west' } },
      });
      expect(refusal(renamed)).toMatchObject({ code: 400, reason: 'BadRequest' });
      const moved = await at.call('PATCH', at.path('pools', 'east'), {
        body: { metadata: { namespace: 'default' } },
      });
      expect(refusal(moved)).toMatchObject({ code: 400, reason: 'BadRequest' });
    },
  },
  {
    title: 'patches a status with both forms of patch, by kubectl too',
    run: async (at) => {
      await at.given(host('east-1'));
      const patch = (type: string, body: string) =>
        at.kubectl(['patch', 'khost', 'east-1', '--subresource=status', `--type=${type}`, '-p', body]);
      expect((await patch('merge', '{"status":{"role":"Master"}}')).stdout).toContain('patched');
      await patch('json', '[{"op":"add","path":"/status/enabled","value":true}]');
      expect((await at.read('hosts', 'east-1')).status).toEqual({ role: 'Master', enabled: true });
      const refused = await patch('merge', '{"status":{"role":"King"}}');
      expect(refused.stderr).toContain('status.role: Unsupported value: "King"');
    },
  },
];
