/**
 * May this one virtual machine be started on its planned host, as far as itself goes? The fence is not asked here: it is
 * a guard of the step and is asked for each start as well.
 */
import type { Facts, StartFacts, Victim } from './facts.ts';
import { freshOnly, oldestMs } from './freshness.ts';
import type { VirtualMachineBelief } from './pool.ts';

export type StartVerdict =
  | { readonly kind: 'allow' }
  /** `elsewhere` when another host might take it. */
  | { readonly kind: 'deny'; readonly because: string; readonly elsewhere: boolean }
  | { readonly kind: 'unknown'; readonly missing: string };

/** In this order: it is halted and left alone, nobody holds its disks, the host takes it. */
export function startIsSafe(victim: Victim, reading: StartFacts, facts: Facts): StartVerdict {
  const record = freshOnly(reading.record, {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.start,
    what: `The record of ${victim.name}`,
  });
  if (record.kind === 'missing') return { kind: 'unknown', missing: record.because };
  const halted = isHaltedAndLeftAlone(victim, record.value);
  if (halted.kind !== 'allow') return halted;
  const free = disksAreHeldByNobody({ victim, machine: record.value, reading, facts });
  if (free.kind !== 'allow') return free;
  return hostTakesIt(victim, reading, facts);
}

function isHaltedAndLeftAlone(victim: Victim, machine: VirtualMachineBelief): StartVerdict {
  if (machine.powerState !== 'Halted') {
    return deny(`It is ${machine.powerState} in the pool's database, not Halted; somebody else acted on it.`);
  }
  if (machine.currentOperations.length > 0 || machine.scheduledOn !== undefined) {
    return {
      kind: 'unknown',
      missing: `Something else is being done with ${victim.name}; it is waited for.`,
    };
  }
  return { kind: 'allow' };
}

/** The disks are those of the record that was just read, not those of the plan. */
function disksAreHeldByNobody(about: {
  readonly victim: Victim;
  readonly machine: VirtualMachineBelief;
  readonly reading: StartFacts;
  readonly facts: Facts;
}): StartVerdict {
  const { victim, machine, reading, facts } = about;
  const locks = freshOnly(reading.locks, {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.start,
    what: `The storage locks of ${victim.name}`,
  });
  if (locks.kind === 'missing') return { kind: 'unknown', missing: locks.because };
  for (const { vdiUUID } of machine.disks) {
    const disk = locks.value.find((candidate) => candidate.vdiUUID === vdiUUID);
    if (disk === undefined) return deny(`The pool no longer knows its disk ${vdiUUID}.`);
    if (disk.interruptedWork.length > 0) {
      return deny(
        `Storage work on its disk ${vdiUUID} was interrupted (${disk.interruptedWork.join(', ')}). A storage administrator has to look at it.`,
      );
    }
    const writer = [...disk.heldBy].find(([, how]) => how === 'RW');
    if (writer !== undefined) {
      return deny(`Its disk ${vdiUUID} is still held for writing by ${holderName(writer[0], facts)}.`);
    }
  }
  return { kind: 'allow' };
}

function holderName(hostRef: string, facts: Facts): string {
  if (facts.pool.kind === 'unknown') return hostRef;
  return [...facts.pool.value.hosts.values()].find((host) => host.ref === hostRef)?.name ?? hostRef;
}

function hostTakesIt(victim: Victim, reading: StartFacts, facts: Facts): StartVerdict {
  const boot = freshOnly(reading.boot, {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.start,
    what: `Whether the planned host takes ${victim.name}`,
  });
  if (boot.kind === 'missing') return { kind: 'unknown', missing: boot.because };
  return boot.value.kind === 'yes'
    ? { kind: 'allow' }
    : {
        kind: 'deny',
        because: `The planned host refuses it: ${boot.value.says} (${boot.value.code}).`,
        elsewhere: true,
      };
}

function deny(because: string): StartVerdict {
  return { kind: 'deny', because, elsewhere: false };
}
