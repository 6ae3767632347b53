/**
 * Follows each virtual machine of a plan: from planned to read back as running, or to the sentence that says why not.
 * Level-based: the next state is computed from the record, the locks and the acts as they are read now, whatever was
 * thought before. Pure; the caller writes the result down.
 */
import { attempts, lastAct, openAct } from './acts.ts';
import { effectKey } from './effects.ts';
import type { Facts, StartFacts, Victim } from './facts.ts';
import { place } from './placement.ts';
import { wishOf } from './plan.ts';
import type { PoolBelief, VirtualMachineBelief } from './pool.ts';
import { startIsSafe } from './startIsSafe.ts';

/** After this many starts that failed it is left halted, and a person is told. */
export const startAttempts = 2;

const finals: ReadonlySet<Victim['state']> = new Set([
  'Running',
  'Serving',
  'LeftHalted',
  'NotRecoverable',
  'Failed',
]);

export function isFinal(victim: Victim): boolean {
  return finals.has(victim.state);
}

/** Runs, as far as starting goes. */
export function isUp(victim: Victim): boolean {
  return victim.state === 'Running' || victim.state === 'Serving';
}

/** The plan's virtual machines as the facts now show them; the same array when nothing changed. */
export function advance(facts: Facts): readonly Victim[] {
  const victims = facts.plan?.victims ?? [];
  let changed = false;
  const next = victims.map((victim) => {
    const advanced = advanceOne(victim, facts);
    if (advanced !== victim) changed = true;
    return advanced;
  });
  return changed ? next : victims;
}

function advanceOne(victim: Victim, facts: Facts): Victim {
  if (victim.state === 'Running') return afterProbe(victim, facts);
  if (isFinal(victim)) return victim;
  const key = effectKey({ kind: 'start', vmUUID: victim.uuid, hostUUID: victim.host ?? '' });
  const reading = facts.starts.get(victim.uuid);
  const tried = attempts(facts, key);
  if (reading?.record.kind === 'known') {
    const up = whereItRuns(reading.record.value, facts);
    if (up !== undefined) return { ...victim, ...runningOn(up, victim, facts), attempts: tried };
  }
  if (openAct(facts, key) !== undefined) {
    return victim.state === 'Starting' ? victim : { ...victim, state: 'Starting', attempts: tried };
  }
  const last = lastAct(facts, key);
  if (last?.outcome === 'NotDone' && (victim.state === 'Starting' || tried >= startAttempts)) {
    return afterFailure(victim, tried, last.says, facts);
  }
  if (victim.state === 'Starting') return { ...victim, state: 'Planned', attempts: tried };
  return reading === undefined ? victim : beforeStart(victim, reading, facts);
}

function whereItRuns(machine: VirtualMachineBelief, facts: Facts): string | undefined {
  if (machine.powerState !== 'Running' || machine.residentOn === facts.target.hostUUID) return undefined;
  return machine.residentOn;
}

function runningOn(
  hostUUID: string,
  victim: Victim,
  facts: Facts,
): Pick<Victim, 'state' | 'host' | 'why' | 'runningSinceMs' | 'runningAtWallMs'> {
  return {
    state: 'Running',
    host: hostUUID,
    why: hostUUID === victim.host ? victim.why : 'It was found running there.',
    runningSinceMs: facts.nowMs,
    runningAtWallMs: victim.runningAtWallMs ?? facts.nowWallMs,
  };
}

function afterFailure(victim: Victim, tried: number, says: string | undefined, facts: Facts): Victim {
  const what = says ?? 'the start had no effect and its reply was lost';
  if (tried >= startAttempts) {
    return {
      ...victim,
      state: 'Failed',
      attempts: tried,
      why: `${tried} starts failed, the last with: ${what}. It is left halted; look at it and start it by hand.`.slice(
        0,
        512,
      ),
    };
  }
  return replaced(victim, tried, facts) ?? { ...victim, state: 'Planned', attempts: tried };
}

/** Looks for another host, where the planned one refused it. Undefined when no other has room. */
function replaced(victim: Victim, tried: number, facts: Facts): Victim | undefined {
  if (facts.pool.kind === 'unknown' || victim.host === undefined) return undefined;
  const machine = facts.pool.value.virtualMachines.get(victim.uuid);
  if (machine === undefined) return undefined;
  const refusedBy = [...(victim.refusedBy ?? []), victim.host];
  const wish = wishOf(machine, facts.declared.get(victim.uuid), new Set(refusedBy));
  const placement = place([wish], facts, facts.pool.value, roomTaken(facts, facts.pool.value)).get(
    victim.uuid,
  );
  return placement?.kind === 'placed'
    ? {
        ...victim,
        state: 'Planned',
        attempts: tried,
        host: placement.hostUUID,
        why: placement.why,
        refusedBy,
      }
    : undefined;
}

/** Memory that planned and starting virtual machines will take on their hosts. */
function roomTaken(
  facts: Facts,
  pool: PoolBelief,
): readonly {
  readonly hostUUID: string;
  readonly memoryBytes: number;
  readonly group: string | undefined;
}[] {
  return (facts.plan?.victims ?? []).flatMap((other) => {
    const machine = pool.virtualMachines.get(other.uuid);
    if (isFinal(other) || other.host === undefined || machine === undefined) return [];
    const group = facts.declared.get(other.uuid)?.antiAffinityGroup;
    return [{ hostUUID: other.host, memoryBytes: machine.memoryBytes, group }];
  });
}

/** Before anything is sent: what the fresh readings say for or against a start. */
function beforeStart(victim: Victim, reading: StartFacts, facts: Facts): Victim {
  const verdict = startIsSafe(victim, reading, facts);
  if (verdict.kind !== 'deny') return victim;
  if (verdict.elsewhere) {
    const moved = replaced(victim, victim.attempts, facts);
    if (moved !== undefined) return moved;
  }
  return { ...victim, state: 'Failed', why: verdict.because.slice(0, 512) };
}

function afterProbe(victim: Victim, facts: Facts): Victim {
  const declared = facts.declared.get(victim.uuid);
  if (declared === undefined || declared.probe === 'none') return victim;
  const serving = facts.serving.get(victim.uuid);
  return serving?.kind === 'known' && serving.value ? { ...victim, state: 'Serving' } : victim;
}
