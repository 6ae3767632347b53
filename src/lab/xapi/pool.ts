import type { Cancel } from '../../ports/clock.ts';
import type { Database } from '../belief/database.ts';
import type { LabDocument, LabMember } from '../document.ts';
import type { FaultBook } from '../faultBook.ts';
import type { Oracle } from '../oracle.ts';
import type { Seeded } from '../seeded.ts';
import type { Habits, Latencies, XapiVersion } from '../settings.ts';
import type { LabTime } from '../world/labTime.ts';
import type { Machine } from '../world/machines.ts';
import type { LabNetwork } from '../world/network.ts';
import type { Physics } from '../world/physics.ts';
import type { Migrations } from './migration.ts';

/** Everything that the toolstacks of one pool share: the world they stand in, and each other. */
export interface Pool {
  readonly document: LabDocument;
  /** By the UUID of a member or a virtual machine. */
  readonly labNames: ReadonlyMap<string, string>;
  readonly version: XapiVersion;
  readonly latencies: Latencies;
  readonly habits: Habits;
  readonly seeded: Seeded;
  readonly time: LabTime;
  readonly network: LabNetwork;
  readonly physics: Physics;
  readonly oracle: Oracle;
  readonly faults: FaultBook;
  readonly migrations: Migrations;
  readonly poolRef: string;
  readonly members: readonly Member[];
  /** Machines that belong to no pool. */
  readonly outsiders: readonly Machine[];
  /** Empty: what calls work on that need no pool database, on members that have none. */
  readonly nobodysDatabase: Database;
  /** Numbers for references made while the lab runs. */
  nextNumber(): number;
  /** Told of a rejection that nobody waits for: always a bug of the lab. */
  broke(error: unknown): void;
  /** Called when a toolstack went up or down. */
  presenceChanged(): void;
}

/** One member's toolstack. What it believes of the pool is in the database, which only the master holds. */
export interface Member {
  readonly identity: LabMember;
  readonly machine: Machine;
  /** Of the daemon that tells the pool how much memory is free. `down`: its last word stands; `neverUp`: 0. */
  statistics: 'up' | 'down' | 'neverUp';
  toolstack: 'running' | 'emergency' | 'starting' | 'down';
  /** Rises with each death of the toolstack: work begun before it is lost. */
  incarnation: number;
  /** Its toolstack has started in a pool that has no record of it any more, and does so again and again. */
  forgotten: boolean;
  /** Why it is in emergency mode: code and parameters. */
  emergency: readonly [string, ...string[]];
  /** Its pool.conf: the master's address, or undefined when it is the master. */
  masterAddress: string | undefined;
  /** Of a second master in a split pool: the address of the first one. */
  splitFrom: string | undefined;
  /** The pool database, which the master holds. */
  database: Database | undefined;
  /** Of the master: sessions of clients. Gone with the toolstack. */
  readonly sessions: Map<string, Session>;
  /** Sessions of slave_local_login_with_password. */
  readonly localSessions: Map<string, Session>;
  /** Of the master: when each host was last heard, on the clock that its version goes by. */
  readonly heard: Map<string, number>;
  /** Of the master: tasks that have ended, and when (lab monotonic milliseconds). */
  readonly finishedTasks: Map<string, number>;
  /** Of a slave: `name/incarnation` of the master that it is connected to. */
  connectedTo: string | undefined;
  /** Disks that are being opened for a domain that is not built yet. */
  readonly opening: Set<string>;
  /** Timers of this toolstack's life; cancelled when it ends. */
  readonly timers: Set<Cancel>;
  /** Told when the toolstack dies: requests that it was working on break off. */
  readonly mourners: Set<() => void>;
}

export interface Session {
  readonly ref: string;
  readonly uuid: string;
  readonly user: string;
  readonly originator: string;
  lastActiveMs: number;
  /** Calls that wait under this session are told when it ends. */
  readonly whenEnded: Set<() => void>;
}

/** Ends a session, and with it what waits under it. */
export function endSession(sessions: Map<string, Session>, ref: string): void {
  const session = sessions.get(ref);
  sessions.delete(ref);
  for (const tell of [...(session?.whenEnded ?? [])]) tell();
}

/** The one member that is master and holds the database; its toolstack may be down. A second one of a split pool is not. */
export function masterOf(pool: Pool): { readonly member: Member; readonly database: Database } | undefined {
  for (const member of pool.members) {
    if (
      member.masterAddress === undefined &&
      member.splitFrom === undefined &&
      member.database !== undefined
    ) {
      return { member, database: member.database };
    }
  }
  return undefined;
}

export function memberByRef(pool: Pool, hostRef: string): Member | undefined {
  return pool.members.find((each) => each.identity.hostRef === hostRef);
}

/** The lab's own name of a member or virtual machine, whatever the pool calls it. */
export function labNameOf({ labNames }: Pool, uuid: string): string {
  return labNames.get(uuid) ?? uuid;
}

/** The member's own wall clock, which a clock jump moves. */
export function wallOf(pool: Pool, member: Member): number {
  return pool.time.lab.wallMs() + member.machine.clockSkewMs;
}

/** Runs once after a while of lab time, unless the toolstack has died by then. */
export function afterInLife(
  pool: Pool,
  { member, delayMs }: { readonly member: Member; readonly delayMs: number },
  run: () => void,
): void {
  const cancel = pool.time.lab.after(delayMs, () => {
    member.timers.delete(cancel);
    run();
  });
  member.timers.add(cancel);
}
