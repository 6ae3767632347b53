/**
 * What can be read of the outside for a decision, beside what is always followed (the pool's database, the answers of
 * members, the power). Described and not performed; whoever wants to know something says so, and nobody gathers for it.
 */
import type { Reading } from '../kernel/reading.ts';

export type Read =
  /** Who holds the disks on these storage repositories. */
  | { readonly kind: 'locks'; readonly srUUIDs: readonly string[]; readonly withinMs: number }
  /** What the pool itself counts as free. */
  | { readonly kind: 'freeMemory'; readonly hostUUID: string }
  /** The record of a virtual machine, as it is now. */
  | { readonly kind: 'record'; readonly vmUUID: string }
  /** Its record, the locks of its disks, and whether the host would take it. */
  | { readonly kind: 'readiness'; readonly vmUUID: string; readonly hostUUID: string }
  /** Whether it serves. */
  | { readonly kind: 'serving'; readonly vmUUID: string }
  /** That the event stream of the pool is current: while nothing happens there it is silent, and what it told grows old. */
  | { readonly kind: 'stream' };

const readWithinMs = 8_000;
/** A pool may have ten thousand disks, and nothing waits for these but the plan. */
const allLocksWithinMs = 30_000;

/** Where a decision may wait for the answer, and where only a plan does. */
export const withinMs = { decision: readWithinMs, plan: allLocksWithinMs } as const;

/** It is read again when half of the time has passed for which it counts, so that no act has to wait for it. */
export function isAging(reading: Reading<unknown> | undefined, oldestMs: number, nowMs: number): boolean {
  return reading?.kind !== 'known' || nowMs - reading.atMs > oldestMs / 2;
}
