import type { Database } from '../belief/database.ts';
import { nullRef } from '../belief/records.ts';
import { autoPowerOn } from './autoPowerOn.ts';
import { look, setLive } from './contact.ts';
import {
  agingClock,
  beatForLife,
  heartbeatEveryMs,
  judgeForLife,
  judgeLiveness,
  lifeOf,
} from './heartbeats.ts';
import { settleLeftOverKeys } from './leftOverKeys.ts';
import { afterInLife, type Member, masterOf, type Pool, wallOf } from './pool.ts';
import { reconcileDomains } from './reconcile.ts';

const emergencyRetryMs = 5_000;
const unknownHostRetryMs = 60_000;
const enabledAfterMs = 8_000;
const crashesAfterMs = 6_000;
const restartedAfterMs = 2_000;

/** Whether the toolstack starts because its machine has booted or on its own. */
export type StartedBy = 'boot' | 'itself';

/** The process dies without a word. Its sessions and tasks are gone, its machine's domains run on. */
export function endToolstack(pool: Pool, member: Member): void {
  if (member.toolstack === 'down') return;
  member.incarnation += 1;
  member.toolstack = 'down';
  for (const cancel of member.timers) cancel();
  member.timers.clear();
  member.sessions.clear();
  member.localSessions.clear();
  member.heard.clear();
  member.finishedTasks.clear();
  member.connectedTo = undefined;
  if (member.database !== undefined) {
    for (const [ref] of [...member.database.rows('task')]) member.database.remove('task', ref);
  }
  for (const mourn of [...member.mourners]) mourn();
  pool.presenceChanged();
}

/** The init script's stop: a slave tells the master that it is shutting down, and is "not live" at once. */
export function stopToolstack(pool: Pool, member: Member): void {
  const master = masterOf(pool);
  if (member.toolstack === 'running' && master !== undefined && master.member !== member) {
    if (look(pool, member, master.member) === 'answers') {
      setLive(master.database, member.identity.hostRef, 'notLive');
    }
  }
  endToolstack(pool, member);
}

export function startToolstack(pool: Pool, member: Member, by: StartedBy): void {
  if (member.toolstack !== 'down' || member.machine.operatingSystem !== 'up') return;
  member.toolstack = 'starting';
  pool.presenceChanged();
  afterInLife(pool, { member, delayMs: pool.latencies.toolstackStartMs }, () => {
    const { database } = member;
    if (database !== undefined && member.masterAddress === undefined)
      comeUpAsMaster(pool, { member, database }, by);
    else sayHello(pool, member, by);
    pool.presenceChanged();
  });
}

interface Master {
  readonly member: Member;
  readonly database: Database;
}

/** What every toolstack does that has been running all along when the lab starts. */
export function continueToolstack(pool: Pool, member: Member): void {
  const master = masterOf(pool);
  if (master === undefined) throw new Error('the lab starts with a master');
  member.toolstack = 'running';
  if (member === master.member) {
    judgeForLife(pool, master);
    return;
  }
  member.connectedTo = lifeOf(master.member);
  master.member.heard.set(member.identity.hostRef, agingClock(pool, master.member));
  beatForLife(pool, member, heartbeatEveryMs * pool.seeded.fraction(`heartbeat/${member.identity.name}`));
}

function comeUpAsMaster(pool: Pool, master: Master, by: StartedBy): void {
  const { member, database } = master;
  const own = member.identity.hostRef;
  member.toolstack = 'running';
  for (const [ref, vm] of [...database.rows('VM')]) {
    const idle =
      vm.scheduled_to_be_resident_on === nullRef && Object.keys(vm.current_operations).length === 0;
    if (!idle) {
      database.update('VM', ref, { current_operations: {}, scheduled_to_be_resident_on: nullRef });
    }
  }
  for (const [host] of [...database.rows('host')]) {
    database.update('host', host, { enabled: false });
    if (host === own) continue;
    if (pool.version === '8.2') continue;
    // Newer versions give every host a fresh 600 s, also one that has been dead for days.
    member.heard.set(host, agingClock(pool, member));
    setLive(database, host, 'live');
  }
  setLive(database, own, 'live');
  noteStart(pool, member, database);
  // 8.2 makes its first pass with an empty table: nobody has been heard, so nobody is live.
  judgeLiveness(pool, master);
  reconcileDomains(pool, member, database);
  settleLeftOverKeys(pool, member, database);
  enableSoon(pool, member, () => {
    database.update('host', own, { enabled: true });
    if (by === 'boot') autoPowerOn(pool, { member, master: member }, database);
  });
  judgeForLife(pool, master);
}

/** Pool.hello, repeated until the master takes it. Until then the toolstack is in emergency mode. */
function sayHello(pool: Pool, member: Member, by: StartedBy): void {
  const master = masterOf(pool);
  const host = member.identity.hostRef;
  if (master === undefined || look(pool, member, master.member) !== 'answers') {
    remainInEmergency(pool, member, { why: ['HOST_STILL_BOOTING'], retryMs: emergencyRetryMs, by });
    return;
  }
  const { database } = master;
  if (database.get('host', host) === undefined) {
    const why = ['HOST_UNKNOWN_TO_MASTER', member.identity.hostUUID] as const;
    if (pool.habits.forgottenMember === 'crashLoops') crashAgainAndAgain(pool, member, by);
    else remainInEmergency(pool, member, { why, retryMs: unknownHostRetryMs, by });
    return;
  }
  member.toolstack = 'running';
  member.forgotten = false;
  member.connectedTo = lifeOf(master.member);
  master.member.heard.set(host, agingClock(pool, master.member));
  setLive(database, host, 'live');
  noteStart(pool, member, database);
  reconcileDomains(pool, member, database);
  settleLeftOverKeys(pool, member, database);
  enableSoon(pool, member, () => {
    database.update('host', host, { enabled: true });
    if (by === 'boot') autoPowerOn(pool, { member, master: master.member }, database);
  });
  beatForLife(pool, member, heartbeatEveryMs);
  pool.presenceChanged();
}

/** A host that answers again is not ready yet: it enables itself when everything else of its start is done. */
function enableSoon(pool: Pool, member: Member, enable: () => void): void {
  afterInLife(pool, { member, delayMs: enabledAfterMs }, enable);
}

/**
 * A toolstack that starts in a pool that has forgotten its host answers as a slave for some seconds, local logins too, then
 * dies over a start-up step that fails, before it says hello, and is started again. Its domains write on all the while.
 */
function crashAgainAndAgain(pool: Pool, member: Member, by: StartedBy): void {
  member.toolstack = 'running';
  member.forgotten = true;
  afterInLife(pool, { member, delayMs: crashesAfterMs }, () => {
    endToolstack(pool, member);
    const { incarnation } = member;
    pool.time.lab.after(restartedAfterMs, () => {
      if (member.incarnation !== incarnation || member.toolstack !== 'down') return;
      if (member.machine.operatingSystem === 'up') sayHello(pool, member, by);
      pool.presenceChanged();
    });
  });
}

interface Emergency {
  readonly why: readonly [string, ...string[]];
  readonly retryMs: number;
  readonly by: StartedBy;
}

function remainInEmergency(pool: Pool, member: Member, { why, retryMs, by }: Emergency): void {
  member.toolstack = 'emergency';
  member.emergency = why;
  afterInLife(pool, { member, delayMs: retryMs }, () => sayHello(pool, member, by));
}

function noteStart(pool: Pool, member: Member, database: Database): void {
  const record = database.get('host', member.identity.hostRef);
  if (record === undefined) return;
  const seconds = Math.floor(wallOf(pool, member) / 1000);
  database.update('host', member.identity.hostRef, {
    other_config: { ...record.other_config, agent_start_time: `${seconds}.` },
  });
}
