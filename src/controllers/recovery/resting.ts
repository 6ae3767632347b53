/**
 * A request that is refused, or held by people, is not watched closely for ever. Without that the readings behind other
 * guards grow old, and would look as if the hold had ended. So what held it is asked again by itself, and as long as it does,
 * what was decided stands and nothing new is written.
 */
import type { Facts } from '../../domain/xapi/facts.ts';
import type { Decision, Guard, Step } from '../../domain/xapi/form.ts';
import type { Memory } from './memory.ts';

export interface Rest {
  /** Monotonic: since when every decision has been that it is held. */
  readonly heldSinceMs: number;
  readonly step: Step;
  /** Undefined when the step itself gave up. */
  readonly guard: Guard | undefined;
}

/** It is watched closely for this long after it was held. */
const watchedMs = 60_000;

/** Takes note of a decision. `stands` when it is another one only because nobody has read anew what it rests on. */
export function noteHold(memory: Memory, decision: Decision, facts: Facts): 'stands' | 'counts' {
  const { rest } = memory;
  const now = restOf(decision, facts, rest);
  const unwatched = rest !== undefined && !isWatched(memory, facts.nowMs);
  if (now === undefined && decision.kind === 'await' && unwatched && stillHolds(rest, facts)) return 'stands';
  memory.rest = now;
  return 'counts';
}

/** Nothing is done while the API server takes no record, so after so many refusals there is nothing to be ready for. */
const refusalsWatched = 3;

/** Whether its machine is watched closely now. */
export function isWatched({ journal, rest, refused }: Memory, nowMs: number): boolean {
  if (journal.some((entry) => entry.outcome === 'Intended')) return true;
  if ((refused?.times ?? 0) >= refusalsWatched) return false;
  return rest === undefined || nowMs - rest.heldSinceMs < watchedMs;
}

function restOf(decision: Decision, facts: Facts, before: Rest | undefined): Rest | undefined {
  if (decision.kind !== 'await' && decision.kind !== 'refuse') return undefined;
  const { step } = decision;
  const guard = step.guards.find((one) => one.judge(facts).kind !== 'allow');
  if (decision.kind === 'await' && guard?.isHeldByPeople !== true) return undefined;
  return { heldSinceMs: before?.heldSinceMs ?? facts.nowMs, step, guard };
}

function stillHolds({ step, guard }: Rest, facts: Facts): boolean {
  if (guard === undefined) return step.next(facts).kind === 'giveUp';
  const verdict = guard.judge(facts).kind;
  return verdict === 'deny' || (verdict === 'unknown' && guard.isHeldByPeople === true);
}
