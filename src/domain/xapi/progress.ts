/**
 * Follows each virtual machine of a plan: from planned to read back as running, or to the sentence that says why not.
 * Level-based: the next state is computed from the record, the locks and the acts as they are read now, whatever was
 * thought before. Pure; the caller writes the result down.
 */

import { actKey } from '../acts/act.ts';
import { exactlyOneMasterAnswers } from '../guards/identity.ts';
import { attempts, lastEntry, openEntry } from '../kernel/tries.ts';
import type { Entry, Facts, StartFacts, Victim } from './facts.ts';
import { foundByItsHost, onlyPlace } from './moving.ts';
import { declaredHalted } from './obstacles.ts';
import { place } from './placement.ts';
import type { PoolBelief, VirtualMachineBelief } from './pool.ts';
import { releaseHasBegun, victimOf, wishOf } from './releasePlan.ts';
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

/**
 * The plan's virtual machines as the facts now show them; the same array when nothing changed. What a second master tells
 * of them is not taken, and none is given up before it is known who is master.
 */
export function advance(facts: Facts): readonly Victim[] {
  const victims = facts.plan?.victims ?? [];
  const master = exactlyOneMasterAnswers.judge(facts).kind;
  if (master === 'deny') return victims;
  let changed = false;
  const next = victims.map((victim) => {
    const now = advanceOne(victim, facts);
    const advanced = master === 'allow' || !isGivenUp(now) ? now : victim;
    if (advanced !== victim) changed = true;
    return advanced;
  });
  return changed ? next : victims;
}

/** For good: nothing is tried for it any more. */
function isGivenUp({ state }: Victim): boolean {
  return state === 'Failed' || state === 'NotRecoverable';
}

function advanceOne(before: Victim, facts: Facts): Victim {
  if (before.state === 'Running') return afterProbe(before, facts);
  const victim = atItsOnlyPlace(asDeclaredNow(before, facts), facts);
  if (isFinal(victim)) return victim;
  const key = actKey({ kind: 'start', vmUUID: victim.uuid, hostUUID: victim.host ?? '' });
  const reading = facts.starts.get(victim.uuid);
  const tried = attempts(facts, key);
  if (reading?.record.kind === 'known') {
    const up = whereItRuns(reading.record.value, facts);
    if (up !== undefined) return { ...victim, ...runningOn(up, victim, facts), attempts: tried };
  }
  if (openEntry(facts, key) !== undefined) {
    return victim.state === 'Starting' ? victim : { ...victim, state: 'Starting', attempts: tried };
  }
  const last = lastEntry(facts, key);
  const found =
    victim.state === 'Starting' && last?.outcome === 'NotDone' ? foundByItsHost(last.says) : undefined;
  if (found !== undefined && (found === 'runs' || victim.onlyOn === undefined)) {
    return { ...unknownToThePool(victim, facts), attempts: tried };
  }
  if (last?.outcome === 'NotDone' && (victim.state === 'Starting' || tried >= startAttempts)) {
    return afterFailure({ ...victim, attempts: tried }, last, facts);
  }
  if (victim.state === 'Starting') return { ...victim, state: 'Planned', attempts: tried };
  return reading === undefined ? victim : beforeStart(victim, reading, facts);
}

/** What people declared last counts until its start is sent. Before the release the plan is made anew instead. */
function asDeclaredNow(victim: Victim, facts: Facts): Victim {
  if (!releaseHasBegun(facts) || facts.pool.kind === 'unknown') return victim;
  const machine = facts.pool.value.virtualMachines.get(victim.uuid);
  const declared = facts.declared.get(victim.uuid);
  if (machine === undefined) return victim;
  if (victim.state === 'LeftHalted') {
    if (declared?.powerState !== 'Running') return victim;
    return (
      placedAnew(victim, facts, victim.refusedBy ?? []) ?? {
        ...victim,
        state: 'NotRecoverable',
        why: 'It was declared Running again, and no member has room and its storage. Free memory, then start it by hand.',
      }
    );
  }
  if (victim.state !== 'Planned') return victim;
  if (declared?.powerState === 'Halted') return { ...victim, ...declaredHalted };
  const { order, delaySeconds, priority } = victimOf(machine, declared);
  const same = order === victim.order && delaySeconds === victim.delaySeconds && priority === victim.priority;
  return same ? victim : { ...victim, order, delaySeconds, priority };
}

/** The other end of a move may show itself by its lock as late as after the release, when it takes the member for gone. */
function atItsOnlyPlace(victim: Victim, facts: Facts): Victim {
  if (victim.state !== 'Planned' || !releaseHasBegun(facts) || facts.pool.kind === 'unknown') return victim;
  const machine = facts.pool.value.virtualMachines.get(victim.uuid);
  const only = machine === undefined ? victim.onlyOn : onlyPlace(machine, facts, victim.onlyOn);
  if (only === undefined || only === victim.onlyOn) return victim;
  const moved = { ...victim, onlyOn: only };
  return placedAnew(moved, facts, victim.refusedBy ?? []) ?? moved;
}

/**
 * The host itself refused a second domain of its UUID, and the pool has it as halted. Where it was being moved there, it has
 * arrived; anywhere else nobody knows why it is there, and no other host is tried.
 */
function unknownToThePool(victim: Victim, facts: Facts): Victim {
  const host = facts.pool.kind === 'known' ? facts.pool.value.hosts.get(victim.host ?? '')?.name : undefined;
  const where = host ?? victim.host ?? '';
  const why = `It runs on ${where} already: ${where} refused a second one (VM_BAD_POWER_STATE), and the pool does not know it. Restart the toolstack there (xe-toolstack-restart), so that the pool takes it over.`;
  return victim.host !== undefined && victim.host === victim.onlyOn
    ? { ...victim, ...runningOn(victim.host, victim, facts), why }
    : // Where it was found is remembered: the next request tries it there and nowhere else.
      { ...victim, state: 'Failed', why, ...(victim.host === undefined ? {} : { onlyOn: victim.host }) };
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
    runningAtWallMs: victim.runningAtWallMs ?? facts.momentMs,
  };
}

/** Another host is tried where this one is known to have refused it; what is not known may yet show itself there. */
function afterFailure(victim: Victim, last: Entry, facts: Facts): Victim {
  const { attempts: tried } = victim;
  if (tried >= startAttempts) {
    const what = last.says ?? 'the start had no effect and its reply was lost';
    return {
      ...victim,
      state: 'Failed',
      why: `${tried} starts failed, the last with: ${what}. It is left halted; look at it and start it by hand.`,
    };
  }
  const elsewhere = last.reply === 'failed' ? replaced(victim, tried, facts) : undefined;
  return elsewhere ?? { ...victim, state: 'Planned' };
}

/** Looks for another host, where the planned one refused it. Undefined when no other has room. */
function replaced(victim: Victim, tried: number, facts: Facts): Victim | undefined {
  if (victim.host === undefined) return undefined;
  const moved = placedAnew(victim, facts, [...(victim.refusedBy ?? []), victim.host]);
  return moved === undefined ? undefined : { ...moved, attempts: tried };
}

function placedAnew(victim: Victim, facts: Facts, refusedBy: readonly string[]): Victim | undefined {
  if (facts.pool.kind === 'unknown') return undefined;
  const machine = facts.pool.value.virtualMachines.get(victim.uuid);
  if (machine === undefined) return undefined;
  const { onlyOn } = victim;
  const wish = wishOf(machine, facts.declared.get(victim.uuid), { notOn: new Set(refusedBy), onlyOn });
  const placement = place([wish], facts, facts.pool.value, roomTaken(facts, facts.pool.value)).get(
    victim.uuid,
  );
  return placement?.kind === 'placed'
    ? { ...victim, state: 'Planned', host: placement.hostUUID, why: placement.why, refusedBy }
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
  const mayRun =
    victim.onlyOn === undefined || victim.host !== victim.onlyOn
      ? ''
      : ' It may run there already, so it is started nowhere else: look there (xl list), and start it by hand only when it runs nowhere.';
  return { ...victim, state: 'Failed', why: `${verdict.because}${mayRun}` };
}

function afterProbe(victim: Victim, facts: Facts): Victim {
  const declared = facts.declared.get(victim.uuid);
  if (declared === undefined || declared.probe === 'none') return victim;
  const serving = facts.serving.get(victim.uuid);
  return serving?.kind === 'known' && serving.value ? { ...victim, state: 'Serving' } : victim;
}
