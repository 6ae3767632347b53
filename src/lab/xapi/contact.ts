import type { Database } from '../belief/database.ts';
import { type Failed, failed } from './outcome.ts';
import { type Member, masterOf, type Pool } from './pool.ts';

/** How one toolstack fares when it calls another over the management network. */
export type Contact = 'answers' | 'refused' | 'silent';

export function look(pool: Pool, from: Member, to: Member): Contact {
  if (from === to) return to.toolstack === 'running' ? 'answers' : 'refused';
  if (to.machine.operatingSystem !== 'up') return 'silent';
  if (!pool.network.reaches(from.identity.name, to.identity.name, 'management')) return 'silent';
  return to.toolstack === 'running' ? 'answers' : 'refused';
}

/** Whether a toolstack can ask the master, and with it the database. */
export function asksMaster(pool: Pool, member: Member): boolean {
  const master = masterOf(pool);
  return master !== undefined && look(pool, member, master.member) === 'answers';
}

const attempts = 10;
/** Of an attempt at a member that is silent, the part that is a pause: 10 s of 13.1. One that refuses takes the pause alone. */
const pauseShare = 10 / 13.1;

/**
 * Hands a call on to another toolstack. XAPI tries ten times to get a connection that answers, and pauses after each
 * try, so a member that is gone holds the caller for two minutes; one that comes back meanwhile is reached at the next try.
 */
async function forward(pool: Pool, from: Member, to: Member): Promise<Contact> {
  const attemptMs = pool.latencies.forwardedCallMs / attempts;
  let found: Contact = 'silent';
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    found = look(pool, from, to);
    if (found === 'answers') return found;
    await pool.time.pause(found === 'silent' ? attemptMs : attemptMs * pauseShare);
  }
  return found;
}

/** What a call that has to be handed on to a host fails with, or undefined when the host answers. */
export async function failToReach(
  pool: Pool,
  { master, database, host }: { readonly master: Member; readonly database: Database; readonly host: string },
): Promise<Failed | undefined> {
  const target = pool.members.find((each) => each.identity.hostRef === host);
  if (target === master) return undefined;
  if (!isLive(database, host)) return failed('HOST_OFFLINE', host);
  const answer = target === undefined ? 'silent' : await forward(pool, master, target);
  return answer === 'answers' ? undefined : failed('CANNOT_CONTACT_HOST', host);
}

/** The guard's own way, which does not try again: one contact. */
async function contactOnce(pool: Pool, from: Member, to: Member): Promise<Contact> {
  const first = look(pool, from, to);
  if (first !== 'silent') return first;
  await pool.time.pause(pool.latencies.guardContactMs);
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
  return target !== undefined && (await contactOnce(pool, master, target)) === 'answers';
}

export function isLive(database: Database, host: string): boolean {
  return database.get('host_metrics', database.get('host', host)?.metrics ?? '')?.live === true;
}

export function setLive(database: Database, host: string, live: 'live' | 'notLive'): void {
  const metrics = database.get('host', host)?.metrics;
  if (metrics === undefined || isLive(database, host) === (live === 'live')) return;
  database.update('host_metrics', metrics, { live: live === 'live' });
}
