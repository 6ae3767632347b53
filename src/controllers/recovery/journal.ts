import { isoMillis } from '../../api/conditions.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { EntryRecord } from './memory.ts';

type JournalEntry = NonNullable<NonNullable<RecoveryRequest['status']>['journal']>[number];

/** Above this many entries, neighbouring waves that ended alike become one, so that the record stays small. */
const entriesBeforeMerging = 40;
/** Above this many, all that ended alike become one, wherever they stand; what was done to whom is always kept. */
const entriesBeforeGrouping = 300;
/** As many as the schema allows in one entry. */
const targetsOfOneEntry = 1_000;

/** The journal: one entry a wave, since a wave is written down and sent together. */
export function journalOf(journal: readonly EntryRecord[]): JournalEntry[] {
  const waves = Map.groupBy(journal, (entry) => entry.wave);
  let entries: readonly JournalEntry[] = [...waves.values()].flatMap((wave) => entriesOf(wave));
  if (entries.length > entriesBeforeMerging) entries = neighboursMerged(entries);
  if (entries.length > entriesBeforeGrouping) entries = grouped(entries, ended);
  if (entries.length > entriesBeforeGrouping) entries = grouped(entries, endedUnderAnyLeader);
  return entries.flatMap(parted);
}

/** Attempts of one wave may differ; each number is an entry of its own, for it is part of what was decided. */
function entriesOf(wave: readonly EntryRecord[]): readonly JournalEntry[] {
  return [...Map.groupBy(wave, (entry) => `${entry.act} ${entry.attempt} ${entry.outcome}`).values()].map(
    (entries) => {
      const first = entries[0] as EntryRecord;
      const { outcome } = first;
      const endings = entries.map((entry) => entry.endedWallMs ?? 0);
      const says = entries.find((entry) => entry.says !== undefined && entry.outcome !== 'Proven')?.says;
      return {
        step: first.step,
        act: first.act,
        targets: entries.map((entry) => entry.target),
        epoch: first.epoch,
        by: first.by,
        ...(first.master === undefined ? {} : { master: first.master }),
        attempt: first.attempt,
        at: isoMillis(first.atWallMs),
        outcome,
        ...(says === undefined ? {} : { detail: says }),
        ...(outcome === 'Intended' ? {} : { endedAt: isoMillis(Math.max(first.atWallMs, ...endings)) }),
      };
    },
  );
}

function neighboursMerged(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const result: JournalEntry[] = [];
  for (const entry of entries) {
    const last = result.at(-1);
    if (last !== undefined && alike(last, entry)) result[result.length - 1] = together(last, entry);
    else result.push(entry);
  }
  return result;
}

function alike(one: JournalEntry, other: JournalEntry): boolean {
  return one.outcome !== 'Intended' && ended(one) === ended(other) && one.detail === other.detail;
}

/** What was not sent, proven or not done, of one kind, by one leader, in the same attempt. */
function ended(entry: JournalEntry): string {
  return JSON.stringify([entry.act, entry.outcome, entry.attempt, entry.epoch, entry.by]);
}

function endedUnderAnyLeader(entry: JournalEntry): string {
  return JSON.stringify([entry.act, entry.outcome]);
}

function grouped(
  entries: readonly JournalEntry[],
  keyOf: (entry: JournalEntry) => string,
): readonly JournalEntry[] {
  const groups = new Map<string, JournalEntry>();
  for (const [index, entry] of entries.entries()) {
    const key = entry.outcome === 'Intended' ? `${index}` : keyOf(entry);
    const before = groups.get(key);
    groups.set(key, before === undefined ? entry : together(before, entry));
  }
  return [...groups.values()];
}

/** The newest leader, the newest master and the newest words stand for all of them. */
function together(one: JournalEntry, other: JournalEntry): JournalEntry {
  const newer = other.epoch >= one.epoch ? other : one;
  return {
    ...one,
    epoch: newer.epoch,
    ...(newer.by === undefined ? {} : { by: newer.by }),
    ...(newer.master === undefined ? {} : { master: newer.master }),
    targets: [...(one.targets ?? []), ...(other.targets ?? [])],
    ...(other.detail === undefined ? {} : { detail: other.detail }),
    ...(other.endedAt === undefined ? {} : { endedAt: other.endedAt }),
  };
}

function parted(entry: JournalEntry): readonly JournalEntry[] {
  const targets = entry.targets ?? [];
  if (targets.length <= targetsOfOneEntry) return [entry];
  return Array.from({ length: Math.ceil(targets.length / targetsOfOneEntry) }, (_, index) => ({
    ...entry,
    targets: targets.slice(index * targetsOfOneEntry, (index + 1) * targetsOfOneEntry),
  }));
}
