import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Placement, type PlacementWish, place } from '../../src/domain/xapi/placement.ts';
import type { HostBelief, MemberAnswer } from '../../src/domain/xapi/pool.ts';
import {
  beliefOf,
  gib,
  host,
  hostUUID,
  machine,
  master,
  notRead,
  read,
  silent,
  storage,
  suspected,
  target,
  vmUUID,
  type World,
} from './facts.ts';

const second = hostUUID(2);
const fourth = hostUUID(4);

function wish(name: string, change: Partial<PlacementWish> = {}, memoryGib = 4): PlacementWish {
  return {
    machine: machine(name, { memoryBytes: memoryGib * gib }),
    priority: 50,
    order: 0,
    preferredHosts: [],
    antiAffinityGroup: undefined,
    notOn: new Set(),
    onlyOn: undefined,
    ...change,
  };
}

function placed(world: World, wishes: readonly PlacementWish[], taken: Parameters<typeof place>[3] = []) {
  return place(wishes, world.facts, beliefOf(world.facts), taken);
}

function hostOf(placement: Placement | undefined): string | undefined {
  return placement?.kind === 'placed' ? placement.hostUUID : undefined;
}

describe('placement', () => {
  test('takes the member with the most memory free, and says so', () => {
    const world = suspected().host(fourth, { memoryFreeBytes: 65 * gib });
    expect(placed(world, [wish('web')]).get(vmUUID('web'))).toEqual({
      kind: 'placed',
      hostUUID: fourth,
      why: 'most memory free (65 GiB)',
    });
  });
  test('takes the first preferred host that has room', () => {
    const world = suspected().host(second, { memoryFreeBytes: 1 * gib });
    const placement = placed(world, [wish('web', { preferredHosts: [second, fourth] })]).get(vmUUID('web'));
    expect(placement).toMatchObject({ hostUUID: fourth, why: 'preferred' });
  });
  test('lets the higher priority choose first where memory is short', () => {
    const world = suspected();
    const tight = [master, second, fourth].reduce(
      (w, uuid) => w.host(uuid, { memoryFreeBytes: 1 * gib }),
      world,
    );
    const room = tight.host(fourth, { memoryFreeBytes: 4 * gib });
    const result = placed(room, [wish('web', { priority: 10 }), wish('shop', { priority: 90 })]);
    expect(hostOf(result.get(vmUUID('shop')))).toBe(fourth);
    expect(result.get(vmUUID('web'))).toMatchObject({
      kind: 'noRoom',
      why: expect.stringMatching(/needs 4\.0 GiB.*start it by hand/),
    });
  });
  test('keeps a group apart, before any preference', () => {
    const group = { antiAffinityGroup: 'db', preferredHosts: [second] };
    const result = placed(suspected(), [wish('web', group), wish('shop', group), wish('mail', group)]);
    expect(new Set([...result.values()].map(hostOf)).size).toBe(3);
  });
  test('says when a group cannot be kept apart for want of hosts', () => {
    const world = suspected().host(second, { enabled: false }).host(fourth, { enabled: false });
    const group = { antiAffinityGroup: 'db' };
    const result = placed(world, [wish('web', group), wish('shop', group)]);
    expect([...result.values()].map((one) => one.why).join(' ')).toMatch(
      /beside others of its group for want of hosts/,
    );
  });
  test('counts those of the group that run elsewhere already', () => {
    const world = suspected()
      .declared('mail', { antiAffinityGroup: 'db' })
      .host(master, { memoryFreeBytes: 100 * gib });
    expect(hostOf(placed(world, [wish('web', { antiAffinityGroup: 'db' })]).get(vmUUID('web')))).not.toBe(
      master,
    );
  });
  test('does not give the memory away that earlier starts will take', () => {
    const world = suspected();
    const taken = [second, fourth].map((uuid) => ({
      hostUUID: uuid,
      memoryBytes: 63 * gib,
      group: undefined,
    }));
    expect(hostOf(placed(world, [wish('web')], taken).get(vmUUID('web')))).toBe(master);
  });
  test('does not try a host again that refused it', () => {
    const result = placed(suspected(), [wish('web', { notOn: new Set([master, second]) })]);
    expect(hostOf(result.get(vmUUID('web')))).toBe(fourth);
  });
  test('says when no other member has the storage', () => {
    const world = suspected();
    const local = {
      ...wish('web'),
      machine: machine('web', { disks: [{ vdiUUID: 'd', srUUID: 'sr-local-3', mode: 'RW' }] }),
    };
    expect(placed(world, [local]).get(vmUUID('web'))?.why).toMatch(
      /No other member has all of its storage plugged/,
    );
  });
  test('says when there is no member left that could take anything', () => {
    const world = [master, second, fourth].reduce((w, uuid) => w.answer(uuid, silent), suspected());
    expect(placed(world, [wish('web')]).get(vmUUID('web'))?.why).toMatch(
      /No other member is enabled, live and answering/,
    );
  });
});

interface DrawnHost {
  readonly believed: HostBelief;
  readonly state: 'InService' | 'Maintenance' | 'undeclared';
  readonly answer: MemberAnswer | undefined;
  readonly storages: readonly string[];
}

const drawnHost = (number: number): fc.Arbitrary<DrawnHost> =>
  fc.record({
    believed: fc
      .record({
        live: mostly(true, false),
        enabled: mostly(true, false),
        memoryFreeBytes: fc.integer({ min: 0, max: 24 }),
      })
      .map((drawn) => host(number, { ...drawn, memoryFreeBytes: drawn.memoryFreeBytes * gib })),
    state: mostly<DrawnHost['state']>('InService', 'Maintenance', 'undeclared'),
    answer: mostly<DrawnHost['answer']>(
      { kind: 'member', ofAddress: '10.0.0.1' },
      silent,
      { kind: 'troubled', says: 'booting' },
      { kind: 'impostor', says: 'other' },
      undefined,
    ),
    storages: fc.subarray(['sr-a', 'sr-b'], { minLength: 1 }),
  });

function mostly<T>(usual: T, ...rare: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    ...rare.map((one) => ({ weight: 1, arbitrary: fc.constant(one) })),
  );
}

const drawnWish = fc.record({
  memoryGib: fc.integer({ min: 1, max: 12 }),
  priority: fc.integer({ min: 0, max: 100 }),
  order: fc.integer({ min: 0, max: 3 }),
  sr: fc.constantFrom('sr-a', 'sr-b'),
  group: fc.constantFrom(undefined, 'db'),
  preferred: fc.subarray([1, 2, 3, 4, 5].map(hostUUID)),
});

function drawnWorld(hosts: readonly DrawnHost[]): World {
  const base = suspected();
  const belief = beliefOf(base.facts);
  const withStorage = (uuid: string) => {
    const on = new Set(hosts.filter((one) => one.storages.includes(uuid)).map((one) => one.believed.uuid));
    return storage(uuid, { shared: true, attachedOn: on, knownOn: on });
  };
  return base
    .pool({
      ...belief,
      hosts: new Map(hosts.map((one) => [one.believed.uuid, one.believed])),
      virtualMachines: new Map(),
      storage: new Map(['sr-a', 'sr-b'].map((uuid) => [uuid, withStorage(uuid)])),
    })
    .with({
      answers: new Map(
        hosts.map((one) => [one.believed.uuid, one.answer === undefined ? notRead : read(one.answer)]),
      ),
      hosts: new Map(
        hosts.flatMap(({ believed, state }) =>
          state === 'undeclared' ? [] : [[believed.uuid, { name: believed.name, state }]],
        ),
      ),
    });
}

describe('placement, whatever the pool looks like', () => {
  const worlds = fc.tuple(
    fc.tuple(drawnHost(1), drawnHost(2), drawnHost(3), drawnHost(4), drawnHost(5)),
    fc.array(drawnWish, { minLength: 1, maxLength: 12 }),
  );
  const wishesOf = (drawn: readonly (typeof drawnWish extends fc.Arbitrary<infer T> ? T : never)[]) =>
    drawn.map((one, index) => ({
      ...wish(`vm${index}`, {
        priority: one.priority,
        order: one.order,
        antiAffinityGroup: one.group,
        preferredHosts: one.preferred,
      }),
      machine: machine(`vm${index}`, {
        memoryBytes: one.memoryGib * gib,
        disks: [{ vdiUUID: `disk-${index}`, srUUID: one.sr, mode: 'RW' }],
      }),
    }));

  test('gives no host more than it has free', () => {
    fc.assert(
      fc.property(worlds, ([hosts, drawn]) => {
        const wishes = wishesOf(drawn);
        const result = placed(drawnWorld(hosts), wishes);
        for (const { believed } of hosts) {
          const given = wishes
            .filter((one) => hostOf(result.get(one.machine.uuid)) === believed.uuid)
            .reduce((sum, one) => sum + one.machine.memoryBytes, 0);
          expect(given).toBeLessThanOrEqual(believed.memoryFreeBytes);
        }
      }),
      { numRuns: 300 },
    );
  });
  test('uses no host that is the failed one, out of service, disabled, not live, not answering or without the storage', () => {
    fc.assert(
      fc.property(worlds, ([hosts, drawn]) => {
        const wishes = wishesOf(drawn);
        const result = placed(drawnWorld(hosts), wishes);
        for (const one of wishes) {
          const chosen = hosts.find(({ believed }) => believed.uuid === hostOf(result.get(one.machine.uuid)));
          if (chosen === undefined) continue;
          expect(chosen.believed.uuid).not.toBe(target);
          expect(chosen.state).toBe('InService');
          expect(chosen.believed.enabled && chosen.believed.live).toBe(true);
          expect(chosen.answer?.kind).toBe('member');
          expect(chosen.storages).toContain(one.machine.disks[0]?.srUUID);
        }
      }),
      { numRuns: 300 },
    );
  });
  test('says for each virtual machine where it goes or why it goes nowhere', () => {
    fc.assert(
      fc.property(worlds, ([hosts, drawn]) => {
        const wishes = wishesOf(drawn);
        const result = placed(drawnWorld(hosts), wishes);
        expect(result.size).toBe(wishes.length);
        for (const placement of result.values()) expect(placement.why.length).toBeGreaterThan(0);
      }),
      { numRuns: 100 },
    );
  });
  test('spreads a group evenly where every host has room for all of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), (size) => {
        const wishes = Array.from({ length: size }, (_, index) =>
          wish(`vm${index}`, { antiAffinityGroup: 'db' }),
        );
        const result = placed(suspected(), wishes);
        const counts = [master, second, fourth].map(
          (uuid) => [...result.values()].filter((one) => hostOf(one) === uuid).length,
        );
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });
  test('does not depend on the order in which the wishes come', () => {
    fc.assert(
      fc.property(worlds, ([hosts, drawn]) => {
        const wishes = wishesOf(drawn);
        const world = drawnWorld(hosts);
        const there = placed(world, wishes);
        const back = placed(world, wishes.toReversed());
        for (const [uuid, placement] of there) expect(back.get(uuid)).toEqual(placement);
      }),
      { numRuns: 100 },
    );
  });
});
