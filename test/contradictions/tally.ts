/** What many histories came to, so that one sees that they reach deep. */
import type { Failure, Played } from './play.ts';

export interface Tally {
  draws: number;
  /** Histories in which the operator changed the world. */
  acted: number;
  /** Histories with an act that was not safe and that nobody could have known. */
  explained: number;
  readonly failures: { readonly seed: number; readonly failure: Failure }[];
  readonly acts: Map<string, number>;
  readonly endings: Map<string, number>;
  /** Guards that stood in the way when the history ended. */
  readonly refusals: Map<string, number>;
}

export function newTally(): Tally {
  return {
    draws: 0,
    acted: 0,
    explained: 0,
    failures: [],
    acts: new Map(),
    endings: new Map(),
    refusals: new Map(),
  };
}

export function note(tally: Tally, seed: number, played: Played): void {
  tally.draws += 1;
  const kinds = new Set(played.acts.flatMap(({ effect }) => (effect.changedAnything ? [effect.kind] : [])));
  if (kinds.size > 0) tally.acted += 1;
  for (const kind of kinds) count(tally.acts, kind);
  if (played.acts.some(({ judgement }) => judgement.kind === 'explained')) tally.explained += 1;
  for (const failure of played.failures) tally.failures.push({ seed, failure });
  for (const request of played.ending?.requests ?? []) {
    const phase = request.status?.phase ?? 'none';
    count(tally.endings, phase);
    const stopped = (request.status?.gates ?? []).find((gate) => gate.verdict !== 'Allow');
    if (stopped?.guard !== undefined && phase !== 'Succeeded') count(tally.refusals, stopped.guard);
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function inWords(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .toSorted(([, left], [, right]) => right - left)
    .map(([key, times]) => `${key} ${times}`)
    .join(', ');
}
