import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planText } from '../../src/domain/kernel/plan.ts';
import { releaseMember } from '../../src/domain/procedures/releaseMember.ts';
import type { PlannedMachine } from '../../src/domain/xapi/facts.ts';
import type { MemberAnswer } from '../../src/domain/xapi/pool.ts';
import { makePlan, planIsOutdated } from '../../src/domain/xapi/releasePlan.ts';
import { beliefOf, gib, hostUUID, machine, master, suspected, target, vmUUID, type World } from './facts.ts';
import { notRead, read } from './parts.ts';

function planOf(world: World): ReturnType<typeof items> {
  return items(world);
}

function items(world: World): readonly PlannedMachine[] {
  const draft = makePlan(world.facts);
  if ('because' in draft) throw new Error(draft.because);
  return draft.items;
}

function item(world: World, name: string): PlannedMachine | undefined {
  return planOf(world).find((one) => one.id === vmUUID(name));
}

function textOf(world: World): string {
  const draft = makePlan(world.facts);
  if ('because' in draft) throw new Error(draft.because);
  return planText(releaseMember, draft, world.facts);
}

describe('the plan', () => {
  test('covers every virtual machine of the member, declared or not, and no other', () => {
    expect(planOf(suspected()).map((one) => one.name)).toEqual(['archive', 'database', 'shop', 'web']);
  });
  test('is not made while the last answer of another member is too old, which once made it call everything not recoverable', () => {
    const answered = (agoMs: number) =>
      suspected().answer(hostUUID(4), read<MemberAnswer>({ kind: 'member', ofAddress: '10.0.0.1' }, agoMs));
    expect(makePlan(answered(46_000).facts)).toEqual({
      because: 'Whether host-4 answers was last read more than 45 s ago; it is being read again.',
    });
    expect(makePlan(answered(44_000).facts)).toHaveProperty('items');
  });
  test('does not wait for the answer of a member that cannot take anything anyway', () => {
    const world = suspected().answer(hostUUID(4), notRead);
    expect(makePlan(world.facts)).toHaveProperty('because');
    for (const change of [{ enabled: false }, { live: false }]) {
      expect(makePlan(world.host(hostUUID(4), change).facts)).toHaveProperty('items');
    }
    expect(makePlan(world.declaredHost(hostUUID(4), 'Maintenance').facts)).toHaveProperty('items');
  });
  test('gives each a host, and says why that one', () => {
    const one = item(suspected(), 'web');
    expect(one).toMatchObject({ state: 'Planned', why: expect.stringMatching(/most memory free/) });
    expect([master, hostUUID(2), hostUUID(4)]).toContain(one?.host);
  });
  test('says what cannot be recovered here because its disk is on the local storage of the member, and what to do', () => {
    expect(item(suspected(), 'archive')).toMatchObject({
      state: 'NotRecoverable',
      host: undefined,
      why: expect.stringMatching(/sr-local-3, the local storage of host-3.*Bring that machine back/),
    });
  });
  test('says what cannot be recovered because the pool does not know its storage', () => {
    const world = suspected().machine('web', {
      disks: [{ vdiUUID: 'disk-x', srUUID: 'sr-gone', mode: 'RW' }],
    });
    expect(item(world, 'web')).toMatchObject({
      state: 'NotRecoverable',
      why: expect.stringMatching(/does not know.*disk-x/),
    });
  });
  test('leaves halted what is declared Halted', () => {
    const world = suspected().declared('web', { powerState: 'Halted' });
    expect(item(world, 'web')).toMatchObject({ state: 'LeftHalted', host: undefined });
  });
  test('starts what is declared Unmanaged, since it was running', () => {
    expect(item(suspected().declared('web', { powerState: 'Unmanaged' }), 'web')?.state).toBe('Planned');
  });
  test('says what finds no room, and leaves it to a person', () => {
    const world = suspected().machine('web', { memoryBytes: 65 * gib });
    expect(item(world, 'web')).toMatchObject({
      state: 'NotRecoverable',
      why: expect.stringMatching(/needs 65 GiB/),
    });
  });
  test('takes order, delay and priority from the declaration, and from the pool where it is silent', () => {
    const world = suspected()
      .machine('shop', { order: 7, startDelaySeconds: 9 })
      .declared('web', { order: 3, delaySeconds: 30, priority: 80 })
      .declared('shop', {});
    expect(item(world, 'web')).toMatchObject({ order: 3, delaySeconds: 30, priority: 80 });
    expect(item(world, 'shop')).toMatchObject({ order: 7, delaySeconds: 9, priority: 50 });
  });
  test('prefers the declared hosts before the one that the pool prefers', () => {
    const world = suspected()
      .machine('web', { affinity: hostUUID(2) })
      .declared('web', { preferredHosts: [hostUUID(4)] });
    expect(item(world, 'web')?.host).toBe(hostUUID(4));
    expect(item(suspected().machine('web', { affinity: hostUUID(2) }), 'web')?.host).toBe(hostUUID(2));
  });
  test('cannot be made while the pool is not known, not current, or does not know the host', () => {
    expect(makePlan(suspected().with({ pool: { kind: 'unknown', because: 'no session' } }).facts)).toEqual({
      because: 'no session',
    });
    expect(makePlan(suspected().poolReadAgo(60_001).facts)).toHaveProperty('because');
    expect(makePlan(suspected().target({ hostUUID: 'nobody' }).facts)).toHaveProperty('because');
  });
});

describe('what an approval stands for', () => {
  test('is the same text however the pool was read, also where names repeat (equal names made the hash change by itself)', () => {
    const names = ['a', 'b', 'c', 'd'];
    const twins = names.map((name) => machine(name, { name: 'twin' }));
    const first = textOf(suspected().pool({ virtualMachines: new Map(twins.map((one) => [one.uuid, one])) }));
    fc.assert(
      fc.property(fc.shuffledSubarray(twins, { minLength: twins.length }), (shuffled) => {
        const world = suspected().pool({ virtualMachines: new Map(shuffled.map((one) => [one.uuid, one])) });
        expect(textOf(world)).toBe(first);
      }),
    );
  });
  test.each([
    ['another virtual machine', suspected().machine('mail', { residentOn: target })],
    ['another order', suspected().declared('web', { order: 9 })],
    ['another delay', suspected().declared('web', { delaySeconds: 9 })],
    ['another priority', suspected().declared('web', { priority: 9 })],
    [
      'another place',
      suspected()
        .declared('web', { preferredHosts: [hostUUID(4)] })
        .machine('shop', { affinity: hostUUID(4) }),
    ],
    ['something left halted', suspected().declared('web', { powerState: 'Halted' })],
    ['another reference of the host', suspected().host(target, { ref: 'OpaqueRef:anew' })],
    ['another machine', suspected().target({ serial: 'SN-9' })],
  ])('changes with %s', (_what, world) => {
    expect(textOf(world)).not.toBe(textOf(suspected()));
  });
  test('does not change with ages and readings', () => {
    expect(textOf(suspected().poolReadAgo(20_000).power('on', 500))).toBe(textOf(suspected()));
  });
});

describe('a plan that was made', () => {
  test('is kept while its virtual machines are those of the member', () => {
    expect(planIsOutdated(suspected().facts)).toBeUndefined();
    expect(planIsOutdated(suspected().host(master, { memoryFreeBytes: 0 }).facts)).toBeUndefined();
  });
  test('is outdated when one came or left', () => {
    expect(planIsOutdated(suspected().machine('mail', { residentOn: target }).facts)).toMatch(/mail came/);
    expect(planIsOutdated(suspected().machine('web', { residentOn: undefined }).facts)).toMatch(
      /web is no longer/,
    );
  });
  test('is not judged by a database that is not current', () => {
    expect(
      planIsOutdated(suspected().machine('mail', { residentOn: target }).poolReadAgo(61_000).facts),
    ).toBeUndefined();
  });
  test('is kept from the first release on, even if nobody knows whether that one happened', () => {
    const begun = suspected().acted({ key: `declareDead ${target}`, outcome: 'Intended' });
    expect(planIsOutdated(begun.machine('web', { residentOn: undefined }).facts)).toBeUndefined();
    const never = suspected().acted({ key: `declareDead ${target}`, outcome: 'NotSent' });
    expect(planIsOutdated(never.machine('web', { residentOn: undefined }).facts)).toMatch(/no longer/);
  });
  test('gives no host more memory than it has free, for any set of virtual machines', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }), (sizes) => {
        const machines = sizes.map((size, index) => machine(`vm${index}`, { memoryBytes: size * gib }));
        const world = suspected().pool({ virtualMachines: new Map(machines.map((one) => [one.uuid, one])) });
        const plan = planOf(world);
        for (const host of beliefOf(world.facts).hosts.values()) {
          const given = plan
            .filter((one) => one.host === host.uuid)
            .reduce((sum, one) => sum + (machines.find(({ uuid }) => uuid === one.id)?.memoryBytes ?? 0), 0);
          expect(given).toBeLessThanOrEqual(host.memoryFreeBytes);
        }
        expect(plan).toHaveLength(sizes.length);
      }),
    );
  });
});
