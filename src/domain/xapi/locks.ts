import type { Facts } from './facts.ts';
import { type DiskLocks, holdsSharedDisks, type PoolBelief, type VirtualMachineBelief } from './pool.ts';
import type { Read } from './reads.ts';

/** Only speed: the locks of thousands of disks are looked up many times in one reading. */
const indexes = new WeakMap<readonly DiskLocks[], ReadonlyMap<string, DiskLocks>>();

/** The locks of each disk of the virtual machine, as they were last read; none where they were not. */
export function locksOf(machine: VirtualMachineBelief, facts: Facts): readonly DiskLocks[] {
  if (facts.locks.kind === 'unknown') return [];
  const index = indexOf(facts.locks.value);
  return machine.disks.flatMap((disk) => index.get(disk.vdiUUID) ?? []);
}

function indexOf(locks: readonly DiskLocks[]): ReadonlyMap<string, DiskLocks> {
  const known = indexes.get(locks);
  if (known !== undefined) return known;
  const index = new Map(locks.map((lock) => [lock.vdiUUID, lock]));
  indexes.set(locks, index);
  return index;
}

const heldIn = new WeakMap<readonly DiskLocks[], Map<string, readonly DiskLocks[]>>();

/** The disks that a host holds, by the reference after which its locks are named. */
export function locksHeldBy(hostRef: string, locks: readonly DiskLocks[]): readonly DiskLocks[] {
  const byHost = heldIn.get(locks) ?? new Map<string, readonly DiskLocks[]>();
  heldIn.set(locks, byHost);
  const held = byHost.get(hostRef) ?? locks.filter((disk) => disk.heldBy.has(hostRef));
  byHost.set(hostRef, held);
  return held;
}

/** Of every disk that could start on another member. */
export function locksRead(pool: PoolBelief, within: number): Read {
  const shared = [...pool.storage.values()].filter(holdsSharedDisks);
  return { kind: 'locks', srUUIDs: shared.map((storage) => storage.uuid), withinMs: within };
}
