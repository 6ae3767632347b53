/**
 * A virtual machine that was being moved may run at either end. The fence proves one end off; the other one is asked by the
 * start itself, since a hypervisor refuses a second domain of one UUID. So such a machine starts at its other end or
 * nowhere. What the pool's record shows of a move is gone after the release, so the plan has to hold it before.
 */
import type { Facts } from './facts.ts';
import { locksOf } from './locks.ts';
import type { HostBelief, PoolBelief, VirtualMachineBelief } from './pool.ts';

/** Stands for a place that nobody can tell: it may run somewhere, and so it is started nowhere. */
export const nowhere = 'nowhere';

/** What XAPI calls the ways in which a virtual machine changes its host or its pool while it runs. */
const moves: ReadonlySet<string> = new Set(['pool_migrate', 'migrate_send']);

/** Where the record says that it was being moved to from the member; undefined when it shows no move. */
export function otherEnd(machine: VirtualMachineBelief, memberUUID: string): string | undefined {
  const { residentOn, scheduledOn } = machine;
  if (residentOn !== memberUUID && scheduledOn !== memberUUID) return undefined;
  const other = scheduledOn === memberUUID ? residentOn : scheduledOn;
  if (other !== undefined && other !== memberUUID) return other;
  // A move into another pool, or one whose destination is not in the record.
  return machine.currentOperations.some((operation) => moves.has(operation)) ? nowhere : undefined;
}

/**
 * The other living end by the locks of its disks, where nothing else is left of the move: a host that holds one of them for
 * writing besides the member. Undefined when there is none; a host that the pool has forgotten is no place to start.
 */
export function holderElsewhere(machine: VirtualMachineBelief, facts: Facts): string | undefined {
  const pool = facts.pool.kind === 'known' ? facts.pool.value : undefined;
  const holders: string[] = [];
  for (const lock of locksOf(machine, facts)) {
    for (const [ref, how] of lock.heldBy) {
      const holder = how === 'RW' ? hostOfLock(ref, pool)?.uuid : undefined;
      if (holder !== undefined && holder !== facts.target.hostUUID) holders.push(holder);
    }
  }
  return onlyPlaceOf(holders);
}

/** Locks are named after references. Undefined for a host that the pool has forgotten. */
export function hostOfLock(ref: string, pool: PoolBelief | undefined): HostBelief | undefined {
  if (pool === undefined) return undefined;
  const known = byRef.get(pool.hosts) ?? new Map([...pool.hosts.values()].map((host) => [host.ref, host]));
  byRef.set(pool.hosts, known);
  return known.get(ref);
}

/** Only speed: it is asked for each lock of each disk. */
const byRef = new WeakMap<PoolBelief['hosts'], ReadonlyMap<string, HostBelief>>();

/** The one place that all of the signs name; nowhere, when they name several. */
export function onlyPlaceOf(signs: readonly (string | undefined)[]): string | undefined {
  const places = new Set(signs.filter((sign) => sign !== undefined));
  return places.size > 1 ? nowhere : [...places][0];
}

/**
 * The only host on which this virtual machine of the member may start; undefined when it may on any. What a plan said
 * before is kept, for what it was said by may be gone from the record.
 */
export function onlyPlace(
  machine: VirtualMachineBelief,
  facts: Facts,
  before: string | undefined,
): string | undefined {
  return onlyPlaceOf([
    before,
    facts.lastSeen.get(machine.uuid)?.onlyOn,
    otherEnd(machine, facts.target.hostUUID),
    holderElsewhere(machine, facts),
    rememberedEnd(machine, facts),
    whereItWasStarted(machine, facts.target.hostUUID),
  ]);
}

/**
 * A host has a virtual machine for resident from the moment in which it begins to start it. Where the pool loses that host
 * meanwhile, the record goes on saying Halted, and the domain may have come up there.
 */
function whereItWasStarted(machine: VirtualMachineBelief, memberUUID: string): string | undefined {
  return machine.powerState === 'Halted' && machine.residentOn !== memberUUID
    ? machine.residentOn
    : undefined;
}

/** Where a move led that the pool's record no longer shows, as it was written down for a machine that is declared. */
function rememberedEnd(machine: VirtualMachineBelief, { declared, target }: Facts): string | undefined {
  const { lastHost, mayRunOn } = declared.get(machine.uuid) ?? {};
  const other = mayRunOn === target.hostUUID ? lastHost : mayRunOn;
  return other === target.hostUUID ? undefined : other;
}

/**
 * The refusal by which a host tells that it has a domain of this virtual machine, whatever the pool's database says: it runs
 * there, or it has come there and not been let go on.
 */
export function foundByItsHost(says: string | undefined): 'runs' | 'exists' | undefined {
  const actual = /^VM_BAD_POWER_STATE\b.*\b(\w+)$/.exec(says ?? '')?.[1]?.toLowerCase();
  if (actual === undefined || actual === 'halted') return undefined;
  return actual === 'running' ? 'runs' : 'exists';
}
