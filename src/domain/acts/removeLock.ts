import type { ActKind } from '../kernel/actKind.ts';
import { type Facts, pinnedRef } from '../xapi/facts.ts';
import type { ActOf } from './act.ts';
import { hadItsTime } from './isOver.ts';

const mayRunForMs = 30_000;

/** The lock of the target is taken off one disk: VDI.remove_from_sm_config. */
export const removeLock: ActKind<ActOf<'removeLock'>, Facts> = {
  risk: 'Disruptive',
  mayRunForMs,
  longestPauseMs: 5 * 60_000,
  objection: ({ hostRef }, now) =>
    hostRef === pinnedRef(now) ? undefined : 'The lock is not one of the target.',
  shows: (entry, vdiUUID, facts) => {
    if (facts.locks.kind === 'unknown' || facts.locks.atMs <= entry.sinceMs) return 'open';
    const disk = facts.locks.value.find((candidate) => candidate.vdiUUID === vdiUUID);
    const hostRef = pinnedRef(facts);
    if (hostRef === undefined || disk?.heldBy.has(hostRef) !== true) return 'Proven';
    return entry.reply === 'failed' || hadItsTime(entry, mayRunForMs, facts) ? 'NotDone' : 'open';
  },
};
