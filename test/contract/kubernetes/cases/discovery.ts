import { expect } from 'vitest';
import { host, pool, recoveryRequest, virtualServer } from '../../../cluster/samples.ts';
import { type Case, eventually } from '../arena.ts';

const aggregated =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

/** What a client finds out about the server and its kinds before it does anything. */
export const discoveryCases: readonly Case[] = [
  {
    title: 'names the four kinds with their short names and verbs',
    run: async (at) => {
      const wide = await at.kubectl(['api-resources', '--api-group=kintsugi.dev', '-o', 'wide']);
      const rows = wide.stdout.trim().split('\n').slice(1);
      expect(rows.map((row) => row.split(/ +/).slice(0, 5))).toEqual([
        ['hosts', 'khost', 'kintsugi.dev/v1alpha1', 'true', 'Host'],
        ['pools', 'kpool', 'kintsugi.dev/v1alpha1', 'true', 'Pool'],
        ['recoveryrequests', 'rr', 'kintsugi.dev/v1alpha1', 'true', 'RecoveryRequest'],
        ['virtualservers', 'kvs', 'kintsugi.dev/v1alpha1', 'true', 'VirtualServer'],
      ]);
      await at.kubectl(['api-resources', '--categories=kintsugi', '-o', 'name']);
    },
  },
  {
    title: 'finds every kind by short name, singular, plural with group, and all by category',
    run: async (at) => {
      await at.given(pool('east'), host('east-1'), virtualServer('web'), recoveryRequest('mend'));
      for (const name of ['kpool', 'pool', 'pools.kintsugi.dev', 'pools.v1alpha1.kintsugi.dev']) {
        expect((await at.kubectl(['get', name, '-o', 'name'])).stdout).toBe('pool.kintsugi.dev/east\n');
      }
      const names = async (kind: string) => (await at.kubectl(['get', kind, '-o', 'name'])).stdout.trim();
      expect(await names('khost')).toBe('host.kintsugi.dev/east-1');
      expect(await names('kvs')).toBe('virtualserver.kintsugi.dev/web');
      expect(await names('rr')).toBe('recoveryrequest.kintsugi.dev/mend');
      // Which kind of a category comes first is not promised: a real server lists them as they were established.
      const all = await at.unrecorded.kubectl(['get', 'kintsugi', '-o', 'name']);
      expect(new Set(all.stdout.trim().split('\n'))).toEqual(
        new Set([
          'host.kintsugi.dev/east-1',
          'pool.kintsugi.dev/east',
          'recoveryrequest.kintsugi.dev/mend',
          'virtualserver.kintsugi.dev/web',
        ]),
      );
      const tables = await at.unrecorded.kubectl(['get', 'kintsugi']);
      expect(tables.stdout.split('\n\n')).toHaveLength(4);
    },
  },
  {
    title: 'explains each field in the words of the CRD',
    run: async (at) => {
      const one = await at.kubectl(['explain', 'pool.spec.hypervisor.xapi.poolUUID']);
      expect(one.stdout).toContain('Nothing is done to a pool that answers with another');
      const mode = await at.kubectl(['explain', 'pools.spec.mode']);
      expect(mode.stdout).toMatch(/enum: Observe, Manual|ENUM:\n\s+Observe\n\s+Manual/);
      for (const kind of ['kpool', 'khost', 'kvs', 'rr']) {
        // The top of a kind has the standard sentences about apiVersion, kind and metadata, which are not the CRD's.
        expect((await at.unrecorded.kubectl(['explain', kind])).code).toBe(0);
        await at.kubectl(['explain', `${kind}.spec`]);
        await at.kubectl(['explain', `${kind}.status`]);
      }
      for (const kind of ['kpool', 'khost', 'kvs', 'rr']) {
        await at.kubectl(['explain', `${kind}.spec`, '--recursive']);
        await at.kubectl(['explain', `${kind}.status`, '--recursive']);
      }
      await at.kubectl(['explain', 'rr.status.journal']);
      expect((await at.unrecorded.kubectl(['explain', 'rr.metadata.generation'])).code).toBe(0);
    },
  },
  {
    title: 'says that a field to be explained does not exist',
    run: async (at) => {
      const { code, stderr } = await at.kubectl(['explain', 'pool.spec.hypervizor']);
      expect(code).toBe(1);
      expect(stderr).toContain('field "hypervizor" does not exist');
    },
  },
  {
    title: 'says that a kind does not exist',
    run: async (at) => {
      const { code, stderr } = await at.kubectl(['get', 'bananas']);
      expect(code).toBe(1);
      expect(stderr).toContain('the server doesn\'t have a resource type "bananas"');
      const unknown = { ...pool('x'), kind: 'Banana' };
      expect((await at.apply(unknown)).stderr).toContain('no matches for kind "Banana"');
    },
  },
  {
    title: 'tells a version that kubectl can compare with its own',
    run: async (at) => {
      const { code, stdout } = await at.unrecorded.kubectl(['version', '-o', 'json']);
      expect(code).toBe(0);
      expect(JSON.parse(stdout).serverVersion.gitVersion).toMatch(/^v\d+\.\d+\.\d+/);
    },
  },
  {
    title: 'answers discovery in the aggregated form, and with 304 when nothing has changed',
    run: async (at) => {
      // Groups differ: a real server has many more. The group of the kinds is compared.
      const all = await at.unrecorded.call('GET', '/apis', { headers: { accept: aggregated } });
      expect(all.headers['content-type']).toBe(
        'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
      );
      const list = all.json as { kind: string; items: { metadata: { name: string } }[] };
      expect(list.kind).toBe('APIGroupDiscoveryList');
      const own = list.items.find((group) => group.metadata.name === 'kintsugi.dev');
      expect(own).toMatchObject({ versions: [{ version: 'v1alpha1', freshness: 'Current' }] });
      const core = await at.unrecorded.call('GET', '/api', { headers: { accept: aggregated } });
      expect(core.json).toMatchObject({ kind: 'APIGroupDiscoveryList' });

      // A server that has just started may go on finding groups of its own for a while.
      const again = await eventually(async () => {
        const now = await at.unrecorded.call('GET', '/apis', { headers: { accept: aggregated } });
        const etag = String(now.headers['etag']);
        const headers = { accept: aggregated, 'if-none-match': etag };
        const reply = await at.unrecorded.call('GET', '/apis', { headers });
        return reply.status === 304 ? reply : undefined;
      });
      expect(again.text).toBe('');
    },
  },
  {
    title: 'answers discovery in the old form to those who ask for plain JSON',
    run: async (at) => {
      const groups = await at.unrecorded.call('GET', '/apis');
      expect(groups.json).toMatchObject({ kind: 'APIGroupList' });
      expect((await at.unrecorded.call('GET', '/api')).json).toMatchObject({ versions: ['v1'] });
      const group = await at.call('GET', '/apis/kintsugi.dev');
      expect(group.json).toMatchObject({ preferredVersion: { groupVersion: 'kintsugi.dev/v1alpha1' } });
      const kinds = await at.call('GET', '/apis/kintsugi.dev/v1alpha1');
      const names = (kinds.json as { resources: { name: string }[] }).resources.map((item) => item.name);
      expect(new Set(names)).toEqual(
        new Set(
          ['pools', 'hosts', 'virtualservers', 'recoveryrequests'].flatMap((name) => [
            name,
            `${name}/status`,
          ]),
        ),
      );
    },
  },
  {
    title: 'lists the OpenAPI document of the group, and the document describes the four kinds',
    run: async (at) => {
      const index = await at.unrecorded.call('GET', '/openapi/v3');
      const paths = (index.json as { paths: Record<string, { serverRelativeURL: string }> }).paths;
      const url = paths['apis/kintsugi.dev/v1alpha1']!.serverRelativeURL;
      const document = await at.unrecorded.call('GET', url);
      const schemas = (document.json as { components: { schemas: Record<string, GroupVersionKinds> } })
        .components.schemas;
      const kinds = Object.values(schemas).flatMap(
        (schema) => schema['x-kubernetes-group-version-kind']?.map(({ kind }) => kind) ?? [],
      );
      expect(kinds).toEqual(expect.arrayContaining(['Pool', 'Host', 'VirtualServer', 'RecoveryRequest']));
    },
  },
  {
    title: 'answers ok on its health paths',
    run: async (at) => {
      for (const path of ['/readyz', '/livez', '/healthz']) {
        const reply = await at.call('GET', path);
        expect([reply.status, reply.text]).toEqual([200, 'ok']);
      }
    },
  },
  {
    title: 'answers 404 where nothing is served',
    run: async (at) => {
      for (const path of [
        '/apis/kintsugi.dev/v1alpha1/bananas',
        '/apis/kintsugi.dev/v2/pools',
        '/apis/kintsugi.dev/v1alpha1/namespaces/default/pools/east/scale',
        '/apis/nope.dev/v1',
        '/nowhere',
      ]) {
        // The real server says so in plain text, the embedded one in a Status that names what it serves.
        expect((await at.unrecorded.call('GET', path)).status).toBe(404);
      }
    },
  },
];

interface GroupVersionKinds {
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly kind: string }[];
}
