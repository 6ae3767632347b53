import { expect } from 'vitest';
import { pool } from '../../../cluster/samples.ts';
import { type Arena, type Case, eventually, refusal } from '../arena.ts';

const withFinalizer = (name: string) => ({
  ...pool(name),
  metadata: { name, finalizers: ['kintsugi.dev/keep'] },
});
const dropFinalizers = (at: Arena, name: string) =>
  at.kubectl(['patch', 'pool', name, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);

export const deletingCases: readonly Case[] = [
  {
    title: 'deletes by name, by manifest, by label, and all of a kind',
    run: async (at) => {
      const labelled = { ...pool('b'), metadata: { name: 'b', labels: { site: 'tokyo' } } };
      await at.given(pool('a'), labelled, pool('c'), pool('d'), pool('e'));
      const byName = await at.kubectl(['delete', 'pool', 'a']);
      expect([byName.code, byName.stdout]).toEqual([
        0,
        `pool.kintsugi.dev "a" deleted from ${at.namespace} namespace\n`,
      ]);
      expect((await at.kubectl(['delete', 'pool', '-l', 'site=tokyo'])).stdout).toContain('"b" deleted');
      const byFile = await at.kubectl(['delete', '-f', '-'], { stdin: JSON.stringify(pool('c')) });
      expect(byFile.stdout).toContain('"c" deleted');
      await at.kubectl(['delete', 'pool', '--all']);
      expect((await at.kubectl(['get', 'pool', '-o', 'name'])).stdout).toBe('');
    },
  },
  {
    title: 'says that there is nothing to delete',
    run: async (at) => {
      const missing = await at.kubectl(['delete', 'pool', 'nope']);
      expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('(NotFound)')]);
      expect((await at.kubectl(['delete', 'pool', 'nope', '--ignore-not-found'])).code).toBe(0);
    },
  },
  {
    title: 'answers a deletion with Success and the uid of what is gone',
    run: async (at) => {
      await at.given(pool('a'));
      const reply = await at.call('DELETE', at.path('pools', 'a'));
      expect(reply.json).toMatchObject({
        kind: 'Status',
        status: 'Success',
        details: { name: 'a', kind: 'pools' },
      });
    },
  },
  {
    title: 'keeps an object with finalizers, marked, until the last of them is taken away',
    run: async (at) => {
      await at.given(withFinalizer('a'));
      expect((await at.kubectl(['delete', 'pool', 'a', '--wait=false'])).code).toBe(0);
      const marked = await at.read('pools', 'a');
      expect(marked.metadata.deletionTimestamp).toBeDefined();
      expect(marked.metadata.generation).toBe(2);
      const again = await at.call('DELETE', at.path('pools', 'a'));
      expect(again.status).toBe(200);
      expect((await at.read('pools', 'a')).metadata.resourceVersion).toBe(marked.metadata.resourceVersion);
      await dropFinalizers(at, 'a');
      expect((await at.kubectl(['get', 'pool', 'a'])).code).toBe(1);
    },
  },
  {
    title: 'waits, in kubectl delete, for the finalizers of what it deletes',
    run: async (at) => {
      await at.given(withFinalizer('a'), withFinalizer('b'));
      const late = await at.kubectl(['delete', 'pool', 'a', '--timeout=2s']);
      expect(late.code).toBe(1);
      expect(late.stderr).toContain('error: timed out waiting for the condition on pools/a\n');
      const deleting = at.kubectl(['delete', 'pool', 'b']);
      await eventually(async () => (await at.read('pools', 'b')).metadata.deletionTimestamp);
      await dropFinalizers(at.unrecorded, 'b');
      expect((await deleting).code).toBe(0);
    },
  },
  {
    title: 'takes no new finalizer for an object that is being deleted, and lets it be edited otherwise',
    run: async (at) => {
      await at.given(withFinalizer('a'));
      await at.kubectl(['delete', 'pool', 'a', '--wait=false']);
      const more = { metadata: { finalizers: ['kintsugi.dev/keep', 'kintsugi.dev/more'] } };
      const reply = await at.call('PATCH', at.path('pools', 'a'), { body: more });
      expect(refusal(reply)).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(refusal(reply).fields).toContain('metadata.finalizers');
      const edit = await at.call('PATCH', at.path('pools', 'a'), { body: { spec: { mode: 'Manual' } } });
      expect(edit.status).toBe(200);
      const undone = await at.call('PATCH', at.path('pools', 'a'), {
        body: { metadata: { deletionTimestamp: null } },
      });
      expect(undone.status).toBe(200);
      expect((await at.read('pools', 'a')).metadata.deletionTimestamp).toBeDefined();
      await dropFinalizers(at, 'a');
    },
  },
  {
    title: 'deletes only the object, or the version, that was meant',
    run: async (at) => {
      await at.given(pool('a'));
      const { metadata } = await at.read('pools', 'a');
      const remove = (preconditions: unknown) =>
        at.call('DELETE', at.path('pools', 'a'), {
          body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions },
        });
      const other = await remove({ uid: '00000000-0000-4000-8000-000000000000' });
      expect(refusal(other)).toMatchObject({ code: 409, reason: 'Conflict' });
      const stale = await at.unrecorded.call('DELETE', at.path('pools', 'a'), {
        body: { preconditions: { resourceVersion: '1' } },
      });
      expect(refusal(stale)).toMatchObject({ code: 409, reason: 'Conflict' });
      const right = await remove({ uid: metadata.uid, resourceVersion: metadata.resourceVersion });
      expect(right.status).toBe(200);
    },
  },
  {
    title: 'deletes a collection, narrowed by a selector',
    run: async (at) => {
      const labelled = { ...pool('b'), metadata: { name: 'b', labels: { site: 'tokyo' } } };
      await at.given(pool('a'), labelled, withFinalizer('c'));
      const some = await at.unrecorded.call('DELETE', `${at.path('pools')}?labelSelector=site%3Dtokyo`);
      expect(some.status).toBe(200);
      expect((await at.kubectl(['get', 'pool', '-o', 'name'])).stdout.split('\n')).toHaveLength(3);
      await at.unrecorded.call('DELETE', at.path('pools'));
      expect((await at.kubectl(['get', 'pool', '-o', 'name'])).stdout).toBe('pool.kintsugi.dev/c\n');
      await dropFinalizers(at, 'c');
    },
  },
  {
    title: 'gives an object that is created again under its name another uid and generation 1',
    run: async (at) => {
      await at.given(pool('a', { mode: 'Manual' }));
      await at.given(pool('a'));
      const first = await at.read('pools', 'a');
      await at.kubectl(['delete', 'pool', 'a']);
      await at.given(pool('a'));
      const second = await at.read('pools', 'a');
      expect(second.metadata.uid).not.toBe(first.metadata.uid);
      expect(second.metadata.generation).toBe(1);
      await eventually(async () => (await at.read('pools', 'a')).spec['mode'] === 'Observe');
    },
  },
  {
    title: 'waits for a deletion',
    run: async (at) => {
      await at.given(withFinalizer('a'));
      const waiting = at.kubectl(['wait', 'pool/a', '--for=delete', '--timeout=20s']);
      await at.unrecorded.kubectl(['delete', 'pool', 'a', '--wait=false']);
      await dropFinalizers(at.unrecorded, 'a');
      expect((await waiting).code).toBe(0);
    },
  },
];
