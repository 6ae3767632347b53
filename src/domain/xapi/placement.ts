/**
 * Which host takes which virtual machine. Greedy and explainable rather than optimal: whoever has the higher priority
 * chooses first, and each choice can be said in a sentence.
 */

import { freshOnly } from '../kernel/freshness.ts';
import { oldestMs } from './ages.ts';
import type { Facts } from './facts.ts';
import { nowhere } from './moving.ts';
import type { HostBelief, PoolBelief, VirtualMachineBelief } from './pool.ts';
import { isAging, type Read } from './reads.ts';

export interface PlacementWish {
  readonly machine: VirtualMachineBelief;
  readonly priority: number;
  readonly order: number;
  /** Host UUIDs, best first. */
  readonly preferredHosts: readonly string[];
  readonly antiAffinityGroup: string | undefined;
  /** Hosts that already refused it. */
  readonly notOn: ReadonlySet<string>;
  /** It may already run there, so it is placed there or nowhere. */
  readonly onlyOn: string | undefined;
}

export type Placement =
  | { readonly kind: 'placed'; readonly hostUUID: string; readonly why: string }
  | { readonly kind: 'noRoom'; readonly why: string };

interface Room {
  readonly host: HostBelief;
  freeBytes: number;
  readonly groups: Map<string, number>;
}

/**
 * Places each wish or says why not. `taken` are virtual machines of earlier placements that are not running yet, so that
 * their memory is not given away twice. Complexity: wishes × hosts.
 */
export function place(
  wishes: readonly PlacementWish[],
  facts: Facts,
  pool: PoolBelief,
  taken: readonly {
    readonly hostUUID: string;
    readonly memoryBytes: number;
    readonly group: string | undefined;
  }[],
): ReadonlyMap<string, Placement> {
  const rooms = eligibleHosts(facts, pool).map(
    (host): Room => ({ host, freeBytes: freeBytesOf(host, facts), groups: new Map() }),
  );
  for (const machine of pool.virtualMachines.values()) {
    const group = facts.declared.get(machine.uuid)?.antiAffinityGroup;
    if (machine.residentOn !== undefined) occupy(rooms, machine.residentOn, 0, group);
  }
  for (const one of taken) occupy(rooms, one.hostUUID, one.memoryBytes, one.group);

  const placed = new Map<string, Placement>();
  for (const wish of [...wishes].sort(firstToChoose)) {
    const placement = placeOne(wish, rooms, pool);
    placed.set(wish.machine.uuid, placement);
    if (placement.kind === 'placed') {
      occupy(rooms, placement.hostUUID, wish.machine.memoryBytes, wish.antiAffinityGroup);
    }
  }
  return placed;
}

/** What the pool would decide by. What a host reports of itself is 0 or old where its statistics daemon is down. */
function freeBytesOf(host: HostBelief, facts: Facts): number {
  const counted = freshOnly(facts.freeMemory.get(host.uuid), {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.freeMemory,
    what: `The free memory of ${host.name}`,
  });
  return counted.kind === 'fresh' ? counted.value : host.memoryFreeBytes;
}

/** Hosts that may take virtual machines: not the target, in service, enabled, believed live, and answering themselves. */
export function eligibleHosts(facts: Facts, pool: PoolBelief): readonly HostBelief[] {
  return hostsInService(facts, pool).filter((host) => {
    const answer = facts.answers.get(host.uuid);
    if (answer?.kind !== 'known' || facts.nowMs - answer.atMs > oldestMs.otherMembers) return false;
    return answer.value.kind === 'master' || answer.value.kind === 'member';
  });
}

/** Of each host that could take something, before anything is placed. */
export function freeMemoryReads(facts: Facts, pool: PoolBelief): readonly Read[] {
  return eligibleHosts(facts, pool)
    .filter(({ uuid }) => isAging(facts.freeMemory.get(uuid), oldestMs.freeMemory, facts.nowMs))
    .map(({ uuid }) => ({ kind: 'freeMemory', hostUUID: uuid }));
}

/**
 * Why it is too early to place anything, or undefined: a member of which nobody knows now whether it answers would be passed
 * over as if it had failed, and what it has room for would be called not recoverable.
 */
export function tooEarlyToPlace(facts: Facts, pool: PoolBelief): string | undefined {
  for (const host of hostsInService(facts, pool)) {
    const answer = freshOnly(facts.answers.get(host.uuid), {
      nowMs: facts.nowMs,
      oldestMs: oldestMs.otherMembers,
      what: `Whether ${host.name} answers`,
    });
    if (answer.kind === 'missing') return answer.because;
  }
  return undefined;
}

function hostsInService(facts: Facts, pool: PoolBelief): readonly HostBelief[] {
  return [...pool.hosts.values()].filter(
    (host) =>
      host.uuid !== facts.target.hostUUID &&
      host.enabled &&
      host.live &&
      facts.hosts.get(host.uuid)?.state === 'InService',
  );
}

function firstToChoose(a: PlacementWish, b: PlacementWish): number {
  return (
    b.priority - a.priority ||
    a.order - b.order ||
    b.machine.memoryBytes - a.machine.memoryBytes ||
    (a.machine.uuid < b.machine.uuid ? -1 : 1)
  );
}

function placeOne(wish: PlacementWish, rooms: readonly Room[], pool: PoolBelief): Placement {
  const { machine, onlyOn } = wish;
  if (onlyOn !== undefined) return placeThere(onlyOn, wish, rooms, pool);
  if (rooms.length === 0) return { kind: 'noRoom', why: 'No other member is enabled, live and answering.' };
  const withStorage = rooms.filter(
    (room) => !wish.notOn.has(room.host.uuid) && hasStorage(room.host.uuid, machine, pool),
  );
  if (withStorage.length === 0) {
    return { kind: 'noRoom', why: 'No other member has all of its storage plugged, or each one refused it.' };
  }
  const withRoom = withStorage.filter((room) => room.freeBytes >= machine.memoryBytes);
  if (withRoom.length === 0) {
    const most = Math.max(...withStorage.map((room) => room.freeBytes));
    return {
      kind: 'noRoom',
      why: `It needs ${gib(machine.memoryBytes)} of memory and no member has more than ${gib(most)} left. Free memory, then start it by hand.`,
    };
  }
  const best = withRoom.toSorted((a, b) => compareRooms(a, b, wish))[0] as Room;
  return { kind: 'placed', hostUUID: best.host.uuid, why: reason(best, wish) };
}

/**
 * At the other end of its move. Room is not asked for: if it runs there already, it has it; if it does not, the host itself
 * says whether it takes it.
 */
function placeThere(
  hostUUID: string,
  wish: PlacementWish,
  rooms: readonly Room[],
  pool: PoolBelief,
): Placement {
  const name = pool.hosts.get(hostUUID)?.name ?? hostUUID;
  const mayRun = hostUUID === nowhere ? 'on another host' : `on ${name}`;
  const what = `It may run ${mayRun} already (a move, a start or a lock of its disk says so), so it is started nowhere else`;
  const room = rooms.find(({ host }) => host.uuid === hostUUID);
  if (room !== undefined && !wish.notOn.has(hostUUID)) {
    return { kind: 'placed', hostUUID, why: `${what}; ${name} refuses it if it runs there already` };
  }
  const way =
    hostUUID === nowhere
      ? 'The pool does not tell where to. Look for it on every host (xl list) and in the pool that it was to go to'
      : `${name} is not a member that is enabled and answers now. Look there whether it runs (xl list)`;
  return {
    kind: 'noRoom',
    why: `${what}. ${way}; start it by hand only when it runs nowhere.`,
  };
}

function compareRooms(a: Room, b: Room, wish: PlacementWish): number {
  return (
    together(a, wish) - together(b, wish) ||
    preference(a, wish) - preference(b, wish) ||
    b.freeBytes - a.freeBytes ||
    (a.host.uuid < b.host.uuid ? -1 : 1)
  );
}

/** How many of its group are there already; fewer is better, and it comes before any preference. */
function together(room: Room, wish: PlacementWish): number {
  return wish.antiAffinityGroup === undefined ? 0 : (room.groups.get(wish.antiAffinityGroup) ?? 0);
}

function preference(room: Room, wish: PlacementWish): number {
  const position = wish.preferredHosts.indexOf(room.host.uuid);
  return position === -1 ? wish.preferredHosts.length : position;
}

function reason(room: Room, wish: PlacementWish): string {
  const apart =
    wish.antiAffinityGroup === undefined ? '' : `, apart from its group ${wish.antiAffinityGroup}`;
  const shared = together(room, wish) > 0 ? `, beside others of its group for want of hosts` : apart;
  return wish.preferredHosts.includes(room.host.uuid)
    ? `preferred${shared}`
    : `most memory free (${gib(room.freeBytes)})${shared}`;
}

function hasStorage(hostUUID: string, machine: VirtualMachineBelief, pool: PoolBelief): boolean {
  return [...machine.disks, ...machine.media].every(
    (one) => pool.storage.get(one.srUUID)?.attachedOn.has(hostUUID) === true,
  );
}

function occupy(
  rooms: readonly Room[],
  hostUUID: string,
  memoryBytes: number,
  group: string | undefined,
): void {
  const room = rooms.find((candidate) => candidate.host.uuid === hostUUID);
  if (room === undefined) return;
  room.freeBytes -= memoryBytes;
  if (group !== undefined) room.groups.set(group, (room.groups.get(group) ?? 0) + 1);
}

export function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(bytes < 10 * 1024 ** 3 ? 1 : 0)} GiB`;
}
