import { expect } from 'vitest';
import { fingerprint, host, pool, recoveryRequest, virtualServer } from '../../../cluster/samples.ts';
import { type Case, refusal } from '../arena.ts';

export const writingCases: readonly Case[] = [
  {
    title: 'finds nothing to change when a declaration is applied again, whatever it leaves out',
    run: async (at) => {
      const tls = { sha256Fingerprint: fingerprint };
      const redfish = { url: 'https://192.0.2.211', credentialsSecretRef: { name: 'bmc' }, tls };
      const declared = [
        pool('east', { paused: [{ reason: 'a switch is exchanged' }] }),
        host('east-1', { serial: 'SN-1', power: [{ redfish }, { attestation: {} }] }),
        host('east-2', { power: [{ attestation: { maxValidForSeconds: 600 } }] }),
        virtualServer('web', {
          probe: { tcp: { address: '192.0.2.80', port: 443 } },
          placement: { preferredHosts: ['east-1'] },
        }),
        recoveryRequest('mend'),
      ];
      await at.given(...declared);
      const again = await at.apply(declared);
      const lines = again.stdout.trim().split('\n');
      expect([again.code, lines.length]).toEqual([0, declared.length]);
      expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
    },
  },
  {
    title: 'applies a manifest: created, unchanged, configured',
    run: async (at) => {
      expect((await at.apply(pool('east'))).stdout).toBe('pool.kintsugi.dev/east created\n');
      expect((await at.apply(pool('east'))).stdout).toBe('pool.kintsugi.dev/east unchanged\n');
      const configured = await at.apply(pool('east', { mode: 'Manual' }));
      expect(configured.stdout).toBe('pool.kintsugi.dev/east configured\n');
      expect((await at.read('pools', 'east')).spec).toMatchObject({ mode: 'Manual' });
    },
  },
  {
    title: 'takes a field away, back to its default, when the manifest no longer has it',
    run: async (at) => {
      await at.given(pool('east', { mode: 'Manual', paused: [{ reason: 'moving racks' }] }));
      await at.given(pool('east'));
      const { spec } = await at.read('pools', 'east');
      expect(spec['mode']).toBe('Observe');
      expect(spec['paused']).toBeUndefined();
    },
  },
  {
    title: 'fills in the defaults, in nested objects too, and only where an object is there to be filled',
    run: async (at) => {
      await at.given(pool('east'), virtualServer('web'), virtualServer('db', { probe: { guestAgent: {} } }));
      const { spec } = await at.read('pools', 'east');
      expect(spec).toMatchObject({
        mode: 'Observe',
        approval: 'WhenDestructive',
        detection: { memberTimeoutSeconds: 600 },
        limits: { failedMembers: 1, startsAtOncePerHost: 4 },
        hypervisor: { xapi: { port: 443 } },
      });
      expect((await at.read('virtualservers', 'web')).spec['probe']).toBeUndefined();
      const db = await at.read('virtualservers', 'db');
      expect(db.spec['probe']).toEqual({ guestAgent: {}, timeoutSeconds: 300 });
    },
  },
  {
    title: 'creates an object once, and refuses the second of its name',
    run: async (at) => {
      const create = (name: string) =>
        at.kubectl(['create', '-f', '-'], { stdin: JSON.stringify(pool(name)) });
      expect((await create('east')).stdout).toBe('pool.kintsugi.dev/east created\n');
      const again = await create('east');
      expect(again.code).toBe(1);
      expect(again.stderr).toContain('(AlreadyExists)');
      const raw = await at.call('POST', at.path('pools'), { body: pool('east') });
      expect(refusal(raw)).toMatchObject({ code: 409, reason: 'AlreadyExists' });
    },
  },
  {
    title: 'gives a generated name of five characters behind the prefix',
    run: async (at) => {
      const body = { ...pool(''), metadata: { generateName: 'drill-' } };
      const reply = await at.unrecorded.call('POST', at.path('pools'), { body });
      expect(reply.status).toBe(201);
      expect((reply.json as { metadata: { name: string } }).metadata.name).toMatch(/^drill-[a-z0-9]{5}$/);
      const created = await at.unrecorded.kubectl(['create', '-f', '-'], { stdin: JSON.stringify(body) });
      expect(created.stdout).toMatch(/^pool.kintsugi.dev\/drill-[a-z0-9]{5} created\n$/);
    },
  },
  {
    title: 'ignores the status of a new object and of a changed one',
    run: async (at) => {
      const status = { name: 'invented' };
      const created = await at.call('POST', at.path('pools'), { body: { ...pool('east'), status } });
      expect(created.status).toBe(201);
      expect((await at.read('pools', 'east')).status).toBeUndefined();
      await at.kubectl(['patch', 'pool', 'east', '--type=merge', '-p', JSON.stringify({ status })]);
      const stored = await at.read('pools', 'east');
      expect(stored.status).toBeUndefined();
      const put = await at.call('PUT', at.path('pools', 'east'), { body: { ...stored, status } });
      expect(put.json).not.toHaveProperty('status');
    },
  },
  {
    title: 'writes a status through its own path alone, which changes neither spec nor generation',
    run: async (at) => {
      await at.given(pool('east'));
      const before = await at.read('pools', 'east');
      const body = { ...before, spec: { ...before.spec, mode: 'Manual' }, status: { name: 'east pool' } };
      const put = await at.call('PUT', at.path('pools', 'east', 'status'), { body });
      expect(put.status).toBe(200);
      const after = await at.read('pools', 'east');
      expect(after).toMatchObject({
        spec: before.spec,
        status: { name: 'east pool' },
        metadata: { generation: 1 },
      });
      const patch = JSON.stringify({ spec: { mode: 'Manual' }, status: { name: 'again' } });
      await at.kubectl(['patch', 'kpool', 'east', '--subresource=status', '--type=merge', '-p', patch]);
      expect(await at.read('pools', 'east')).toMatchObject({ spec: before.spec, status: { name: 'again' } });
      expect((await at.call('GET', at.path('pools', 'east', 'status'))).json).toMatchObject({
        status: { name: 'again' },
      });
    },
  },
  {
    title: 'leaves labels alone when a status is written',
    run: async (at) => {
      await at.given(pool('east'));
      const before = await at.read('pools', 'east');
      const metadata = { ...before.metadata, labels: { a: 'b' }, finalizers: ['kintsugi.dev/x'] };
      await at.call('PUT', at.path('pools', 'east', 'status'), { body: { ...before, metadata, status: {} } });
      const after = await at.read('pools', 'east');
      expect(after.metadata.labels).toBeUndefined();
      expect(after.metadata.finalizers).toBeUndefined();
    },
  },
  {
    title: 'counts the generation up when the spec changes, and never otherwise',
    run: async (at) => {
      await at.given(pool('east'));
      const generation = async () => (await at.read('pools', 'east')).metadata.generation;
      expect(await generation()).toBe(1);
      await at.kubectl(['label', 'pool', 'east', 'site=tokyo']);
      await at.kubectl(['annotate', 'pool', 'east', 'note=hello']);
      expect(await generation()).toBe(1);
      await at.kubectl(['patch', 'pool', 'east', '--type=merge', '-p', '{"spec":{"mode":"Manual"}}']);
      expect(await generation()).toBe(2);
      await at.kubectl(['patch', 'pool', 'east', '--type=merge', '-p', '{"metadata":{"generation":77}}']);
      expect(await generation()).toBe(2);
    },
  },
  {
    title: 'changes nothing, not even the version, when a write changes nothing',
    run: async (at) => {
      await at.given(pool('east'));
      const before = await at.read('pools', 'east');
      const patch = await at.call('PATCH', at.path('pools', 'east'), { body: { spec: { mode: 'Observe' } } });
      expect(patch.status).toBe(200);
      const put = await at.call('PUT', at.path('pools', 'east'), { body: before });
      expect(put.status).toBe(200);
      expect((await at.read('pools', 'east')).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
      const { stdout } = await at.kubectl([
        'patch',
        'pool',
        'east',
        '--type=merge',
        '-p',
        '{"spec":{"mode":"Observe"}}',
      ]);
      expect(stdout).toBe('pool.kintsugi.dev/east patched (no change)\n');
    },
  },
  {
    title: 'replaces an object, and refuses to replace a version that is no longer the last',
    run: async (at) => {
      await at.given(pool('east'));
      const old = await at.read('pools', 'east');
      const replace = (object: unknown) =>
        at.kubectl(['replace', '-f', '-'], { stdin: JSON.stringify(object) });
      expect((await replace(pool('east', { mode: 'Manual' }))).stdout).toBe(
        'pool.kintsugi.dev/east replaced\n',
      );
      const stale = await replace(old);
      expect(stale.code).toBe(1);
      expect(stale.stderr).toContain('(Conflict)');
      expect(stale.stderr).toContain(
        'the object has been modified; please apply your changes to the latest version',
      );
      const raw = await at.call('PUT', at.path('pools', 'east'), { body: old });
      expect(refusal(raw)).toMatchObject({ code: 409, reason: 'Conflict' });
      const status = await at.call('PUT', at.path('pools', 'east', 'status'), {
        body: { ...old, status: {} },
      });
      expect(refusal(status)).toMatchObject({ code: 409, reason: 'Conflict' });
    },
  },
  {
    title: 'refuses to replace what is not there, and to replace without saying which version',
    run: async (at) => {
      const missing = await at.kubectl(['replace', '-f', '-'], { stdin: JSON.stringify(pool('nope')) });
      expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('(NotFound)')]);
      await at.given(pool('east'));
      const unversioned = await at.call('PUT', at.path('pools', 'east'), { body: pool('east') });
      expect(refusal(unversioned)).toEqual({
        code: 422,
        reason: 'Invalid',
        fields: ['metadata.resourceVersion'],
      });
      const nowhere = { ...pool('nope'), metadata: { name: 'nope', resourceVersion: '1' } };
      expect(refusal(await at.call('PUT', at.path('pools', 'nope'), { body: nowhere })).code).toBe(404);
    },
  },
  {
    title: 'refuses to replace an object under another uid',
    run: async (at) => {
      await at.given(pool('east'));
      const before = await at.read('pools', 'east');
      const metadata = { ...before.metadata, uid: '00000000-0000-4000-8000-000000000000' };
      // The real server tells of its storage here.
      const reply = await at.unrecorded.call('PUT', at.path('pools', 'east'), {
        body: { ...before, metadata },
      });
      expect(refusal(reply)).toMatchObject({ code: 409, reason: 'Conflict' });
    },
  },
  {
    title: 'edits an object in an editor',
    run: async (at) => {
      await at.given(pool('east'));
      const edited = await at.kubectl(['edit', 'kpool', 'east'], { editor: 'sed -i s/Observe/Manual/' });
      expect(edited.stdout).toBe('pool.kintsugi.dev/east edited\n');
      expect((await at.read('pools', 'east')).spec['mode']).toBe('Manual');
      const cancelled = await at.kubectl(['edit', 'kpool', 'east'], { editor: 'true' });
      expect(cancelled.stderr).toContain('Edit cancelled, no changes made.');
    },
  },
  {
    title: 'only tries when asked for a dry run',
    run: async (at) => {
      const tried = await at.apply(pool('east'), '--dry-run=server');
      expect(tried.stdout).toBe('pool.kintsugi.dev/east created (server dry run)\n');
      expect((await at.kubectl(['get', 'pool', 'east'])).code).toBe(1);
      const refused = await at.apply(pool('east', { mode: 'Auto' }), '--dry-run=server');
      expect(refused.code).toBe(1);
      await at.given(pool('east'));
      const changed = await at.apply(pool('east', { mode: 'Manual' }), '--dry-run=server');
      expect(changed.stdout).toBe('pool.kintsugi.dev/east configured (server dry run)\n');
      await at.kubectl(['delete', 'pool', 'east', '--dry-run=server']);
      expect((await at.read('pools', 'east')).spec['mode']).toBe('Observe');
      const odd = await at.call('POST', `${at.path('pools')}?dryRun=Some`, { body: pool('x') });
      expect(refusal(odd)).toMatchObject({ code: 422, reason: 'Invalid' });
    },
  },
  {
    title: 'tells in a diff what an apply would change, and writes nothing',
    run: async (at) => {
      await at.given(pool('east'));
      const diff = (object: unknown) =>
        at.unrecorded.kubectl(['diff', '-f', '-'], { stdin: JSON.stringify(object) });
      expect(await diff(pool('east'))).toEqual({ code: 0, stdout: '', stderr: '' });
      const changed = await diff(pool('east', { mode: 'Manual' }));
      expect(changed.code).toBe(1);
      expect(changed.stdout).toContain('-  mode: Observe');
      expect(changed.stdout).toContain('+  mode: Manual');
      const isNew = await diff(pool('west'));
      expect(isNew.stdout).toContain('+  name: west');
      expect((await at.read('pools', 'east')).spec['mode']).toBe('Observe');
    },
  },
  {
    title: 'sets and removes labels and annotations',
    run: async (at) => {
      await at.given(pool('east'));
      expect((await at.kubectl(['label', 'pool', 'east', 'site=tokyo'])).stdout).toContain('labeled');
      const taken = await at.kubectl(['label', 'pool', 'east', 'site=osaka']);
      expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining('already has a value (tokyo)')]);
      await at.kubectl(['label', 'pool', 'east', 'site=osaka', '--overwrite']);
      await at.kubectl(['annotate', 'pool', 'east', 'kintsugi.dev/note=by hand']);
      expect((await at.read('pools', 'east')).metadata).toMatchObject({
        labels: { site: 'osaka' },
        annotations: { 'kintsugi.dev/note': 'by hand' },
      });
      await at.kubectl(['label', 'pool', 'east', 'site-']);
      expect((await at.read('pools', 'east')).metadata.labels).toBeUndefined();
    },
  },
  {
    title: 'answers each write with the object as it is stored',
    run: async (at) => {
      const created = await at.call('POST', at.path('pools'), { body: pool('east') });
      expect(created.json).toEqual((await at.call('GET', at.path('pools', 'east'))).json);
      const patched = await at.call('PATCH', at.path('pools', 'east'), {
        body: { spec: { mode: 'Manual' } },
      });
      expect(patched.json).toEqual((await at.call('GET', at.path('pools', 'east'))).json);
    },
  },
];
