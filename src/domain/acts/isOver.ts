/** Whether anything of an act can still be under way. */
import type { Entry } from '../kernel/facts.ts';
import type { Facts } from '../xapi/facts.ts';

/** A request that is on its way when its sender dies arrives within this, or never. */
const arrivesWithinMs = 10_000;

/** Only an act that nobody waits for any more is judged by its time: a pool may be slow, and says so in the end. */
export function hadItsTime(entry: Entry, mayRunForMs: number, facts: Facts): boolean {
  return entry.reply !== undefined && facts.nowMs - entry.sinceMs > mayRunForMs;
}

/**
 * What the pool does as a task is in its list of tasks for as long as it does it. So a task that is there is waited for, and
 * without one nothing is, once the request must have arrived. Where the list is not known, or began after the act, it has its
 * full time.
 */
export function isOver(
  entry: Entry,
  {
    task,
    mayRunForMs,
    listBeganLater = false,
  }: { readonly task: string; readonly mayRunForMs: number; readonly listBeganLater?: boolean },
  facts: Facts,
): boolean {
  const { runningTasks } = facts;
  if (runningTasks.kind === 'unknown') return hadItsTime(entry, mayRunForMs, facts);
  if (entry.reply === undefined || runningTasks.value.some((name) => name.endsWith(task))) return false;
  if (listBeganLater) return hadItsTime(entry, mayRunForMs, facts);
  return runningTasks.atMs - entry.sinceMs > arrivesWithinMs;
}

/** An act that could be judged by the pool's list of tasks, if that were a little younger. */
export function waitsForTasks(facts: Facts): boolean {
  const { runningTasks } = facts;
  if (runningTasks.kind === 'unknown') return false;
  return facts.journal.some(
    (entry) =>
      entry.outcome === 'Intended' &&
      entry.reply === 'lost' &&
      runningTasks.atMs - entry.sinceMs <= arrivesWithinMs &&
      facts.nowMs - entry.sinceMs > arrivesWithinMs,
  );
}
