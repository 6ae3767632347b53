/** Every harmful act, once. What is sent, objected to and read back is looked up here by its kind. */
import type { Act, Facts } from '../facts.ts';
import type { ActKind, Settled } from './actKind.ts';
import { cutPower } from './cutPower.ts';
import { declareDead } from './declareDead.ts';
import type { Effect } from './effects.ts';
import { removeLock } from './removeLock.ts';
import { start } from './start.ts';

export const catalogue: { readonly [K in Effect['kind']]: ActKind<K> } = {
  cutPower,
  declareDead,
  removeLock,
  start,
};

/** Why this one must not be sent now, although its step may act. */
export function objectionTo(effect: Effect, now: Facts): string | undefined {
  return (catalogue[effect.kind] as ActKind).objection(effect, now);
}

/** How an act ended. Between Proven and NotDone it stays open, and nothing is repeated. */
export function settle(act: Act, facts: Facts): Settled {
  const [kind = '', subject = ''] = act.key.split(' ');
  // The journal is only ever written from this catalogue.
  return catalogue[kind as Effect['kind']].shows(act, subject, facts);
}
