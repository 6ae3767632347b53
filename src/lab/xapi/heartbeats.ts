import type { Database } from '../belief/database.ts';
import { look, setLive } from './contact.ts';
import { collectGarbage } from './garbage.ts';
import { afterInLife, type Member, masterOf, type Pool, wallOf } from './pool.ts';
import { adoptUnknownToDatabase } from './reconcile.ts';

/** host_heartbeat_interval; the master looks over the database as often. */
export const heartbeatEveryMs = 30_000;
/** host_assumed_dead_interval. */
export const assumedDeadAfterMs = 600_000;

/** Slave side: one heartbeat every 30 s, for as long as the toolstack lives. */
export function beatForLife(pool: Pool, member: Member, firstAfterMs: number): void {
  afterInLife(pool, { member, delayMs: firstAfterMs }, () => {
    beat(pool, member);
    beatForLife(pool, member, heartbeatEveryMs);
  });
}

function beat(pool: Pool, member: Member): void {
  if (member.toolstack !== 'running') return;
  const master = masterOf(pool);
  const host = member.identity.hostRef;
  if (master === undefined || look(pool, member, master.member) !== 'answers') return;
  // A forgotten host that never restarted is simply not listened to.
  if (master.database.get('host', host) === undefined) return;
  const life = lifeOf(master.member);
  if (member.connectedTo !== life) {
    // The master has restarted and disabled everyone; each member enables itself again.
    member.connectedTo = life;
    master.database.update('host', host, { enabled: true });
    adoptUnknownToDatabase(pool, member, master.database);
  }
  hear(pool, master, host);
}

/** A host that is connected to the master tells at once of a domain that it has built; one that is not, with its next beat. */
export function reportDomains(pool: Pool, member: Member): void {
  const master = masterOf(pool);
  if (master !== undefined && member.connectedTo === lifeOf(master.member))
    adoptUnknownToDatabase(pool, member, master.database);
}

export function lifeOf(master: Member): string {
  return `${master.identity.name}/${master.incarnation}`;
}

interface Master {
  readonly member: Member;
  readonly database: Database;
}

function hear(pool: Pool, { member, database }: Master, host: string): void {
  member.heard.set(host, agingClock(pool, member));
  if (pool.habits.liveReturnsWith === 'heartbeat') setLive(database, host, 'live');
  const enabled = database.get('host', host)?.enabled === true;
  if (!enabled && pool.habits.enabledReturnsWith === 'heartbeat') {
    database.update('host', host, { enabled: true });
  }
}

/** 8.2 compares wall clocks, so that a jump of the master's clock ages every heartbeat; newer versions do not. */
export function agingClock(pool: Pool, master: Member): number {
  return pool.version === '8.2' ? wallOf(pool, master) : pool.time.lab.monotonicMs();
}

/** Master side: the database's garbage collection, which also judges liveness. */
export function judgeForLife(pool: Pool, master: Master): void {
  afterInLife(pool, { member: master.member, delayMs: heartbeatEveryMs }, () => {
    judgeLiveness(pool, master);
    collectGarbage(pool, master);
    judgeForLife(pool, master);
  });
}

export function judgeLiveness(pool: Pool, { member, database }: Master): void {
  const now = agingClock(pool, member);
  for (const [host] of [...database.rows('host')]) {
    if (host === member.identity.hostRef) continue;
    const heard = member.heard.get(host);
    if (heard === undefined || now - heard > assumedDeadAfterMs) setLive(database, host, 'notLive');
  }
}
