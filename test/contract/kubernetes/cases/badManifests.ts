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
    what: 'a target that the procedure is not about',
    object: recoveryRequest('x', { target: { poolRef: { name: 'east' } } }),
    fields: ['spec.target'],
    says: 'target.hostRef is missing; ReleaseMember is about a Host, the failed member',
  },
  {
    what: 'no target at all',
    object: recoveryRequest('x', { target: {} }),
    fields: ['spec.target'],
    says: 'target.hostRef is missing; ReleaseMember is about a Host, the failed member',
  },
  {
    what: 'two targets',
    object: recoveryRequest('x', { target: { hostRef: { name: 'east-1' }, poolRef: { name: 'east' } } }),
    fields: ['spec.target'],
    says: 'only one of hostRef, poolRef, virtualServerRef and storageRepository can be the target',
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

/** "Bad input: a clear error, and nothing lost": each manifest and change with the sentence that people read. */
export const badManifestCases: readonly Case[] = [
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
        expect((await at.call('GET', at.path(plural))).json).toMatchObject({ items: [] });
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
];
