import type { Database } from '../belief/database.ts';
import type { Member, Pool } from './pool.ts';

/** How one toolstack fares when it calls another over the management network. */
export type Contact = 'answers' | 'refused' | 'silent';

export function look(pool: Pool, from: Member, to: Member): Contact {
  if (from === to) return to.toolstack === 'running' ? 'answers' : 'refused';
  if (to.machine.operatingSystem !== 'up') return 'silent';
  if (!pool.network.reaches(from.identity.name, to.identity.name, 'management')) return 'silent';
  return to.toolstack === 'running' ? 'answers' : 'refused';
}

/**
 * Calls another toolstack. XAPI sets no limit of its own, so a machine that neither answers nor refuses holds the
 * caller until TCP gives up.
 */
export async function contact(pool: Pool, from: Member, to: Member): Promise<Contact> {
  const first = look(pool, from, to);
  if (first !== 'silent') return first;
  await pool.time.pause(pool.latencies.blackHoleMs);
  return look(pool, from, to) === 'answers' ? 'answers' : 'silent';
}

/**
 * The only guard in host.destroy, host.declare_dead and VM.power_state_reset. `live=false` is taken as definitive
 * without asking; with `live=true` any failed contact counts as death. It proves nothing. The master, asked about
 * itself, is alive.
 */
export async function isHostAlive(
  pool: Pool,
  { master, database, host }: { readonly master: Member; readonly database: Database; readonly host: string },
): Promise<boolean> {
  const record = database.get('host', host);
  if (record === undefined) return false;
  if (database.get('host_metrics', record.metrics)?.live !== true) return false;
  const target = pool.members.find((each) => each.identity.hostRef === host);
  return target !== undefined && (await contact(pool, master, target)) === 'answers';
}

export function isLive(database: Database, host: string): boolean {
  return database.get('host_metrics', database.get('host', host)?.metrics ?? '')?.live === true;
}

export function setLive(database: Database, host: string, live: 'live' | 'notLive'): void {
  const metrics = database.get('host', host)?.metrics;
  if (metrics === undefined || isLive(database, host) === (live === 'live')) return;
  database.update('host_metrics', metrics, { live: live === 'live' });
}
