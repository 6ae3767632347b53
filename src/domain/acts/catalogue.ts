/** Every harmful act, once. What is sent, objected to and read back is looked up here by its kind. */

import type { ActKind, Settled } from '../kernel/actKind.ts';
import type { Act, Facts } from '../xapi/facts.ts';
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

/** The newest act that told that the target lives, and who found that out. */
export function toldOfLife({ acts, target }: Facts): { readonly act: Act; readonly by: string } | undefined {
  for (const act of acts.toReversed()) {
    const [kind = '', subject = ''] = act.key.split(' ');
    const by = subject === target.hostUUID ? kindOf(kind).tellsOfLife?.(act) : undefined;
    if (by !== undefined) return { act, by };
  }
  return undefined;
}

/** How an act ended. Between Proven and NotDone it stays open, and nothing is repeated. */
export function settle(act: Act, facts: Facts): Settled {
  const [kind = '', subject = ''] = act.key.split(' ');
  return kindOf(kind).shows(act, subject, facts);
}

/** The journal is only ever written from this catalogue. */
function kindOf(kind: string): ActKind {
  return catalogue[kind as Effect['kind']] as ActKind;
}
