/** What is known of acts that were begun: whether one is still open, and how often it was tried. */
import type { Entry, Facts } from '../xapi/facts.ts';

/** Only speed: each of thousands of virtual machines asks for its own acts at every look. */
const byKey = new WeakMap<readonly Entry[], ReadonlyMap<string, readonly Entry[]>>();

/** All acts of this key, oldest first. */
export function triesOf({ journal }: Pick<Facts, 'journal'>, key: string): readonly Entry[] {
  const known = byKey.get(journal) ?? Map.groupBy(journal, (entry) => entry.key);
  byKey.set(journal, known);
  return known.get(key) ?? none;
}

const none: readonly Entry[] = [];

/** The open act of this key: intended, and not known to have happened or not. */
export function openEntry(facts: Pick<Facts, 'journal'>, key: string): Entry | undefined {
  return triesOf(facts, key).find((entry) => entry.outcome === 'Intended');
}

/** How often it was really sent, or may have been. */
export function attempts(facts: Pick<Facts, 'journal'>, key: string): number {
  return triesOf(facts, key).filter((entry) => entry.outcome !== 'NotSent').length;
}

export function lastEntry(facts: Pick<Facts, 'journal'>, key: string): Entry | undefined {
  return triesOf(facts, key).findLast((entry) => entry.outcome !== 'NotSent');
}
