/** Every harmful act, once. What is sent, objected to and read back is looked up here by its kind. */

import type { ActKind, Settled } from '../kernel/actKind.ts';
import type { Entry, Facts } from '../xapi/facts.ts';
import type { Act } from './act.ts';
import { cutPower } from './cutPower.ts';
import { declareDead } from './declareDead.ts';
import { removeLock } from './removeLock.ts';
import { start } from './start.ts';

export const catalogue: { readonly [K in Act['kind']]: ActKind<K> } = {
  cutPower,
  declareDead,
  removeLock,
  start,
};

/** Why this one must not be sent now, although its step may act. */
export function objectionTo(act: Act, now: Facts): string | undefined {
  return (catalogue[act.kind] as ActKind).objection(act, now);
}

/** The newest act that told that the target lives, and who found that out. */
export function toldOfLife({
  journal,
  target,
}: Facts): { readonly entry: Entry; readonly by: string } | undefined {
  for (const entry of journal.toReversed()) {
    const [kind = '', subject = ''] = entry.key.split(' ');
    const by = subject === target.hostUUID ? kindOf(kind).tellsOfLife?.(entry) : undefined;
    if (by !== undefined) return { entry, by };
  }
  return undefined;
}

/** How an act ended. Between Proven and NotDone it stays open, and nothing is repeated. */
export function settle(entry: Entry, facts: Facts): Settled {
  const [kind = '', subject = ''] = entry.key.split(' ');
  return kindOf(kind).shows(entry, subject, facts);
}

/** The journal is only ever written from this catalogue. */
function kindOf(kind: string): ActKind {
  return catalogue[kind as Act['kind']] as ActKind;
}
