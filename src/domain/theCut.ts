/**
 * What the cutting of the power has done to the other members. A machine that falls silent in the moment in which another
 * one is cut is the one that was really cut.
 */
import { lastAct } from './acts.ts';
import { effectKey } from './effects.ts';
import type { Facts } from './facts.ts';

export interface Cut {
  /** Monotonic: when it was sent. */
  readonly sentMs: number;
  /** Monotonic: after this the machine that was cut answers no more. */
  readonly doneMs: number;
  readonly atWallMs: number;
}

/** The newest cut that this request sent, or may have sent. */
export function cutOf(facts: Facts): Cut | undefined {
  const { hostUUID, serial = '' } = facts.target;
  const act = lastAct(facts, effectKey({ kind: 'cutPower', hostUUID, serial }));
  if (act === undefined) return undefined;
  // Until the controller said off the machine may have gone on answering.
  const off = facts.powerReadings.find((reading) => reading.power === 'off' && reading.atMs > act.sinceMs);
  return { sentMs: act.sinceMs, doneMs: off?.atMs ?? act.sinceMs, atWallMs: act.atWallMs };
}

/**
 * A member did not answer before the cut either, so its silence says nothing about it. Both clocks have to agree: the
 * monotonic one knows nothing of the time before a restart, and the wall clock may jump.
 */
export function wasSilentBefore(cut: Cut, since: { readonly ms: number; readonly wallMs: number }): boolean {
  return since.ms < cut.sentMs && since.wallMs < cut.atWallMs;
}

/** The sentence about a member that fell silent when the power was cut, or undefined. It holds for good. */
export function wrongCut(facts: Facts): string | undefined {
  const cut = cutOf(facts);
  if (cut === undefined) return undefined;
  for (const [uuid, since] of facts.silentSince) {
    if (uuid === facts.target.hostUUID || wasSilentBefore(cut, since)) continue;
    const name = facts.hosts.get(uuid)?.name ?? uuid;
    return `${name} fell silent when the power of ${facts.target.name} was cut, so the wrong machine may have been cut, and ${facts.target.name} may still run. Look which of the two has power.`;
  }
  return undefined;
}
