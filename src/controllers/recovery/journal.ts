import { isoMillis } from '../../api/conditions.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { ActRecord } from './memory.ts';

type JournalEntry = NonNullable<NonNullable<RecoveryRequest['status']>['journal']>[number];

/** Above this many entries, neighbouring waves of starts that ended alike become one, so that the record stays small. */
const entriesBeforeMerging = 40;

/** The journal: one entry a wave, since a wave is written down and sent together. */
export function journalOf(acts: readonly ActRecord[]): JournalEntry[] {
  const waves = Map.groupBy(acts, (act) => act.wave);
  const entries = [...waves.values()].flatMap((wave) => entriesOf(wave));
  return entries.length > entriesBeforeMerging ? merged(entries) : entries;
}

/** Attempts of one wave may differ; each number is an entry of its own, for it is part of what was decided. */
function entriesOf(wave: readonly ActRecord[]): readonly JournalEntry[] {
  return [...Map.groupBy(wave, (act) => `${act.effect} ${act.attempt}`).values()].map((acts) => {
    const first = acts[0] as ActRecord;
    const outcome = outcomeOf(acts);
    const ended = acts.map((act) => act.endedWallMs ?? 0);
    const says = acts.find((act) => act.says !== undefined && act.outcome !== 'Proven')?.says;
    return {
      step: first.step,
      effect: first.effect,
      targets: acts.map((act) => act.target),
      epoch: first.epoch,
      by: first.by,
      attempt: first.attempt,
      at: isoMillis(first.atWallMs),
      outcome,
      ...(says === undefined ? {} : { detail: says.slice(0, 1024) }),
      ...(outcome === 'Intended' ? {} : { endedAt: isoMillis(Math.max(first.atWallMs, ...ended)) }),
    };
  });
}

function outcomeOf(acts: readonly ActRecord[]): NonNullable<JournalEntry['outcome']> {
  if (acts.some((act) => act.outcome === 'Intended')) return 'Intended';
  if (acts.every((act) => act.outcome === 'NotSent')) return 'NotSent';
  return acts.every((act) => act.outcome === 'Proven') ? 'Proven' : 'NotDone';
}

function merged(entries: readonly JournalEntry[]): JournalEntry[] {
  const result: JournalEntry[] = [];
  for (const entry of entries) {
    const last = result.at(-1);
    if (last !== undefined && alike(last, entry)) {
      result[result.length - 1] = {
        ...last,
        targets: [...(last.targets ?? []), ...(entry.targets ?? [])],
        ...(entry.endedAt === undefined ? {} : { endedAt: entry.endedAt }),
      };
    } else {
      result.push(entry);
    }
  }
  return result;
}

function alike(one: JournalEntry, other: JournalEntry): boolean {
  return (
    one.effect === 'start' &&
    other.effect === 'start' &&
    one.outcome === other.outcome &&
    one.outcome !== 'Intended' &&
    one.epoch === other.epoch &&
    one.by === other.by &&
    one.attempt === other.attempt &&
    one.detail === other.detail
  );
}
