import { isReleased } from '../guards/poolHealth.ts';
import type { ActKind } from '../kernel/actKind.ts';
import type { Facts } from '../xapi/facts.ts';
import type { ActOf } from './act.ts';
import { isOver } from './isOver.ts';

const mayRunForMs = 300_000;

/** The pool lets go of a member: host.declare_dead. */
export const declareDead: ActKind<ActOf<'declareDead'>, Facts> = {
  risk: 'Disruptive',
  mayRunForMs,
  longestPauseMs: 5 * 60_000,
  isAboutHost: true,
  // What speaks against it stands in the guards of its step.
  objection: () => undefined,
  // The pool makes a contact of its own before it lets go of a member, and refuses when it reaches it.
  tellsOfLife: ({ says }) =>
    says?.includes('HOST_IS_LIVE') === true
      ? 'the pool refused to declare it dead because it could reach it (HOST_IS_LIVE)'
      : undefined,
  shows: (entry, hostUUID, facts) => {
    if (facts.pool.kind === 'unknown' || facts.pool.atMs <= entry.sinceMs) return 'open';
    const released = isReleased(facts.pool.value, hostUUID);
    if (entry.reply !== undefined && entry.reply !== 'lost' && released) return 'Proven';
    // Whatever the reply was, or if it never came: the pool may still be resetting one virtual machine after the other, or
    // running its hook, and a failure that was made up on the way would let it be asked twice.
    if (!isOver(entry, { task: 'host.declare_dead', mayRunForMs }, facts)) return 'open';
    return released ? 'Proven' : 'NotDone';
  },
};
