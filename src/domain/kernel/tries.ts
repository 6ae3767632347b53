/** What is known of acts that were begun: whether one is still open, and how often it was tried. */
import type { Act, Facts } from '../xapi/facts.ts';

/** Only speed: each of thousands of virtual machines asks for its own acts at every look. */
const byKey = new WeakMap<readonly Act[], ReadonlyMap<string, readonly Act[]>>();

/** All acts of this key, oldest first. */
export function triesOf({ acts }: Pick<Facts, 'acts'>, key: string): readonly Act[] {
  const known = byKey.get(acts) ?? Map.groupBy(acts, (act) => act.key);
  byKey.set(acts, known);
  return known.get(key) ?? none;
}

const none: readonly Act[] = [];

/** The open act of this key: intended, and not known to have happened or not. */
export function openAct(facts: Pick<Facts, 'acts'>, key: string): Act | undefined {
  return triesOf(facts, key).find((act) => act.outcome === 'Intended');
}

/** How often it was really sent, or may have been. */
export function attempts(facts: Pick<Facts, 'acts'>, key: string): number {
  return triesOf(facts, key).filter((act) => act.outcome !== 'NotSent').length;
}

export function lastAct(facts: Pick<Facts, 'acts'>, key: string): Act | undefined {
  return triesOf(facts, key).findLast((act) => act.outcome !== 'NotSent');
}
