import type { ActKind } from '../kernel/actKind.ts';
import { hadItsTime } from './isOver.ts';

const mayRunForMs = 30_000;

/** The lock of the target is taken off one disk: VDI.remove_from_sm_config. */
export const removeLock: ActKind<'removeLock'> = {
  mayRunForMs,
  longestPauseMs: 5 * 60_000,
  objection: ({ hostRef }, now) =>
    hostRef === now.plan?.hostRef ? undefined : 'The lock is not one of the target.',
  shows: (entry, vdiUUID, facts) => {
    if (facts.locks.kind === 'unknown' || facts.locks.atMs <= entry.sinceMs) return 'open';
    const disk = facts.locks.value.find((candidate) => candidate.vdiUUID === vdiUUID);
    if (facts.plan === undefined || disk?.heldBy.has(facts.plan.hostRef) !== true) return 'Proven';
    return entry.reply === 'failed' || hadItsTime(entry, mayRunForMs, facts) ? 'NotDone' : 'open';
  },
};
