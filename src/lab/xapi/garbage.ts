import type { Database } from '../belief/database.ts';
import { endSession, type Member, type Pool } from './pool.ts';

const taskKeptMs = 65 * 60_000;
const sessionKeptMs = 24 * 3600_000;

/** What the master tidies every 30 s: rows of forgotten hosts, old tasks, idle sessions. */
export function collectGarbage(
  pool: Pool,
  { member, database }: { readonly member: Member; readonly database: Database },
): void {
  const metricsInUse = new Set<string>();
  for (const [, host] of database.rows('host')) metricsInUse.add(host.metrics);
  for (const [ref] of [...database.rows('host_metrics')]) {
    if (!metricsInUse.has(ref)) database.remove('host_metrics', ref);
  }
  for (const [ref, pbd] of [...database.rows('PBD')]) {
    if (database.get('host', pbd.host) === undefined) removePbd(database, ref, pbd.SR);
  }
  const now = pool.time.lab.monotonicMs();
  for (const [ref, finishedMs] of [...member.finishedTasks]) {
    if (now - finishedMs < taskKeptMs) continue;
    database.remove('task', ref);
    member.finishedTasks.delete(ref);
  }
  for (const session of [...member.sessions.values()]) {
    if (now - session.lastActiveMs > sessionKeptMs) endSession(member.sessions, session.ref);
  }
}

function removePbd(database: Database, ref: string, sr: string): void {
  database.remove('PBD', ref);
  const record = database.get('SR', sr);
  if (record !== undefined) {
    database.update('SR', sr, { PBDs: record.PBDs.filter((each) => each !== ref) });
  }
}
