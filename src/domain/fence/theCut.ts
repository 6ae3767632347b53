/**
 * What the cutting of the power has done to the other members. A machine that falls silent in the moment in which another
 * one is cut is the one that was really cut.
 */

import { actKey } from '../acts/act.ts';
import type { Entry } from '../kernel/facts.ts';
import { triesOf } from '../kernel/tries.ts';
import type { Cut, Facts, Silence } from '../xapi/facts.ts';
import type { PoolBelief } from '../xapi/pool.ts';
import { bootsAtLeastMs } from './trust.ts';

/**
 * All tries to cut the power as one: from the first that was sent to the last that was done. Also those count after which the
 * power was read as on, since a controller that says On may have taken another machine's all the same; and those of an
 * earlier request, which may be cancelled or deleted, as long as it is not known whose power they took.
 */
export function cutOf(facts: Facts): Cut | undefined {
  const { openCut } = facts.target;
  const tries = cutsOf(facts);
  const [first, last] = [tries[0], tries.at(-1)];
  if (first === undefined || last === undefined) return openCut;
  return {
    sentMs: Math.min(first.sinceMs, openCut?.sentMs ?? first.sinceMs),
    doneMs: doneOf(last, facts),
    atWallMs: Math.min(first.atWallMs, openCut?.atWallMs ?? first.atWallMs),
  };
}

/** The newest one that may have worked, as far as its controller says: undefined where the power was read as on after it. */
function newestCut(facts: Facts): Cut | undefined {
  const entry = cutsOf(facts).at(-1);
  if (entry === undefined) return facts.target.openCut;
  if (entry.outcome === 'NotDone') return undefined;
  return { sentMs: entry.sinceMs, doneMs: doneOf(entry, facts), atWallMs: entry.atWallMs };
}

function cutsOf(facts: Facts): readonly Entry[] {
  const key = actKey({ kind: 'cutPower', hostUUID: facts.target.hostUUID });
  return triesOf(facts, key).filter((entry) => entry.outcome !== 'NotSent');
}

/** Until the controller said off the machine may have gone on answering. */
function doneOf(entry: Entry, { nowMs }: Facts): number {
  return entry.endedMs ?? (entry.outcome === 'Intended' ? nowMs : entry.sinceMs);
}

/**
 * A member did not answer before the cut either, so its silence says nothing about it. Both clocks have to agree: the
 * monotonic one knows nothing of the time before a restart, and the wall clock may jump.
 */
export function wasSilentBefore(cut: Cut, since: Silence): boolean {
  return since.ms < cut.sentMs && since.wallMs < cut.atWallMs;
}

/** It has answered a question that was asked after the power was off, whatever became of it later. */
export function answeredAfter(cut: Cut, since: Silence): boolean {
  return since.lastAnswerMs !== undefined && since.lastAnswerMs > cut.doneMs;
}

/** The name of a member that may be the one that was cut: it has not answered after it, and was not silent before. */
export function mayHaveBeenCut(cut: Cut, facts: Facts, pool: PoolBelief): string | undefined {
  for (const host of pool.hosts.values()) {
    // One in Maintenance may be the machine that was cut as well. Members that nobody declared stop a recovery elsewhere.
    if (host.uuid === facts.target.hostUUID || !facts.hosts.has(host.uuid)) continue;
    const since = facts.silentSince.get(host.uuid);
    if (since !== undefined && (wasSilentBefore(cut, since) || answeredAfter(cut, since))) continue;
    const answer = facts.answers.get(host.uuid);
    if (since !== undefined || answer?.kind !== 'known' || answer.atMs <= cut.doneMs) return host.name;
  }
  return undefined;
}

/** Members are asked every few seconds during a recovery, so a machine that was cut is missed within this. */
const missedWithinMs = 60_000;

/**
 * The sentence about a member that fell silent in the moment of the cut and has not answered since, or undefined. It holds
 * for good. One that falls silent later has another reason for it.
 */
export function wrongCut(facts: Facts): string | undefined {
  // A try that did nothing, by what its controller says, holds nothing against it; whoever may have been cut is waited for.
  const cut = newestCut(facts);
  if (cut === undefined) return undefined;
  for (const [uuid, since] of facts.silentSince) {
    if (uuid === facts.target.hostUUID || wasSilentBefore(cut, since) || answeredAfter(cut, since)) continue;
    if (since.ms > cut.doneMs + missedWithinMs) continue;
    // After a restart only the wall clock tells whether it fell silent then.
    if (since.lastAnswerMs === undefined && since.wallMs > cut.atWallMs + 2 * missedWithinMs) continue;
    // A toolstack that is restarted in this moment answers again sooner than a machine that was cut could.
    if (facts.nowMs - since.ms < bootsAtLeastMs) continue;
    const name = facts.hosts.get(uuid)?.name ?? uuid;
    return `${name} fell silent when the power of ${facts.target.name} was cut, so the wrong machine may have been cut, and ${facts.target.name} may still run. Check which of the two machines has power.`;
  }
  return undefined;
}
