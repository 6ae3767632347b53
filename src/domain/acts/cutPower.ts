import { whatIsDeclared, whatItShows } from '../fence/machineNumbers.ts';
import { showsThisMachine } from '../fence/shownMachine.ts';
import type { ActKind } from '../kernel/actKind.ts';
import type { Facts } from '../xapi/facts.ts';
import type { ActOf } from './act.ts';
import { hadItsTime } from './isOver.ts';

const mayRunForMs = 30_000;

/** The power controller of the target cuts its power (Redfish ForceOff). */
export const cutPower: ActKind<ActOf<'cutPower'>, Facts> = {
  risk: 'Disruptive',
  mayRunForMs,
  // While the power is not cut nothing else can be done, and a controller that was busy is soon well again.
  longestPauseMs: 30_000,
  isAboutHost: true,
  objection: (_, now) => {
    const last = now.powerReadings.at(-1);
    const { declared } = now.identity;
    if (last === undefined) return 'The power that would be cut has not been read.';
    return showsThisMachine(last, declared)
      ? undefined
      : `The power that would be cut is that of ${whatItShows(last)}, not of ${whatIsDeclared(declared)}.`;
  },
  shows: (entry, _, facts) => {
    const last = facts.powerReadings.findLast((reading) => reading.atMs > entry.sinceMs);
    if (last?.power === 'off') return 'Proven';
    return last?.power === 'on' && hadItsTime(entry, mayRunForMs, facts) ? 'NotDone' : 'open';
  },
};
