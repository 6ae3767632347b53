/**
 * How an act ended, read from the world and never from its reply: proven when its postcondition is read after it, not
 * done when the world shows that nothing of it happened and nothing of it can be under way any more. Between the two it
 * stays open, and nothing is repeated.
 */
import type { Act, Facts, Victim } from './facts.ts';
import { isReleased } from './guards/memberIsReleased.ts';

export type Settled = 'Proven' | 'NotDone' | 'open';

/** How long an act whose reply is lost or unknown may still be under way. */
export const settlesWithinMs = {
  /** Controllers take seconds to cut the power; twice the slowest that was seen. */
  cutPower: 60_000,
  declareDead: 60_000,
  removeLock: 30_000,
  start: 60_000,
} as const;

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
  return last?.power === 'on' && mayBeOver(act, facts, settlesWithinMs.cutPower) ? 'NotDone' : 'open';
}

function settleDeclareDead(act: Act, facts: Facts): Settled {
  if (facts.pool.kind === 'unknown' || facts.pool.atMs <= act.sinceMs) return 'open';
  if (act.reply !== undefined && act.reply !== 'lost' && isReleased(facts.pool.value, facts.target.hostUUID))
    return 'Proven';
  if (act.reply === 'failed') return 'NotDone';
  // A reply that never came: the pool may still be resetting one virtual machine after the other, or running its hook.
  if (!mayBeOver(act, facts, settlesWithinMs.declareDead)) return 'open';
  return isReleased(facts.pool.value, facts.target.hostUUID) ? 'Proven' : 'NotDone';
}

function settleRemoveLock(act: Act, vdiUUID: string, facts: Facts): Settled {
  if (facts.locks.kind === 'unknown' || facts.locks.atMs <= act.sinceMs) return 'open';
  const disk = facts.locks.value.find((candidate) => candidate.vdiUUID === vdiUUID);
  if (facts.plan === undefined || disk?.heldBy.has(facts.plan.hostRef) !== true) return 'Proven';
  return act.reply === 'failed' || mayBeOver(act, facts, settlesWithinMs.removeLock) ? 'NotDone' : 'open';
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
  return act.reply === 'failed' || mayBeOver(act, facts, settlesWithinMs.start) ? 'NotDone' : 'open';
}

/** Only an act that nobody waits for any more is judged by its time: a pool may be slow, and says so in the end. */
function mayBeOver(act: Act, facts: Facts, withinMs: number): boolean {
  return act.reply !== undefined && facts.nowMs - act.sinceMs > withinMs;
}
