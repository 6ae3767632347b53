/** Which Hosts are looked at after a change of the pool's database. */
import { expect, test } from 'vitest';
import { createHostsConcerned } from '../../src/controllers/hostsConcerned.ts';
import { known, type Reading, unknown } from '../../src/domain/kernel/reading.ts';
import type { PoolBelief } from '../../src/domain/xapi/pool.ts';
import { hostUUID, suspected, vmUUID } from '../spec/facts.ts';

const [web, shop] = [vmUUID('web'), vmUUID('shop')];
const before = suspected().facts.pool as Reading<PoolBelief> & { readonly value: PoolBelief };

function changed(change: Partial<PoolBelief>): Reading<PoolBelief> {
  return known({ ...before.value, ...change }, 0, 'the pool');
}

/** The same pool, in which `web` is resident elsewhere and `shop` has another name. */
function moved(): ReadonlyMap<
  string,
  PoolBelief['virtualMachines'] extends ReadonlyMap<string, infer M> ? M : never
> {
  const machines = new Map(before.value.virtualMachines);
  const one = machines.get(web);
  const other = machines.get(shop);
  if (one === undefined || other === undefined) throw new Error('the world has both');
  return machines.set(web, { ...one, residentOn: hostUUID(2) }).set(shop, { ...other, name: 'renamed' });
}

function concerned(after: Reading<PoolBelief>, machines: ReadonlySet<string> | 'everything'): unknown {
  const hostsIn = createHostsConcerned();
  hostsIn(before, 'everything');
  return hostsIn(after, machines);
}

test('a machine that moved concerns the host that it left and the one that it came to', () => {
  const left = before.value.virtualMachines.get(web)?.residentOn;
  const after = changed({ virtualMachines: moved() });
  expect(concerned(after, new Set([web, shop]))).toEqual(new Set([left, hostUUID(2)]));
});

test('a machine that only got another name concerns no host', () => {
  expect(concerned(changed({ virtualMachines: moved() }), new Set([shop]))).toEqual(new Set());
});

test.each<[string, Partial<PoolBelief>]>([
  ['a host', { hosts: new Map(before.value.hosts) }],
  ['a storage repository', { storage: new Map(before.value.storage) }],
  ['the master', { masterUUID: hostUUID(4) }],
  ['high availability', { haEnabled: true }],
  ['a rolling upgrade', { rollingUpgrade: true }],
])('a change of %s concerns all hosts', (_what, change) => {
  expect(concerned(changed(change), new Set())).toBe('everything');
});

test('a pool that comes into sight or goes out of it concerns all hosts', () => {
  expect(createHostsConcerned()(before, new Set())).toBe('everything');
  expect(concerned(unknown('no member answers'), new Set())).toBe('everything');
  expect(concerned(before, 'everything')).toBe('everything');
});
