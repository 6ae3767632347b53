import { attempts, openAct } from '../acts.ts';
import type { Next, Step } from '../decide.ts';
import { effectKey } from '../effects.ts';
import type { Facts } from '../facts.ts';
import { freshOnly, oldestMs } from '../freshness.ts';
import type { DiskLocks } from '../pool.ts';

/**
 * The pool's hook that unlocks the disks may fail without a word, so the locks are read. What it left is first asked for
 * again by the same call, which does it with the storage's own locks held; a key is removed by hand only after that, and
 * only on a disk of the plan with which nothing is being done.
 */
export const noLockIsLeft: Pick<Step, 'done' | 'next'> = {
  done: (facts) =>
    facts.locks.kind === 'known' &&
    facts.plan !== undefined &&
    openAct(facts, `declareDead ${facts.target.hostUUID}`) === undefined &&
    toBeFreed(facts, facts.locks.value).length === 0,
  next: (facts) => {
    const locks = freshOnly(facts.locks, {
      nowMs: facts.nowMs,
      oldestMs: oldestMs.locks,
      what: 'The storage locks of the pool',
    });
    if (locks.kind === 'missing') return { kind: 'wait', missing: locks.because };
    if (openAct(facts, `declareDead ${facts.target.hostUUID}`) !== undefined) {
      return { kind: 'wait', missing: `The pool is unlocking the disks of ${facts.target.name}.` };
    }
    return askedAgain(facts)
      ? removeNext(facts, toBeFreed(facts, locks.value))
      : { kind: 'act', effects: [{ kind: 'declareDead', hostUUID: facts.target.hostUUID }] };
  },
};

/** Every disk that the member still holds; once the pool was asked twice, only those that the plan needs. */
function toBeFreed(facts: Facts, locks: readonly DiskLocks[]): readonly DiskLocks[] {
  const hostRef = facts.plan?.hostRef ?? '';
  const held = locks.filter((disk) => disk.heldBy.has(hostRef));
  if (!askedAgain(facts)) return held;
  const planned = disksOfThePlan(facts);
  return held.filter((disk) => planned.has(disk.vdiUUID));
}

/** Of the virtual machines that are, or may be, started from it; by the pool's own records. */
function disksOfThePlan(facts: Facts): ReadonlySet<string> {
  const pool = facts.pool.kind === 'known' ? facts.pool.value : undefined;
  const disks = new Set<string>();
  for (const victim of facts.plan?.victims ?? []) {
    if (victim.state === 'NotRecoverable') continue;
    for (const disk of pool?.virtualMachines.get(victim.uuid)?.disks ?? []) disks.add(disk.vdiUUID);
  }
  return disks;
}

function askedAgain(facts: Facts): boolean {
  return attempts(facts, `declareDead ${facts.target.hostUUID}`) >= 2;
}

const most = 2;

function removeNext(facts: Facts, held: readonly DiskLocks[]): Next {
  const hostRef = facts.plan?.hostRef ?? '';
  for (const disk of held) {
    const effect = { kind: 'removeLock', vdiUUID: disk.vdiUUID, hostRef } as const;
    const key = effectKey(effect);
    if (openAct(facts, key) !== undefined) {
      return { kind: 'wait', missing: `The lock on disk ${disk.vdiUUID} is being removed.` };
    }
    const busy = whatIsDoneWith(facts, disk);
    if (busy !== undefined) return { kind: 'wait', missing: busy };
    if (attempts(facts, key) >= most) {
      return {
        kind: 'giveUp',
        because: `The lock of ${facts.target.name} on disk ${disk.vdiUUID} could not be removed. A storage administrator has to look at it.`,
      };
    }
    return { kind: 'act', effects: [effect] };
  }
  return { kind: 'wait', missing: 'The storage locks are being read again.' };
}

/** Removing a key while storage work is under way would let that work and a start meet on one disk. */
function whatIsDoneWith(facts: Facts, disk: DiskLocks): string | undefined {
  const storage = facts.pool.kind === 'known' ? facts.pool.value.storage.get(disk.srUUID) : undefined;
  const operations = [
    ...disk.currentOperations,
    ...disk.interruptedWork,
    ...(storage?.currentOperations ?? []),
  ];
  const others = [...disk.heldBy.keys()].filter((ref) => ref !== facts.plan?.hostRef);
  if (operations.length > 0) {
    return `Storage work is under way on disk ${disk.vdiUUID} (${operations.join(', ')}); it is waited for.`;
  }
  return others.length > 0
    ? `Another member holds disk ${disk.vdiUUID} as well; a person has to look at it.`
    : undefined;
}
