/** Every harmful act, once. What is sent, objected to and read back is looked up here by its kind. */
import type { ActKind, Settled } from '../kernel/actKind.ts';
import type { Entry } from '../kernel/facts.ts';
import { greatest, type Risk } from '../kernel/risk.ts';
import { aboutHost, type Facts } from '../xapi/facts.ts';
import { type Act, type ActOf, targetOfAct } from './act.ts';
import { cutPower } from './cutPower.ts';
import { declareDead } from './declareDead.ts';
import { removeLock } from './removeLock.ts';
import { start } from './start.ts';

export const catalogue: { readonly [K in Act['kind']]: ActKind<ActOf<K>, Facts> } = {
  cutPower,
  declareDead,
  removeLock,
  start,
};

/** The risk of a step is the greatest of the acts that it may decide on. */
export function riskOf({ acts }: { readonly acts: readonly Act['kind'][] }): Risk {
  return greatest(acts.map((kind) => catalogue[kind].risk));
}

/** Why this one must not be sent now, although its step may act. */
export function objectionTo(act: Act, now: Facts): string | undefined {
  const about = factsFor(act.kind, targetOfAct(act), now);
  return about === undefined
    ? 'The act is about another host than the target.'
    : kindOf(act.kind).objection(act, about);
}

/** The newest act that told that the target lives, and who found that out. */
export function toldOfLife({
  journal,
  target,
}: Pick<Facts, 'journal' | 'target'>): { readonly entry: Entry; readonly by: string } | undefined {
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
  const about = factsFor(kind, subject, facts);
  return about === undefined ? 'open' : kindOf(kind).shows(entry, subject, about);
}

/** Undefined where the act is about a host that this recovery is not about. */
function factsFor(kind: string, subject: string, facts: Facts): Facts | undefined {
  return kindOf(kind).isAboutHost === true ? aboutHost(facts, subject) : facts;
}

/** The journal is only ever written from this catalogue. */
function kindOf(kind: string): ActKind<Act, Facts> {
  return catalogue[kind as Act['kind']] as ActKind<Act, Facts>;
}
