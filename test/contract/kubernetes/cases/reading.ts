import { expect } from 'vitest';
import { host, pool, recoveryRequest, virtualServer } from '../../../cluster/samples.ts';
import { type Arena, type Case, refusal } from '../arena.ts';

const labelled = (name: string, labels: Readonly<Record<string, string>>) => ({
  ...pool(name),
  metadata: { name, labels },
});

/** The header line and the first row of a table, as lists of words. */
const table = (stdout: string): readonly (readonly string[])[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));

const writeStatus = (at: Arena, kind: string, status: unknown) =>
  at.kubectl([
    'patch',
    ...kind.split(' '),
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status }),
  ]);

const ready = (message: string) => ({
  type: 'Ready',
  status: 'True',
  reason: 'AsObserved',
  message,
  lastTransitionTime: '2026-11-22T03:00:00Z',
});

export const readingCases: readonly Case[] = [
  {
    title: 'prints the columns that each kind declares, empty where nothing is known yet',
    run: async (at) => {
      await at.given(pool('east'), host('east-1'), virtualServer('web'), recoveryRequest('mend'));
      const header = async (kind: string, ...args: readonly string[]) =>
        table((await at.kubectl(['get', kind, ...args])).stdout)[0];
      expect(await header('kpool')).toEqual([
        'NAME',
        'MODE',
        'MASTER',
        'MEMBERS',
        'VMS',
        'HA',
        'READY',
        'MESSAGE',
        'AGE',
      ]);
      expect(await header('khost')).toEqual([
        ...['NAME', 'POOL', 'ROLE', 'POWER', 'ENABLED', 'VMS', 'SUSPECTED', 'READY', 'MESSAGE', 'AGE'],
      ]);
      expect(await header('kvs')).toEqual([
        'NAME',
        'POOL',
        'POWER',
        'HOST',
        'ORDER',
        'READY',
        'MESSAGE',
        'AGE',
      ]);
      expect(await header('kvs', '-o', 'wide')).toContain('PRIORITY');
      expect(await header('rr')).not.toContain('PLAN');
      expect(await header('rr', '-o', 'wide')).toContain('PLAN');
    },
  },
  {
    title: 'prints in its columns what the status says, of every type of column',
    run: async (at) => {
      await at.given(pool('east'), host('east-1'));
      await writeStatus(at, 'kpool east', {
        master: { name: 'xen-1' },
        members: { summary: '4/4' },
        virtualMachines: { running: 26 },
        conditions: [ready('All members answer.')],
      });
      await writeStatus(at, 'khost east-1', { enabled: false, residents: 0 });
      const rows = table((await at.kubectl(['get', 'kpool'])).stdout);
      expect(rows[1]!.slice(0, 5)).toEqual(['east', 'Observe', 'xen-1', '4/4', '26']);
      expect(rows[1]!.slice(5, 7)).toEqual(['True', 'All members answer.']);
      expect(table((await at.kubectl(['get', 'khost'])).stdout)[1]).toEqual(
        expect.arrayContaining(['east-1', 'false', '0']),
      );
    },
  },
  {
    title: 'gives a table with one row, its cells in JSON types, and the object in short',
    run: async (at) => {
      await at.given(pool('east'));
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
      // The description of the column Name is the server's own.
      const one = await at.unrecorded.call('GET', at.path('pools', 'east'), { headers: { accept } });
      expect(one.json).toMatchObject({
        kind: 'Table',
        apiVersion: 'meta.k8s.io/v1',
        columnDefinitions: [
          { name: 'Name', type: 'string', format: 'name', priority: 0 },
          { name: 'Mode', type: 'string', format: '', priority: 0 },
          { name: 'Master', type: 'string' },
          { name: 'Members', type: 'string', description: 'members that answer, of all' },
          { name: 'VMs', type: 'integer' },
          { name: 'HA', type: 'string' },
          { name: 'Ready', type: 'string' },
          { name: 'Message', type: 'string' },
          { name: 'Age', type: 'date' },
        ],
        rows: [{ object: { kind: 'PartialObjectMetadata', metadata: { name: 'east' } } }],
      });
      const rows = (one.json as { rows: { cells: unknown[] }[] }).rows;
      expect(rows[0]!.cells.slice(0, 8)).toEqual(['east', 'Observe', null, null, null, null, null, null]);
      expect(rows[0]!.cells[8]).toMatch(/^\d+s$/);
      const full = await at.unrecorded.call('GET', `${at.path('pools')}?includeObject=Object`, {
        headers: { accept },
      });
      expect(full.json).toMatchObject({ rows: [{ object: { kind: 'Pool', spec: { mode: 'Observe' } } }] });
      const none = await at.unrecorded.call('GET', `${at.path('pools')}?includeObject=None`, {
        headers: { accept },
      });
      expect(none.json).toMatchObject({ rows: [{ object: null }] });
    },
  },
  {
    title: 'prints objects as YAML, JSON, name, by template and by path',
    run: async (at) => {
      await at.given(pool('east'));
      const output = async (format: string) =>
        (await at.kubectl(['get', 'pool', 'east', '-o', format])).stdout;
      expect(await output('yaml')).toContain('mode: Observe');
      expect(JSON.parse(await output('json')).spec.mode).toBe('Observe');
      expect(await output('name')).toBe('pool.kintsugi.dev/east\n');
      expect(await output('jsonpath={.spec.detection.memberTimeoutSeconds}')).toBe('600');
      expect(await output('custom-columns=M:.spec.mode')).toBe('M\nObserve\n');
      await at.kubectl(['get', 'pool', '-o', 'yaml']);
    },
  },
  {
    title: 'says that an object does not exist, and keeps quiet about it when told to',
    run: async (at) => {
      const missing = await at.kubectl(['get', 'pool', 'nope']);
      expect([missing.code, missing.stderr]).toEqual([
        1,
        'Error from server (NotFound): pools.kintsugi.dev "nope" not found\n',
      ]);
      expect(await at.kubectl(['get', 'pool', 'nope', '--ignore-not-found'])).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
      const raw = await at.call('GET', at.path('pools', 'nope'));
      expect(refusal(raw)).toEqual({ code: 404, reason: 'NotFound', fields: [] });
    },
  },
  {
    title: 'lists nothing in an empty namespace, and nothing in one that does not exist',
    run: async (at) => {
      const empty = await at.kubectl(['get', 'pools']);
      expect([empty.code, empty.stderr]).toEqual([0, `No resources found in ${at.namespace} namespace.\n`]);
      const list = await at.call('GET', '/apis/kintsugi.dev/v1alpha1/namespaces/not-there/pools');
      expect(list.json).toMatchObject({ kind: 'PoolList', items: [] });
    },
  },
  {
    title: 'selects by labels in every form of selector',
    run: async (at) => {
      await at.given(
        labelled('a', { site: 'tokyo', tier: 'gold' }),
        labelled('b', { site: 'osaka' }),
        labelled('c', { site: 'kyoto', tier: 'tin' }),
      );
      const names = async (selector: string) => {
        const { stdout } = await at.kubectl(['get', 'pool', '-o', 'name', '-l', selector]);
        return stdout.replaceAll('pool.kintsugi.dev/', '').trim().split('\n').join('');
      };
      expect(await names('site=tokyo')).toBe('a');
      expect(await names('site==osaka')).toBe('b');
      expect(await names('site!=tokyo')).toBe('bc');
      expect(await names('site in (tokyo,kyoto)')).toBe('ac');
      expect(await names('tier notin (gold)')).toBe('bc');
      expect(await names('tier')).toBe('ac');
      expect(await names('!tier')).toBe('b');
      expect(await names('site,tier=tin')).toBe('c');
      await at.kubectl(['get', 'pool', '--show-labels']);
      await at.kubectl(['get', 'pool', '-L', 'site', '--sort-by=.metadata.labels.site']);
    },
  },
  {
    title: 'refuses a label selector that cannot be read',
    run: async (at) => {
      const path = `${at.path('pools')}?labelSelector=${encodeURIComponent('site in (')}`;
      // Each parser has its own words for what it did not understand.
      expect(refusal(await at.unrecorded.call('GET', path))).toMatchObject({
        code: 400,
        reason: 'BadRequest',
      });
    },
  },
  {
    title: 'selects by name and namespace, and refuses any other field',
    run: async (at) => {
      await at.given(pool('a'), pool('b'));
      const names = async (selector: string) =>
        (await at.kubectl(['get', 'pool', '-o', 'name', '--field-selector', selector])).stdout;
      expect(await names('metadata.name=a')).toBe('pool.kintsugi.dev/a\n');
      expect(await names('metadata.name!=a')).toBe('pool.kintsugi.dev/b\n');
      expect(await names(`metadata.name=a,metadata.namespace=${at.namespace}`)).toBe('pool.kintsugi.dev/a\n');
      expect(await names('metadata.namespace=other')).toBe('');
      const refused = await at.kubectl(['get', 'pool', '--field-selector', 'spec.mode=Observe']);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining('field label not supported: spec.mode'),
      ]);
    },
  },
  {
    title: 'describes an object in the words of its fields',
    run: async (at) => {
      await at.given(host('east-1', { power: [{ attestation: { maxValidForSeconds: 600 } }] }));
      const { stdout } = await at.kubectl(['describe', 'khost', 'east-1']);
      expect(stdout).toContain('Max Valid For Seconds:  600');
      expect(stdout).toMatch(/Events: +<none>/);
    },
  },
];
