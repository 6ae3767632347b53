import { expect } from 'vitest';
import { host, hostUUID, pool, recoveryRequest } from '../../../cluster/samples.ts';
import { type Case, refusal } from '../arena.ts';

const attestation = {
  statement: 'I pulled both power cords',
  hostUUID,
  by: 'admin',
  at: '2026-11-22T03:00:00Z',
  validForSeconds: 600,
};

/** Bodies, names, paths and media types that are refused, and changes that are let through. */
export const refusingCases: readonly Case[] = [
  {
    title: 'lets the changes through that a running request needs',
    run: async (at) => {
      await at.given(recoveryRequest('x'));
      await at.given(recoveryRequest('x', { approval: { planHash: 'sha256-1', by: 'admin' } }));
      const statements = [attestation, { ...attestation, statement: 'I see no lamp on it' }];
      await at.given(recoveryRequest('x', { attestations: statements.slice(0, 1) }));
      await at.given(recoveryRequest('x', { attestations: statements, cancel: true }));
      expect((await at.read('recoveryrequests', 'x')).metadata.generation).toBe(4);
    },
  },
  {
    title: 'does not let in a manifest that an update would spoil, and keeps the object as it was',
    run: async (at) => {
      await at.given(pool('x', { mode: 'Manual' }));
      const before = await at.read('pools', 'x');
      expect((await at.apply(pool('x', { mode: 'Auto' }))).code).toBe(1);
      expect(await at.read('pools', 'x')).toEqual(before);
    },
  },
  {
    title: 'refuses a field that it does not know, in kubectl’s strict form',
    run: async (at) => {
      const manifest = pool('x', { modee: 'Manual', limits: { failedMember: 1 } });
      const strict = await at.apply(manifest);
      expect(strict.code).toBe(1);
      expect(strict.stderr).toContain('unknown field "spec.limits.failedMember"');
      expect(strict.stderr).toContain('unknown field "spec.modee"');
      const raw = await at.call('POST', `${at.path('pools')}?fieldValidation=Strict`, { body: manifest });
      expect(refusal(raw)).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect((await at.kubectl(['get', 'pools', '-o', 'name'])).stdout).toBe('');
    },
  },
  {
    title: 'warns of an unknown field or drops it silently, as the request asks, and never stores it',
    run: async (at) => {
      const manifest = pool('x', { modee: 'Manual' });
      const warned = await at.apply(manifest, '--validate=warn');
      expect([warned.code, warned.stderr]).toEqual([0, 'Warning: unknown field "spec.modee"\n']);
      expect((await at.read('pools', 'x')).spec).not.toHaveProperty('modee');
      const silent = await at.apply({ ...manifest, metadata: { name: 'y' } }, '--validate=ignore');
      expect([silent.code, silent.stderr]).toEqual([0, '']);
      expect((await at.read('pools', 'y')).spec).not.toHaveProperty('modee');
      const raw = await at.call('POST', `${at.path('pools')}?fieldValidation=Warn`, {
        body: { ...manifest, metadata: { name: 'z' } },
      });
      expect(raw.headers['warning']).toBe('299 - "unknown field \\"spec.modee\\""');
      const odd = await at.call('POST', `${at.path('pools')}?fieldValidation=Perhaps`, { body: manifest });
      expect(refusal(odd)).toMatchObject({ code: 422, reason: 'Invalid' });
    },
  },
  {
    title: 'refuses a field that is written twice, in the strict form',
    run: async (at) => {
      const text = JSON.stringify(pool('x')).replace('"spec":{', '"spec":{"mode":"Observe","mode":"Manual",');
      const strict = await at.call('POST', `${at.path('pools')}?fieldValidation=Strict`, { body: text });
      expect(refusal(strict)).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(strict.text).toContain('duplicate field \\"spec.mode\\"');
    },
  },
  {
    title: 'refuses names that are no names',
    run: async (at) => {
      for (const name of ['East', 'a_b', '-a', 'a'.repeat(254), '']) {
        const reply = await at.call('POST', at.path('pools'), { body: pool(name) });
        expect(refusal(reply)).toMatchObject({ code: 422, reason: 'Invalid' });
        expect(refusal(reply).fields).toContain('metadata.name');
      }
    },
  },
  {
    title: 'refuses labels, annotations and finalizers that are none',
    run: async (at) => {
      const make = (metadata: Readonly<Record<string, unknown>>) =>
        at.call('POST', at.path('pools'), { body: { ...pool('x'), metadata: { name: 'x', ...metadata } } });
      expect(refusal(await make({ labels: { 'a b': 'c' } })).fields).toEqual(['metadata.labels']);
      expect(refusal(await make({ labels: { a: 'b c' } })).fields).toEqual(['metadata.labels']);
      expect(refusal(await make({ annotations: { 'a b': 'c' } })).fields).toEqual(['metadata.annotations']);
      expect(refusal(await make({ finalizers: ['not a name'] })).fields).toContain('metadata.finalizers');
    },
  },
  {
    title: 'refuses a body that does not fit its path',
    run: async (at) => {
      const post = (body: unknown, path = at.path('pools')) => at.call('POST', path, { body });
      expect(refusal(await post(host('x')))).toMatchObject({
        code: 422,
        reason: 'Invalid',
        fields: ['kind'],
      });
      const version = { ...pool('x'), apiVersion: 'kintsugi.dev/v2' };
      expect(refusal(await post(version))).toMatchObject({ code: 400, reason: 'BadRequest' });
      const elsewhere = { ...pool('x'), metadata: { name: 'x', namespace: 'default' } };
      expect(refusal(await post(elsewhere))).toMatchObject({ code: 400, reason: 'BadRequest' });
      await at.given(pool('x'));
      const other = { ...(await at.read('pools', 'x')), metadata: { name: 'y', resourceVersion: '1' } };
      const put = await at.call('PUT', at.path('pools', 'x'), { body: other });
      expect(refusal(put)).toMatchObject({ code: 400, reason: 'BadRequest' });
    },
  },
  {
    title: 'refuses to create anything in a namespace that is not there',
    run: async (at) => {
      const applied = await at.kubectl(['apply', '-f', '-'], {
        stdin: JSON.stringify({ ...pool('x'), metadata: { name: 'x', namespace: at.namespace } }),
      });
      expect(applied.code).toBe(0);
      const reply = await at.call('POST', '/apis/kintsugi.dev/v1alpha1/namespaces/not-there/pools', {
        body: pool('x'),
      });
      expect(refusal(reply)).toMatchObject({ code: 404, reason: 'NotFound' });
      expect(reply.text).toContain('namespaces \\"not-there\\" not found');
    },
  },
  {
    title: 'refuses an object that claims to have a version already',
    run: async (at) => {
      const body = { ...pool('x'), metadata: { name: 'x', resourceVersion: '7' } };
      // The real server calls this its own error (500), which is not to be copied.
      const reply = await at.unrecorded.call('POST', at.path('pools'), { body });
      expect(reply.status).toBeGreaterThanOrEqual(400);
    },
  },
  {
    title: 'refuses a body that is broken, empty, of another type of content or too long',
    run: async (at) => {
      const post = (body: string, contentType = 'application/json') =>
        at.unrecorded.call('POST', at.path('pools'), { headers: { 'content-type': contentType }, body });
      const whole = JSON.stringify(pool('x'));
      expect(refusal(await post(whole.slice(0, -5)))).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(refusal(await post(''))).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(refusal(await post('[]'))).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(refusal(await post(whole, 'text/plain'))).toMatchObject({
        code: 415,
        reason: 'UnsupportedMediaType',
      });
      const long = JSON.stringify({
        ...pool('x'),
        metadata: { name: 'x', annotations: { a: 'b'.repeat(4 << 20) } },
      });
      expect((await post(long)).status).toBe(413);
      expect((await at.kubectl(['get', 'pools', '-o', 'name'])).stdout).toBe('');
    },
  },
  {
    title: 'refuses annotations of more than 256 KiB',
    run: async (at) => {
      const metadata = { name: 'x', annotations: { a: 'b'.repeat((256 << 10) + 1) } };
      const reply = await at.call('POST', at.path('pools'), { body: { ...pool('x'), metadata } });
      expect(refusal(reply)).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(refusal(reply).fields).toContain('metadata.annotations');
    },
  },
  {
    title: 'refuses a verb that a path does not have',
    run: async (at) => {
      await at.given(pool('x'));
      for (const method of ['POST', 'DELETE']) {
        const reply = await at.call(method, at.path('pools', 'x', 'status'), { body: {} });
        expect(refusal(reply)).toMatchObject({ code: 405, reason: 'MethodNotAllowed' });
      }
      for (const [method, path] of [
        ['POST', at.path('pools', 'x')],
        ['PUT', at.path('pools')],
        ['PATCH', at.path('pools')],
      ] as const) {
        // The real server calls these 400, each in words of its own.
        const reply = await at.unrecorded.call(method, path, { body: {} });
        expect([400, 405]).toContain(reply.status);
      }
    },
  },
  {
    title: 'refuses to answer in a type that it does not speak',
    run: async (at) => {
      // Each server names the types that it speaks.
      const reply = await at.unrecorded.call('GET', at.path('pools'), { headers: { accept: 'text/html' } });
      expect(refusal(reply)).toMatchObject({ code: 406, reason: 'NotAcceptable' });
    },
  },
];
