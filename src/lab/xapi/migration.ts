import type { Database } from '../belief/database.ts';
import { believeRunning } from '../belief/powerState.ts';
import { nullRef } from '../belief/records.ts';
import type { MigrationPoint } from '../steering.ts';
import type { Domain, Machine } from '../world/machines.ts';
import { isOpen } from './activation.ts';
import { asksMaster } from './contact.ts';
import { diskSpecs, giveBackLocks, holdersIn, takeLock } from './locks.ts';
import { labNameOf, type Member, masterOf, memberByRef, type Pool } from './pool.ts';
import { reportMemory } from './statistics.ts';

/**
 * Live migrations that have stopped on their way. The database goes on saying what it said when they began: resident on
 * the source, scheduled on the target, a pool_migrate under way. Where the domain really is depends on how far they came.
 */
export interface Migrations {
  /** Throws a sentence when this virtual machine cannot move so. */
  begin(move: Move): void;
  /** Throws a sentence when no migration of this virtual machine is under way, or it cannot fail any more. */
  end(vmUUID: string, how: 'completes' | 'fails'): void;
  /** One line per migration that hangs. */
  describe(): readonly string[];
  /** The power of a machine is gone: the other end of each of its migrations finds out after a while. */
  machineLost(machine: Machine): void;
}

export interface Move {
  readonly vmUUID: string;
  readonly to: Member;
  readonly stopsWhen: MigrationPoint;
}

/** After so long one end takes the other, which says nothing any more, for gone. */
const peerLostAfterMs = 10_000;

interface UnderWay {
  readonly source: Domain;
  readonly target: Domain;
  readonly from: Member;
  readonly to: Member;
  readonly point: MigrationPoint;
}

export function createMigrations(pool: Pool): Migrations {
  const underWay = new Map<string, UnderWay>();

  const deactivate = (database: Database, domain: Domain, at: Member): void => {
    pool.physics.suspendDomain(domain);
    giveBackLocks(pool, database, { host: at, disks: domain.spec.disks });
  };
  const activate = (database: Database, domain: Domain, at: Member): void => {
    // Another act may have ended it, or the machine may have lost its power.
    if (domain.machine.domains.get(domain.vmUUID) !== domain) return;
    for (const { vdiUUID, mode } of domain.spec.disks) {
      const vdi = database.refOf('VDI', vdiUUID);
      if (vdi !== undefined) takeLock(pool, database, { vdi, host: at.identity.hostRef, mode });
    }
    pool.physics.resumeDomain(domain);
  };
  const runAtTarget = (database: Database, { source, target, from, to }: UnderWay): void => {
    deactivate(database, source, from);
    pool.physics.stopDomain(source.machine, source.vmUUID);
    activate(database, target, to);
  };
  const runAtSource = (database: Database, { source, target, from }: UnderWay): void => {
    pool.physics.stopDomain(target.machine, target.vmUUID);
    if (source.phase === 'still') activate(database, source, from);
    const vm = database.refOf('VM', source.vmUUID);
    if (vm !== undefined) {
      database.update('VM', vm, { current_operations: {}, scheduled_to_be_resident_on: nullRef });
    }
  };

  /** One end goes on, or clears away what it has, without the other. It can open no disk without the master. */
  const goOnWithout = (lost: Machine, move: UnderWay): void => {
    if (underWay.get(move.source.vmUUID) !== move) return;
    underWay.delete(move.source.vmUUID);
    const { source, target, from, to, point } = move;
    const database = masterOf(pool)?.database;
    const left = lost === source.machine ? to : from;
    if (database === undefined || !asksMaster(pool, left)) return;
    if (left === from) {
      if (point !== 'targetRuns') runAtSource(database, move);
    } else if (point === 'bothEnds' && isFree(pool, database, target)) activate(database, target, to);
    else if (point !== 'targetRuns') pool.physics.stopDomain(target.machine, target.vmUUID);
  };

  return {
    begin: ({ vmUUID, to, stopsWhen }) => {
      const { database, vm, from, source } = ready(pool, { vmUUID, to });
      const target = pool.physics.buildDomain(to.machine, source.spec);
      if (target === undefined) throw new Error(`${to.identity.name} cannot take ${source.vmName}`);
      database.update('VM', vm, {
        current_operations: { [pool.seeded.ref(`operation/${pool.nextNumber()}`)]: 'pool_migrate' },
        scheduled_to_be_resident_on: to.identity.hostRef,
      });
      const move: UnderWay = { source, target, from, to, point: stopsWhen };
      underWay.set(vmUUID, move);
      if (stopsWhen === 'bothEnds') deactivate(database, source, from);
      if (stopsWhen === 'targetRuns') runAtTarget(database, move);
    },
    end: (vmUUID, how) => {
      const move = underWay.get(vmUUID);
      const database = masterOf(pool)?.database;
      if (move === undefined || database === undefined) throw new Error('it is not in migration');
      const { target, to, point } = move;
      if (how === 'fails' && point === 'targetRuns') {
        throw new Error('it runs at the target already, and its migration cannot fail any more');
      }
      underWay.delete(vmUUID);
      if (how === 'fails') return runAtSource(database, move);
      if (point !== 'targetRuns') runAtTarget(database, move);
      const vm = database.refOf('VM', vmUUID);
      if (vm !== undefined) {
        believeRunning(database, { vm, host: to.identity.hostRef, domid: target.domid });
        for (const { identity } of [move.from, to]) reportMemory(pool, database, identity.hostRef);
      }
    },
    describe: () =>
      [...underWay.values()].map(
        ({ source, from, to, point }) =>
          `the migration of ${source.vmName} from ${from.identity.name} to ${to.identity.name} hangs (${point})`,
      ),
    machineLost: (machine) => {
      for (const move of underWay.values()) {
        if (move.source.machine !== machine && move.target.machine !== machine) continue;
        pool.time.lab.after(peerLostAfterMs, () => goOnWithout(machine, move));
      }
    },
  };
}

interface Ready {
  readonly database: Database;
  readonly vm: string;
  readonly from: Member;
  readonly source: Domain;
}

function ready(pool: Pool, { vmUUID, to }: { readonly vmUUID: string; readonly to: Member }): Ready {
  const database = masterOf(pool)?.database;
  const vm = database?.refOf('VM', vmUUID);
  const record = vm === undefined ? undefined : database?.get('VM', vm);
  const from = memberByRef(pool, record?.resident_on ?? '');
  const name = labNameOf(pool, vmUUID);
  const source = from?.machine.domains.get(vmUUID);
  if (database === undefined || vm === undefined || record === undefined) {
    throw new Error('the pool knows no such virtual machine');
  }
  if (from === undefined || source === undefined || source.phase !== 'runs') {
    throw new Error(`${name} does not run where the pool believes it to, so it cannot move`);
  }
  if (from === to) throw new Error(`${name} runs on ${to.identity.name} already`);
  if (Object.keys(record.current_operations).length > 0) {
    throw new Error(`${name} has another operation under way`);
  }
  if (diskSpecs(database, vm).some((disk) => !disk.shared)) {
    throw new Error(`${name} has a disk on local storage, so it cannot move`);
  }
  if (to.toolstack !== 'running') throw new Error(`the toolstack of ${to.identity.name} does not run`);
  return { database, vm, from, source };
}

/** Whether the storage manager would let its disks be opened: nobody holds them, and no work on them is under way. */
function isFree(pool: Pool, database: Database, domain: Domain): boolean {
  return domain.spec.disks.every(({ vdiUUID, mode }) => {
    const config = database.get('VDI', database.refOf('VDI', vdiUUID) ?? '')?.sm_config ?? {};
    if (['paused', 'relinking', 'activating'].some((key) => key in config)) return false;
    return holdersIn(config).every(
      (holder) => (mode === 'RO' && holder.mode === 'RO') || !holds(pool, holder.host, vdiUUID),
    );
  });
}

function holds(pool: Pool, host: string, vdiUUID: string): boolean {
  const member = memberByRef(pool, host);
  return member !== undefined && isOpen(pool, member, vdiUUID);
}
