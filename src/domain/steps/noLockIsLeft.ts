import { actKey } from '../acts/act.ts';
import { type Fresh, freshOnly } from '../kernel/freshness.ts';
import { attempts, lastEntry, openEntry } from '../kernel/tries.ts';
import { oldestMs } from '../xapi/ages.ts';
import { currentPool } from '../xapi/currentPool.ts';
import { type Facts, pinnedRef } from '../xapi/facts.ts';
import type { Next, Part } from '../xapi/form.ts';
import { locksHeldBy, locksRead } from '../xapi/locks.ts';
import { hostOfLock } from '../xapi/moving.ts';
import type { DiskLocks } from '../xapi/pool.ts';
import { isAging, type Read, withinMs } from '../xapi/reads.ts';

/**
 * The pool's hook that unlocks the disks may fail without a word, so the locks are read after it. What it left is first
 * asked for again by the same call, which does it with the storage's own locks held; a key is removed by hand only after
 * that, and only on a disk of the plan with which nothing is being done. A disk that cannot be freed so does not hold up
 * the others: its virtual machine is not started, and says why.
 */
export const noLockIsLeft: Part = {
  acts: ['declareDead', 'removeLock'],
  done: (facts) =>
    facts.locks.kind === 'known' &&
    facts.locks.atMs > askedMs(facts) &&
    facts.plan !== undefined &&
    openEntry(facts, keyOfDeclaring(facts)) === undefined &&
    toBeFreed(facts, facts.locks.value).length === 0,
  next: (facts) => {
    if (facts.plan === undefined) {
      return { kind: 'wait', because: 'The plan of this recovery is not known, so neither are its disks.' };
    }
    if (openEntry(facts, keyOfDeclaring(facts)) !== undefined) {
      return { kind: 'wait', because: `The pool is unlocking the disks of ${facts.target.name}.` };
    }
    const locks = locksReadAfter(facts);
    if (locks.kind === 'missing') return { kind: 'wait', because: locks.because };
    return askedAgain(facts)
      ? removeNext(facts, toBeFreed(facts, locks.value))
      : { kind: 'act', acts: [{ kind: 'declareDead', hostUUID: facts.target.hostUUID }] };
  },
  reads: locksAfterActs,
};

/** While a lock is being removed, whatever step is under way. */
export function removalReads(facts: Facts): readonly Read[] {
  const isOpen = facts.journal.some(
    (entry) => entry.key.startsWith('removeLock ') && entry.outcome === 'Intended',
  );
  return isOpen ? locksAfterActs(facts) : [];
}

/** What was read before a release or a removal shows the locks of before. */
function locksAfterActs(facts: Facts): readonly Read[] {
  const pool = currentPool(facts);
  if (pool.kind === 'missing') return [];
  const about = facts.journal.filter((entry) => !entry.key.startsWith('start '));
  const newestMs = Math.max(Number.NEGATIVE_INFINITY, ...about.map((entry) => entry.sinceMs));
  const { locks } = facts;
  const isCurrent =
    locks.kind === 'known' && locks.atMs > newestMs && !isAging(locks, oldestMs.locks, facts.nowMs);
  return isCurrent ? [] : [locksRead(pool.value, withinMs.decision)];
}

function keyOfDeclaring(facts: Facts): string {
  return actKey({ kind: 'declareDead', hostUUID: facts.target.hostUUID });
}

/** When the pool was last asked to release: what was read before shows the locks of before. */
function askedMs(facts: Facts): number {
  return lastEntry(facts, keyOfDeclaring(facts))?.sinceMs ?? Number.NEGATIVE_INFINITY;
}

function locksReadAfter(facts: Facts): Fresh<readonly DiskLocks[]> {
  const locks = freshOnly(facts.locks, {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.locks,
    what: 'Who holds the storage locks of the pool',
  });
  return facts.locks.kind === 'known' && facts.locks.atMs <= askedMs(facts)
    ? { kind: 'missing', because: 'The storage locks have to be read after the release.' }
    : locks;
}

/** Every disk that the member still holds; once the pool was asked twice, those of the plan that can be freed by hand. */
function toBeFreed(facts: Facts, locks: readonly DiskLocks[]): readonly DiskLocks[] {
  const hostRef = pinnedRef(facts) ?? '';
  const held = locksHeldBy(hostRef, locks);
  if (!askedAgain(facts)) return held;
  const planned = disksOfThePlan(facts);
  return held.filter((disk) => planned.has(disk.vdiUUID) && canBeFreed(facts, disk));
}

/** Work that was interrupted, another holder, or two removals that failed: a person has to look at it. */
function canBeFreed(facts: Facts, disk: DiskLocks): boolean {
  const hostRef = pinnedRef(facts) ?? '';
  const key = actKey({ kind: 'removeLock', vdiUUID: disk.vdiUUID, hostRef });
  if (openEntry(facts, key) !== undefined) return true;
  return disk.interruptedWork.length === 0 && !isHeldByOthers(facts, disk) && attempts(facts, key) < most;
}

/** The host that its virtual machine may run on already is asked by the start; forgotten hosts hold nothing. */
function isHeldByOthers(facts: Facts, disk: DiskLocks): boolean {
  if (facts.pool.kind === 'unknown') return true;
  const pool = facts.pool.value;
  const allowed = new Set<string | undefined>([facts.target.hostUUID, undefined]);
  for (const item of facts.plan?.items ?? []) {
    const disks = pool.virtualMachines.get(item.id)?.disks ?? [];
    if (disks.some((one) => one.vdiUUID === disk.vdiUUID)) allowed.add(item.onlyOn);
  }
  return [...disk.heldBy.keys()].some((ref) => !allowed.has(hostOfLock(ref, pool)?.uuid));
}

/** Of the virtual machines that are, or may be, started from it; by the pool's own records. */
function disksOfThePlan(facts: Facts): ReadonlySet<string> {
  const pool = facts.pool.kind === 'known' ? facts.pool.value : undefined;
  const disks = new Set<string>();
  for (const item of facts.plan?.items ?? []) {
    if (item.state === 'NotRecoverable') continue;
    for (const disk of pool?.virtualMachines.get(item.id)?.disks ?? []) disks.add(disk.vdiUUID);
  }
  return disks;
}

function askedAgain(facts: Facts): boolean {
  return attempts(facts, keyOfDeclaring(facts)) >= 2;
}

const most = 2;

/** One at a time, and never while storage work is under way: that work and a start would meet on one disk. */
function removeNext(facts: Facts, held: readonly DiskLocks[]): Next {
  const hostRef = pinnedRef(facts) ?? '';
  let busy: string | undefined;
  for (const disk of held) {
    const act = { kind: 'removeLock', vdiUUID: disk.vdiUUID, hostRef } as const;
    if (openEntry(facts, actKey(act)) !== undefined) {
      return { kind: 'wait', because: `The lock on disk ${disk.vdiUUID} is being removed.` };
    }
    const work = whatIsDoneWith(facts, disk);
    if (work === undefined) return { kind: 'act', acts: [act] };
    busy ??= work;
  }
  return { kind: 'wait', because: busy ?? 'The storage locks are being read again.' };
}

function whatIsDoneWith(facts: Facts, disk: DiskLocks): string | undefined {
  if (facts.pool.kind === 'unknown') return facts.pool.because;
  const storage = facts.pool.value.storage.get(disk.srUUID);
  const operations = [...disk.currentOperations, ...(storage?.currentOperations ?? [])];
  return operations.length > 0
    ? `Storage work is under way on disk ${disk.vdiUUID} (${operations.join(', ')}); it is waited for.`
    : undefined;
}
