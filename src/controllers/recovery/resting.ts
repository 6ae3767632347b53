/**
 * A request that is refused, or held by people, is not watched closely for ever. What rests on readings is then too old to
 * decide by, and looks as if the hold had ended. So its machine is looked at closely now and then, for some seconds;
 * between that, what was decided stands, and nothing new is written of it. What people change counts at once.
 */
import type { Memory } from './memory.ts';
import type { Subject } from './subject.ts';

export interface Rest {
  /** Monotonic: since when every decision has been that it is held. */
  readonly heldSinceMs: number;
  /** What people had declared then. */
  readonly declared: string;
}

/** It is watched closely for this long after it was held; then it rests, and is looked at, in turns. */
const watchedMs = 60_000;
const restsForMs = 60_000;
const looksForMs = 10_000;
/** Of a look: by then everything that is watched closely has been read anew. */
const readAnewMs = 8_000;

/**
 * Takes note of a decision. `stands` when what was decided before stands, because this decision may only rest on readings
 * that nobody has renewed.
 */
export function noteHold(
  memory: Memory,
  { subject, held, nowMs }: { readonly subject: Subject; readonly held: boolean; readonly nowMs: number },
): 'stands' | 'counts' {
  const declared = declaredIn(subject);
  const { rest } = memory;
  if (rest?.declared === declared && !held && !isLookedAtAnew(rest, nowMs)) return 'stands';
  if (!held) memory.rest = undefined;
  else if (rest?.declared !== declared) memory.rest = { heldSinceMs: nowMs, declared };
  return 'counts';
}

/** Whether its machine is watched closely now. */
export function isWatched({ acts, rest }: Memory, nowMs: number): boolean {
  if (rest === undefined || acts.some((act) => act.outcome === 'Intended')) return true;
  const restedMs = restedForMs(rest, nowMs);
  return restedMs < 0 || restedMs % (restsForMs + looksForMs) >= restsForMs;
}

function isLookedAtAnew(rest: Rest, nowMs: number): boolean {
  const restedMs = restedForMs(rest, nowMs);
  return restedMs < 0 || restedMs % (restsForMs + looksForMs) >= restsForMs + readAnewMs;
}

function restedForMs({ heldSinceMs }: Rest, nowMs: number): number {
  return nowMs - heldSinceMs - watchedMs;
}

function declaredIn({ request, host, pool }: Subject): string {
  return [request, host, pool].map(({ metadata }) => metadata.generation ?? 0).join(' ');
}
