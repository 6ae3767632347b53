import { toldOfLife } from '../../domain/acts/catalogue.ts';
import { cutOf, mayHaveBeenCut, wrongCut } from '../../domain/fence/theCut.ts';
import { aboutHost, type Facts } from '../../domain/xapi/facts.ts';
import type { Subject } from './subject.ts';

/** What only a recovery learns about a machine and its controller is passed on to the Host, where it outlives the request. */
export function tellHosts(subject: Subject, facts: Facts): void {
  for (const hostUUID of subject.procedure.provenOff(facts)) {
    const about = aboutHost(facts, hostUUID);
    if (about !== undefined) tell(subject, hostUUID, about);
  }
}

function tell({ session }: Subject, hostUUID: string, facts: Facts): void {
  const cut = cutOf(facts);
  const wrong = wrongCut(facts);
  // Dated by the cut: a person who has dealt with it since is not asked again after each restart.
  if (wrong !== undefined) session.signs.holdAgainst(hostUUID, wrong, cut?.atWallMs ?? 0);
  const { pool } = facts;
  const isOpen =
    cut !== undefined && (pool.kind === 'unknown' || mayHaveBeenCut(cut, facts, pool.value) !== undefined);
  session.signs.powerWasCut(hostUUID, isOpen ? cut : undefined);
  const told = toldOfLife(facts);
  const heard = facts.target.lastSignOfLife?.atMs;
  if (told !== undefined && (heard === undefined || heard < told.entry.sinceMs))
    session.signs.heardByOthers(hostUUID, told.by, told.entry.sinceMs);
}
