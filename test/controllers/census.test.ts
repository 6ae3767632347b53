/** The counts of a pool's machines are kept up with what changes, and are those that a count of all would give. */
import { expect, test } from 'vitest';
import { createCensus } from '../../src/controllers/census.ts';
import { known, type Reading, unknown } from '../../src/domain/kernel/reading.ts';
import type { PoolBelief, VirtualMachineBelief } from '../../src/domain/xapi/pool.ts';
import { hostUUID, suspected, vmUUID } from '../spec/facts.ts';

const [web, shop] = [vmUUID('web'), vmUUID('shop')];
const before = suspected().facts.pool as Reading<PoolBelief> & { readonly value: PoolBelief };
const { virtualMachines } = before.value;

function changed(changes: Readonly<Record<string, Partial<VirtualMachineBelief> | undefined>>): {
  readonly belief: Reading<PoolBelief>;
  readonly machines: PoolBelief['virtualMachines'];
} {
  const machines = new Map(virtualMachines);
  for (const [uuid, change] of Object.entries(changes)) {
    const machine = machines.get(uuid);
    if (machine === undefined) throw new Error(`no machine ${uuid}`);
    if (change === undefined) machines.delete(uuid);
    else machines.set(uuid, { ...machine, ...change });
  }
  return { belief: known({ ...before.value, virtualMachines: machines }, 0, 'the pool'), machines };
}

function nonZero(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...counts].filter(([, count]) => count > 0));
}

test.each([
  ['stopped', { [web]: { powerState: 'Halted', residentOn: undefined } }, true],
  ['moved', { [web]: { residentOn: hostUUID(2) } }, false],
  ['was renamed', { [shop]: { name: 'another' } }, false],
  ['is gone', { [web]: undefined }, true],
] as const)('a machine that %s is counted as it is now', (_what, changes, differs) => {
  const census = createCensus();
  census.take(before, 'everything');
  const { belief, machines } = changed(changes);
  expect(census.take(belief, new Set(Object.keys(changes)))).toBe(differs);
  const fresh = createCensus().of(machines);
  const kept = census.of(machines);
  expect(kept).toEqual({ ...fresh, residents: kept.residents });
  expect(nonZero(kept.residents)).toEqual(nonZero(fresh.residents));
});

test('a pool that was out of sight is counted anew', () => {
  const census = createCensus();
  census.take(before, 'everything');
  census.take(unknown('it does not answer'), new Set());
  const { belief, machines } = changed({ [web]: undefined, [shop]: undefined });
  expect(census.take(belief, 'everything')).toBe(true);
  expect(census.of(machines)).toEqual(createCensus().of(machines));
});

test('what nobody has heard of yet is counted all the same', () => {
  const census = createCensus();
  census.take(before, 'everything');
  const { machines } = changed({ [web]: undefined });
  expect(census.of(machines).total).toBe(virtualMachines.size - 1);
});
