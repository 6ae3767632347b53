/** What is known of acts that were begun: whether one is still open, and how often it was tried. */
import type { Act, Facts } from '../facts.ts';

/** The open act of this key: intended, and not known to have happened or not. */
export function openAct(facts: Facts, key: string): Act | undefined {
  return facts.acts.find((act) => act.key === key && act.outcome === 'Intended');
}

/** How often it was really sent, or may have been. */
export function attempts(facts: Facts, key: string): number {
  return facts.acts.filter((act) => act.key === key && act.outcome !== 'NotSent').length;
}

export function lastAct(facts: Facts, key: string): Act | undefined {
  return facts.acts.findLast((act) => act.key === key && act.outcome !== 'NotSent');
}
