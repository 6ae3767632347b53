/**
 * How an act ended, read from the world and never from its reply: proven when its postcondition is read after it, not
 * done when the world shows that nothing of it happened and nothing of it can be under way any more. Between the two it
 * stays open, and nothing is repeated.
 */
import { type Effect, mayRunForMs } from './effects.ts';
import type { Act, Facts, Victim } from './facts.ts';
import { isReleased } from './guards/poolHealth.ts';

export type Settled = 'Proven' | 'NotDone' | 'open';

/** A request that is on its way when its sender dies arrives within this, or never. */
const arrivesWithinMs = 10_000;

export function settle(act: Act, facts: Facts): Settled {
  const [kind = '', subject = ''] = act.key.split(' ');
  switch (kind) {
    case 'cutPower':
      return settleCutPower(act, facts);
    case 'declareDead':
      return settleDeclareDead(act, facts);
    case 'removeLock':
      return settleRemoveLock(act, subject, facts);
    default:
      return settleStart(
        act,
        facts.plan?.victims.find((victim) => victim.uuid === subject),
        facts,
      );
  }
}

function settleCutPower(act: Act, facts: Facts): Settled {
  const last = facts.powerReadings.findLast((reading) => reading.atMs > act.sinceMs);
  if (last?.power === 'off') return 'Proven';
  return last?.power === 'on' && hadItsTime(act, 'cutPower', facts) ? 'NotDone' : 'open';
}

function settleDeclareDead(act: Act, facts: Facts): Settled {
  if (facts.pool.kind === 'unknown' || facts.pool.atMs <= act.sinceMs) return 'open';
  if (act.reply !== undefined && act.reply !== 'lost' && isReleased(facts.pool.value, facts.target.hostUUID))
    return 'Proven';
  // Whatever the reply was, or if it never came: the pool may still be resetting one virtual machine after the other, or
  // running its hook, and a failure that was made up on the way would let it be asked twice.
  if (!isOver(act, 'declareDead', facts)) return 'open';
  return isReleased(facts.pool.value, facts.target.hostUUID) ? 'Proven' : 'NotDone';
}

function settleRemoveLock(act: Act, vdiUUID: string, facts: Facts): Settled {
  if (facts.locks.kind === 'unknown' || facts.locks.atMs <= act.sinceMs) return 'open';
  const disk = facts.locks.value.find((candidate) => candidate.vdiUUID === vdiUUID);
  if (facts.plan === undefined || disk?.heldBy.has(facts.plan.hostRef) !== true) return 'Proven';
  return act.reply === 'failed' || hadItsTime(act, 'removeLock', facts) ? 'NotDone' : 'open';
}

function settleStart(act: Act, victim: Victim | undefined, facts: Facts): Settled {
  const record = victim === undefined ? undefined : facts.starts.get(victim.uuid)?.record;
  if (record?.kind !== 'known' || record.atMs <= act.sinceMs) return 'open';
  const machine = record.value;
  if (
    machine.powerState === 'Running' &&
    machine.residentOn !== undefined &&
    machine.residentOn !== facts.target.hostUUID
  ) {
    return 'Proven';
  }
  const idle = machine.currentOperations.length === 0 && machine.scheduledOn === undefined;
  if (machine.powerState !== 'Halted' || !idle) return 'open';
  return act.reply === 'failed' || isOver(act, 'start', facts) ? 'NotDone' : 'open';
}

/** Only an act that nobody waits for any more is judged by its time: a pool may be slow, and says so in the end. */
function hadItsTime(act: Act, kind: Effect['kind'], facts: Facts): boolean {
  return act.reply !== undefined && facts.nowMs - act.sinceMs > mayRunForMs[kind];
}

/**
 * What the pool does as a task is in its list of tasks for as long as it does it. So a task that is there is waited for, and
 * without one nothing is, once the request must have arrived. The list goes with the master's toolstack, while a start goes on
 * at its host: after a restart, and where the list is not known, an act has its full time.
 */
function isOver(act: Act, kind: keyof typeof taskOf, facts: Facts): boolean {
  const { runningTasks } = facts;
  if (runningTasks.kind === 'unknown') return hadItsTime(act, kind, facts);
  if (act.reply === undefined || runningTasks.value.some((name) => name.endsWith(taskOf[kind]))) return false;
  if (kind === 'start' && !masterWasUp(act, facts)) return hadItsTime(act, kind, facts);
  return runningTasks.atMs - act.sinceMs > arrivesWithinMs;
}

/** An act that could be judged by the pool's list of tasks, if that were a little younger. */
export function waitsForTasks(facts: Facts): boolean {
  const { runningTasks } = facts;
  if (runningTasks.kind === 'unknown') return false;
  return facts.acts.some(
    (act) =>
      act.outcome === 'Intended' &&
      act.reply === 'lost' &&
      runningTasks.atMs - act.sinceMs <= arrivesWithinMs &&
      facts.nowMs - act.sinceMs > arrivesWithinMs,
  );
}

/** Since before the act was sent, as far back as it can have been when this process only read of it in the journal. */
function masterWasUp(act: Act, facts: Facts): boolean {
  if (facts.pool.kind === 'unknown') return false;
  const { masterUpForMs } = facts.pool.value;
  return facts.pool.atMs - masterUpForMs < act.sinceMs - mayRunForMs.start;
}

/** What XAPI calls them. */
const taskOf = { declareDead: 'host.declare_dead', start: 'VM.start_on' } as const;
