import { expect } from 'vitest';
import {
  host,
  hostUUID,
  pool,
  poolUUID,
  recoveryRequest,
  type Sample,
  virtualServer,
} from '../../../cluster/samples.ts';
import { type Case, refusal } from '../arena.ts';

const xapi = { poolUUID, credentialsSecretRef: { name: 'pool-login' } };
const tls = { sha256Fingerprint: 'ab'.repeat(32) };
const redfish = { url: 'https://192.0.2.91', credentialsSecretRef: { name: 'bmc' }, tls };
const attestation = {
  statement: 'I pulled both power cords',
  hostUUID,
  by: 'admin',
  at: '2026-11-22T03:00:00Z',
  validForSeconds: 600,
};

/** A manifest that must not get in, and the fields that the refusal names, in this order. */
const badManifests: readonly {
  readonly what: string;
  readonly object: Sample;
  readonly fields: readonly string[];
  readonly says: string;
}[] = [
  {
    what: 'a mode that is none of the modes',
    object: pool('x', { mode: 'Auto' }),
    fields: ['spec.mode'],
    says: 'spec.mode: Unsupported value: "Auto": supported values: "Observe", "Manual"',
  },
  {
    what: 'a word where a number belongs',
    object: pool('x', { detection: { memberTimeoutSeconds: 'ten minutes' } }),
    fields: ['spec.detection.memberTimeoutSeconds'],
    says: 'must be of type integer: "string"',
  },
  {
    what: 'a fraction where a whole number belongs',
    object: pool('x', { limits: { failedMembers: 1.5 } }),
    fields: ['spec.limits.failedMembers'],
    says: 'spec.limits.failedMembers',
  },
  {
    what: 'a number below its bound',
    object: pool('x', { detection: { memberTimeoutSeconds: 9 } }),
    fields: ['spec.detection.memberTimeoutSeconds'],
    says: 'should be greater than or equal to 10',
  },
  {
    what: 'a number above its bound',
    object: pool('x', { limits: { failedMembers: 9 } }),
    fields: ['spec.limits.failedMembers'],
    says: 'should be less than or equal to 8',
  },
  {
    what: 'a word where a list belongs',
    object: pool('x', { paused: 'moving racks' }),
    fields: ['spec.paused'],
    says: 'must be of type array: "string"',
  },
  {
    what: 'a list where an object belongs',
    object: pool('x', { hypervisor: [] }),
    fields: ['spec.hypervisor'],
    says: 'must be of type object: "array"',
  },
  {
    what: 'a yes in quotes',
    object: recoveryRequest('x', { cancel: 'true' }),
    fields: ['spec.cancel'],
    says: 'must be of type boolean: "string"',
  },
  {
    what: 'no spec at all',
    object: { ...pool('x'), spec: undefined as never },
    fields: ['spec'],
    says: 'spec: Required value',
  },
  {
    what: 'a Pool without a hypervisor',
    object: pool('x', { hypervisor: {} }),
    fields: ['spec.hypervisor.xapi'],
    says: 'spec.hypervisor.xapi: Required value',
  },
  {
    what: 'an empty name in a reference',
    object: host('x', { poolRef: { name: '' } }),
    fields: ['spec.poolRef.name'],
    says: 'spec.poolRef.name in body should be at least 1 chars long',
  },
  {
    what: 'a text that is too long',
    object: host('x', { serial: 's'.repeat(129) }),
    fields: ['spec.serial'],
    says: 'Too long: may not be more than 128 bytes',
  },
  {
    what: 'a list that is too long',
    object: pool('x', { paused: Array.from({ length: 17 }, (_, index) => ({ reason: `no ${index}` })) }),
    fields: ['spec.paused'],
    says: 'spec.paused: Too many: 17: must have at most 16 items',
  },
  {
    what: 'a UUID in capitals',
    object: pool('x', { hypervisor: { xapi: { ...xapi, poolUUID: poolUUID.toUpperCase() } } }),
    fields: ['spec.hypervisor.xapi.poolUUID'],
    says: 'poolUUID must be a lower-case UUID, as xe pool-list params=uuid prints it',
  },
  {
    what: 'a UUID that is none',
    object: host('x', { hostUUID: 'xen-3' }),
    fields: ['spec.hostUUID'],
    says: 'hostUUID must be a lower-case UUID',
  },
  {
    what: 'a fingerprint that is none',
    object: host('x', { tls: { sha256Fingerprint: 'ab:cd' } }),
    fields: ['spec.tls.sha256Fingerprint'],
    says: 'sha256Fingerprint must be the SHA-256 fingerprint of the certificate',
  },
  {
    what: 'a rung of power with two ways',
    object: host('x', { serial: 'S1', power: [{ redfish, attestation: {} }] }),
    fields: ['spec.power[0]'],
    says: 'each rung of power must have exactly one of redfish and attestation',
  },
  {
    what: 'a rung of power with no way',
    object: host('x', { power: [{ attestation: {} }, {}] }),
    fields: ['spec.power[1]'],
    says: 'each rung of power must have exactly one of redfish and attestation',
  },
  {
    what: 'a Redfish rung without the serial of the machine',
    object: host('x', { power: [{ redfish }] }),
    fields: ['spec.serial'],
    says: 'so that the power of another machine is never cut by mistake',
  },
  {
    what: 'a controller without https',
    object: host('x', { serial: 'S1', power: [{ redfish: { ...redfish, url: 'http://192.0.2.91' } }] }),
    fields: ['spec.power[0].redfish.url'],
    says: 'url must be the https root of the controller',
  },
  {
    what: 'two probes in one',
    object: virtualServer('x', { probe: { tcp: { address: 'web', port: 80 }, guestAgent: {} } }),
    fields: ['spec.probe'],
    says: 'probe must have exactly one of tcp and guestAgent',
  },
  {
    what: 'a port that is none',
    object: virtualServer('x', { probe: { tcp: { address: 'web', port: 65_536 } } }),
    fields: ['spec.probe.tcp.port'],
    says: 'should be less than or equal to 65535',
  },
  {
    what: 'a procedure that is none',
    object: recoveryRequest('x', { procedure: 'Panic' }),
    fields: ['spec.procedure'],
    says: 'Unsupported value: "Panic": supported values: "ReleaseMember"',
  },
  {
    what: 'a statement at no time',
    object: recoveryRequest('x', { attestations: [{ ...attestation, at: 'yesterday' }] }),
    fields: ['spec.attestations[0].at'],
    says: 'must be of type date-time: "yesterday"',
  },
  {
    what: 'several faults, each named',
    object: pool('x', { mode: 'Auto', approval: 'Never', limits: { failedMembers: 0 } }),
    fields: ['spec.limits.failedMembers', 'spec.mode', 'spec.approval'],
    says: 'spec.approval: Unsupported value: "Never"',
  },
];

/** What is changed after the object exists, and must not be. */
const badChanges: readonly {
  readonly what: string;
  readonly before: Sample;
  readonly after: Sample;
  readonly field: string;
  readonly says: string;
}[] = [
  {
    what: 'the pool that a Pool means',
    before: pool('x'),
    after: pool('x', { hypervisor: { xapi: { ...xapi, poolUUID: hostUUID } } }),
    field: 'spec.hypervisor.xapi.poolUUID',
    says: 'poolUUID cannot be changed',
  },
  {
    what: 'the Pool of a Host',
    before: host('x'),
    after: host('x', { poolRef: { name: 'west' } }),
    field: 'spec.poolRef',
    says: 'poolRef cannot be changed',
  },
  {
    what: 'the machine of a VirtualServer',
    before: virtualServer('x'),
    after: virtualServer('x', { vmUUID: hostUUID }),
    field: 'spec.vmUUID',
    says: 'vmUUID cannot be changed',
  },
  {
    what: 'the target of a request',
    before: recoveryRequest('x'),
    after: recoveryRequest('x', { target: { hostRef: { name: 'east-2' } } }),
    field: 'spec.target',
    says: 'target cannot be changed once the request exists; create a new RecoveryRequest',
  },
  {
    what: 'the mode of a request',
    before: recoveryRequest('x'),
    after: recoveryRequest('x', { mode: 'Execute' }),
    field: 'spec.mode',
    says: 'mode cannot be changed once the request exists',
  },
  {
    what: 'a cancel that is taken back',
    before: recoveryRequest('x', { cancel: true }),
    after: recoveryRequest('x', { cancel: false }),
    field: 'spec.cancel',
    says: 'cancel cannot be taken back',
  },
  {
    what: 'a statement that is withdrawn',
    before: recoveryRequest('x', { attestations: [attestation] }),
    after: recoveryRequest('x'),
    field: 'spec.attestations',
    says: 'attestations can only be added',
  },
  {
    what: 'a statement whose words are changed',
    before: recoveryRequest('x', { attestations: [attestation] }),
    after: recoveryRequest('x', { attestations: [{ ...attestation, statement: 'I pulled one power cord' }] }),
    field: 'spec.attestations',
    says: 'attestations can only be added',
  },
];

const plurals: Readonly<Record<string, string>> = {
  Pool: 'pools',
  Host: 'hosts',
  VirtualServer: 'virtualservers',
  RecoveryRequest: 'recoveryrequests',
};

export const refusingCases: readonly Case[] = [
  ...badManifests.map(
    ({ what, object, fields, says }): Case => ({
      title: `refuses ${what}, naming the field`,
      run: async (at) => {
        const applied = await at.apply(object);
        expect(applied.code).toBe(1);
        expect(applied.stderr).toContain(says);
        const plural = plurals[object.kind] ?? '';
        const reply = await at.call('POST', at.path(plural), { body: object });
        expect(refusal(reply)).toMatchObject({ code: 422, reason: 'Invalid' });
        expect(refusal(reply).fields).toEqual(expect.arrayContaining([...fields]));
        // Of several faults the client tells the first, which on the real server is any of them.
        const outcome = await (fields.length === 1 ? at : at.unrecorded).create(object);
        expect(outcome).toMatchObject({ kind: 'refused', message: expect.stringContaining(says) });
        expect(outcome).toMatchObject({ field: fields.length === 1 ? fields[0] : expect.anything() });
        expect((await at.kubectl(['get', plural, '-o', 'name'])).stdout).toBe('');
      },
    }),
  ),
  ...badChanges.map(
    ({ what, before, after, field, says }): Case => ({
      title: `refuses to change ${what}`,
      run: async (at) => {
        await at.given(before);
        const applied = await at.apply(after);
        expect(applied.code).toBe(1);
        expect(applied.stderr).toContain(says);
        expect(applied.stderr).toContain(field);
        const plural = plurals[before.kind] ?? '';
        const { metadata } = await at.read(plural, 'x');
        const put = { ...after, metadata: { name: 'x', resourceVersion: metadata.resourceVersion } };
        const reply = await at.call('PUT', at.path(plural, 'x'), { body: put });
        expect(refusal(reply)).toMatchObject({ code: 422, reason: 'Invalid', fields: [field] });
        expect(metadata.generation).toBe(1);
      },
    }),
  ),
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
