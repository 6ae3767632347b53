/**
 * May this one virtual machine be started on its planned host, as far as itself goes? The fence is not asked here: it is
 * a guard of the step and is asked for each start as well.
 */

import { freshOnly } from '../kernel/freshness.ts';
import { oldestMs } from './ages.ts';
import { currentPool } from './currentPool.ts';
import type { Facts, PlannedMachine, StartFacts } from './facts.ts';
import { hostOfLock, nowhere, onlyPlace } from './moving.ts';
import type { VirtualMachineBelief } from './pool.ts';

export type StartVerdict =
  | { readonly kind: 'allow' }
  /** `elsewhere` when another host might take it. */
  | { readonly kind: 'deny'; readonly because: string; readonly elsewhere: boolean }
  | { readonly kind: 'unknown'; readonly because: string };

export interface StartCondition {
  readonly name: string;
  readonly judge: (about: StartQuestion) => StartVerdict;
}

export interface StartQuestion {
  readonly item: PlannedMachine;
  /** Its record, as it was just read. */
  readonly machine: VirtualMachineBelief;
  readonly reading: StartFacts;
  readonly facts: Facts;
}

/**
 * All must allow, in this order: it should run, it runs nowhere and is left alone, nobody holds its disks, its host is fit and
 * takes it.
 */
export const startConditions: readonly StartCondition[] = [
  { name: 'isNotDeclaredHalted', judge: isNotDeclaredHalted },
  { name: 'isAtItsOnlyPlace', judge: isAtItsOnlyPlace },
  { name: 'isHalted', judge: isHalted },
  { name: 'isLeftAlone', judge: isLeftAlone },
  { name: 'disksAreWhole', judge: disksAreWhole },
  { name: 'disksAreHeldByNobody', judge: disksAreHeldByNobody },
  { name: 'hostIsFit', judge: hostIsFit },
  { name: 'hostTakesIt', judge: hostTakesIt },
];

export function startIsSafe(
  item: PlannedMachine,
  reading: StartFacts,
  facts: Facts,
  conditions: readonly StartCondition[] = startConditions,
): StartVerdict {
  const record = freshOnly(reading.record, {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.start,
    what: `The record of ${item.name}`,
  });
  if (record.kind === 'missing') return unknown(record.because);
  const question = { item, machine: record.value, reading, facts };
  for (const condition of conditions) {
    const verdict = condition.judge(question);
    if (verdict.kind !== 'allow') return verdict;
  }
  return { kind: 'allow' };
}

function isNotDeclaredHalted({ item, facts }: StartQuestion): StartVerdict {
  return facts.declared.get(item.id)?.powerState === 'Halted'
    ? deny('It is declared Halted.')
    : { kind: 'allow' };
}

/** It may run there already, and no other host would notice that. */
function isAtItsOnlyPlace({ item, machine, facts }: StartQuestion): StartVerdict {
  const only = onlyPlace(machine, facts, item.onlyOn);
  return only === undefined || only === item.host
    ? { kind: 'allow' }
    : deny(
        `It may run on ${only === nowhere ? 'another host' : hostName(only, facts)} already, so it is not started elsewhere. Look there (xl list), and start it by hand only when it runs nowhere.`,
      );
}

function isHalted({ item, machine, facts }: StartQuestion): StartVerdict {
  if (machine.powerState === 'Halted') return { kind: 'allow' };
  return machine.residentOn === facts.target.hostUUID
    ? unknown(`The pool has not released ${item.name} yet.`)
    : deny(`It is ${machine.powerState} in the pool's database, not Halted; somebody else acted on it.`);
}

function isLeftAlone({ item, machine }: StartQuestion): StartVerdict {
  return machine.currentOperations.length > 0 || machine.scheduledOn !== undefined
    ? unknown(`Something else is being done with ${item.name}; it is waited for.`)
    : { kind: 'allow' };
}

/** The disks are those of the record that was just read, not those of the plan. */
function disksAreWhole(about: StartQuestion): StartVerdict {
  const locks = freshLocks(about);
  if (locks.kind === 'missing') return unknown(locks.because);
  for (const { vdiUUID } of about.machine.disks) {
    const disk = locks.value.find((candidate) => candidate.vdiUUID === vdiUUID);
    if (disk === undefined) return deny(`The pool no longer knows its disk ${vdiUUID}.`);
    if (disk.interruptedWork.length > 0) {
      return deny(
        `Storage work on its disk ${vdiUUID} was interrupted (${disk.interruptedWork.join(', ')}). A storage administrator has to look at it.`,
      );
    }
  }
  return { kind: 'allow' };
}

/**
 * A lock of the host that it starts on is judged by that host itself; the lock of a host that the pool has forgotten is taken
 * off by the storage. Every other one stops it.
 */
function disksAreHeldByNobody(about: StartQuestion): StartVerdict {
  const locks = freshLocks(about);
  if (locks.kind === 'missing') return unknown(locks.because);
  const { facts, item } = about;
  for (const { vdiUUID } of about.machine.disks) {
    const holders = locks.value.find((candidate) => candidate.vdiUUID === vdiUUID)?.heldBy ?? new Map();
    for (const [ref, how] of holders) {
      const holder = facts.pool.kind === 'known' ? hostOfLock(ref, facts.pool.value) : undefined;
      const harmless = facts.pool.kind === 'known' && holder === undefined;
      if (how !== 'RW' || harmless || (holder !== undefined && asksItself(holder.uuid, item))) continue;
      return deny(`Its disk ${vdiUUID} is still held for writing by ${holder?.name ?? ref}.`);
    }
  }
  return { kind: 'allow' };
}

/** The holder is where it is to start: that host is asked by the start itself whether it really has the disk open. */
function asksItself(holderUUID: string, item: PlannedMachine): boolean {
  return holderUUID === item.onlyOn || (holderUUID === item.host && item.attempts > 0);
}

function freshLocks({ item, reading, facts }: StartQuestion): ReturnType<typeof freshOnly<LocksRead>> {
  return freshOnly(reading.locks, {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.start,
    what: `Who holds the storage locks of ${item.name}`,
  });
}

type LocksRead = Extract<StartFacts['locks'], { kind: 'known' }>['value'];

function hostName(uuid: string, facts: Facts): string {
  return (facts.pool.kind === 'known' ? facts.pool.value.hosts.get(uuid)?.name : undefined) ?? uuid;
}

/** The plan may be older than what has happened to the planned host: it is asked again whether it is fit to take any. */
function hostIsFit({ item, facts }: StartQuestion): StartVerdict {
  const pool = currentPool(facts);
  if (pool.kind === 'missing') return unknown(pool.because);
  const host = pool.value.hosts.get(item.host ?? '');
  if (host === undefined || item.host === facts.target.hostUUID) {
    return elsewhere('The planned host is no member that could take it.');
  }
  if (facts.hosts.get(host.uuid)?.state !== 'InService') return elsewhere(`${host.name} is not in service.`);
  if (!host.enabled) return elsewhere(`${host.name} is disabled in the pool.`);
  const answer = freshOnly(facts.answers.get(host.uuid), {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.otherMembers,
    what: `Whether ${host.name} answers`,
  });
  if (answer.kind === 'missing') return unknown(answer.because);
  return answer.value.kind === 'master' || answer.value.kind === 'member'
    ? { kind: 'allow' }
    : elsewhere(`${host.name} does not answer as a healthy member.`);
}

function hostTakesIt({ item, reading, facts }: StartQuestion): StartVerdict {
  const boot = freshOnly(reading.boot, {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.start,
    what: `Whether the planned host takes ${item.name}`,
  });
  if (boot.kind === 'missing') return unknown(boot.because);
  if (reading.bootOn !== item.host) return unknown(`The new host of ${item.name} has not been asked yet.`);
  return boot.value.kind === 'yes'
    ? { kind: 'allow' }
    : elsewhere(`The planned host refuses it: ${boot.value.says} (${boot.value.code}).`);
}

function unknown(because: string): StartVerdict {
  return { kind: 'unknown', because };
}

function deny(because: string): StartVerdict {
  return { kind: 'deny', because, elsewhere: false };
}

function elsewhere(because: string): StartVerdict {
  return { kind: 'deny', because, elsewhere: true };
}
