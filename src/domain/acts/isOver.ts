/** Whether anything of an act can still be under way. */
import type { Act, Facts } from '../xapi/facts.ts';

/** A request that is on its way when its sender dies arrives within this, or never. */
const arrivesWithinMs = 10_000;

/** Only an act that nobody waits for any more is judged by its time: a pool may be slow, and says so in the end. */
export function hadItsTime(act: Act, mayRunForMs: number, facts: Facts): boolean {
  return act.reply !== undefined && facts.nowMs - act.sinceMs > mayRunForMs;
}

/**
 * What the pool does as a task is in its list of tasks for as long as it does it. So a task that is there is waited for, and
 * without one nothing is, once the request must have arrived. Where the list is not known, or began after the act, it has its
 * full time.
 */
export function isOver(
  act: Act,
  {
    task,
    mayRunForMs,
    listBeganLater = false,
  }: { readonly task: string; readonly mayRunForMs: number; readonly listBeganLater?: boolean },
  facts: Facts,
): boolean {
  const { runningTasks } = facts;
  if (runningTasks.kind === 'unknown') return hadItsTime(act, mayRunForMs, facts);
  if (act.reply === undefined || runningTasks.value.some((name) => name.endsWith(task))) return false;
  if (listBeganLater) return hadItsTime(act, mayRunForMs, facts);
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
