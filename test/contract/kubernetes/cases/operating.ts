import { expect } from 'vitest';
import { systemClock, systemRandom } from '../../../../src/adapters/clock/systemClock.ts';
import { openStore } from '../../../../src/adapters/kubernetes/store.ts';
import { hostKind, poolKind } from '../../../../src/api/kinds.ts';
import type { KubernetesObject } from '../../../../src/ports/kubernetes.ts';
import { host, pool } from '../../../cluster/samples.ts';
import { type Arena, type Case, eventually } from '../arena.ts';
import { silent } from '../servers.ts';

interface Observed extends KubernetesObject {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

const hostAt = async (at: Arena, name: string): Promise<Observed> => {
  const object = await at.server.client.read<Observed>(hostKind, { namespace: at.namespace, name });
  if (object === undefined) throw new Error(`${name} is not there`);
  return object;
};

/** What the operator's own client gets, beside what people see through kubectl. */
export const operatingCases: readonly Case[] = [
  {
    title: 'lets the operator read what people apply, and tells it that something is not there',
    run: async (at) => {
      const { client } = at.server;
      expect(await client.read(hostKind, { namespace: at.namespace, name: 'east-1' })).toBeUndefined();
      await at.given(host('east-1'), host('east-2'));
      expect(await hostAt(at, 'east-1')).toMatchObject({ kind: 'Host', spec: { state: 'InService' } });
      const names = (await client.list(hostKind, at.namespace)).map(({ metadata }) => metadata.name);
      expect(new Set(names)).toEqual(new Set(['east-1', 'east-2']));
      expect((await client.list(hostKind)).length).toBeGreaterThanOrEqual(2);
      expect(await at.create(host('east-1'))).toEqual({ kind: 'exists' });
    },
  },
  {
    title: 'takes a status from the operator once per version, and shows it to people',
    run: async (at) => {
      const { client } = at.server;
      await at.given(host('east-1'));
      const before = await hostAt(at, 'east-1');
      const status = { observedGeneration: 1, answers: 'False', silentSince: '2026-11-22T03:00:00Z' };
      expect(await client.writeStatus(hostKind, { ...before, status })).toMatchObject({ kind: 'written' });
      expect(await client.writeStatus(hostKind, { ...before, status: {} })).toEqual({ kind: 'conflict' });
      const seen = await at.kubectl(['get', 'khost', 'east-1', '-o', 'jsonpath={.status.answers}']);
      expect(seen.stdout).toBe('False');
      await at.kubectl(['delete', 'khost', 'east-1']);
      expect(await client.writeStatus(hostKind, { ...before, status })).toEqual({ kind: 'gone' });
    },
  },
  {
    title: 'refuses a status that the schema does not allow, naming the field',
    run: async (at) => {
      await at.given(host('east-1'));
      const before = await hostAt(at, 'east-1');
      const write = (status: unknown) =>
        at.server.client.writeStatus(hostKind, { ...before, status: status as Record<string, unknown> });
      expect(await write({ role: 'King' })).toMatchObject({ kind: 'refused', field: 'status.role' });
      expect(await write({ residents: 'many' })).toMatchObject({
        kind: 'refused',
        field: 'status.residents',
      });
      const twice = {
        type: 'Ready',
        status: 'True',
        reason: 'A',
        message: '',
        lastTransitionTime: '2026-11-22T03:00:00Z',
      };
      expect(await write({ conditions: [twice, twice] })).toMatchObject({
        kind: 'refused',
        field: 'status.conditions[1]',
      });
      expect((await hostAt(at, 'east-1')).status).toBeUndefined();
    },
  },
  {
    title: 'keeps the cache of the operator true while its history is forgotten',
    run: async (at) => {
      await at.given(pool('a'));
      const { transport } = at.server;
      const store = openStore<Observed>({
        transport,
        clock: systemClock,
        random: systemRandom,
        log: silent,
        kind: poolKind,
        namespace: at.namespace,
      });
      try {
        await store.whenSynced();
        await at.server.compact();
        await at.given(pool('b'), pool('a', { mode: 'Manual' }));
        await at.kubectl(['delete', 'pool', 'b']);
        await at.given(pool('c'));
        await eventually(async () => store.get({ namespace: at.namespace, name: 'c' }));
        expect(store.list().map(({ metadata, spec }) => [metadata.name, spec['mode']])).toEqual([
          ['a', 'Manual'],
          ['c', 'Observe'],
        ]);
      } finally {
        await store.stop();
      }
    },
  },
];
