/** What is known of acts that were begun: whether one is still open, and how often it was tried. */
import type { Entry, RecoveryFacts } from './facts.ts';

type Journal = Pick<RecoveryFacts, 'journal'>;

/** Only speed: each of thousands of virtual machines asks for its own acts at every look. */
const byKey = new WeakMap<readonly Entry[], ReadonlyMap<string, readonly Entry[]>>();

/** All entries of this key, oldest first. */
export function triesOf({ journal }: Journal, key: string): readonly Entry[] {
  const known = byKey.get(journal) ?? Map.groupBy(journal, (entry) => entry.key);
  byKey.set(journal, known);
  return known.get(key) ?? none;
}

const none: readonly Entry[] = [];

/** The open entry of this key: intended, and not known to have happened or not. */
export function openEntry(facts: Journal, key: string): Entry | undefined {
  return triesOf(facts, key).find((entry) => entry.outcome === 'Intended');
}

/** How often it was really sent, or may have been. */
export function attempts(facts: Journal, key: string): number {
  return triesOf(facts, key).filter((entry) => entry.outcome !== 'NotSent').length;
}

export function lastEntry(facts: Journal, key: string): Entry | undefined {
  return triesOf(facts, key).findLast((entry) => entry.outcome !== 'NotSent');
}

/** Something harmful was sent, or may have been. */
export function hasBegun({ journal }: Journal): boolean {
  return journal.some((entry) => entry.outcome !== 'NotSent');
}
