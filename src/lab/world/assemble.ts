import { createDatabase } from '../belief/database.ts';
import { populate } from '../belief/populate.ts';
import type { LabDocument, LabMember } from '../document.ts';
import { createFaultBook } from '../faultBook.ts';
import { createOracle } from '../oracle.ts';
import { createSeeded } from '../seeded.ts';
import { habitsDefault, type LabOptions, latenciesDefault } from '../settings.ts';
import { xapiDate } from '../xapi/dates.ts';
import { diskSpecs } from '../xapi/locks.ts';
import { createMigrations } from '../xapi/migration.ts';
import { labNameOf, type Member, type Pool } from '../xapi/pool.ts';
import { continueToolstack } from '../xapi/toolstack.ts';
import { createLabTime } from './labTime.ts';
import { createMachine, createOutsider } from './machines.ts';
import { createLabNetwork } from './network.ts';
import { createPhysics } from './physics.ts';

const masterUpMsDefault = 30 * 24 * 3600_000;

/** A healthy pool in the middle of its life: machines on, toolstacks up, every virtual machine running. */
export function assemblePool(
  options: LabOptions,
  { document, presenceChanged }: { readonly document: LabDocument; readonly presenceChanged: () => void },
): Pool {
  const latencies = { ...latenciesDefault, ...options.latencies };
  const seeded = createSeeded(options.seed);
  const time = createLabTime(options.clock, options.speed ?? 1);
  const members = document.members.map(createMember);
  const outsiders = (options.outsiders ?? []).map((each) => createOutsider(each, seeded));
  const machines = [...members.map((member) => member.machine), ...outsiders];
  const network = createLabNetwork(
    {
      members: document.members.map((each) => each.name),
      bmcs: document.members.map((each) => each.bmc.name),
    },
    () => {
      physics.storageLinksChanged();
      presenceChanged();
    },
  );
  const oracle = createOracle({ virtualMachines: document.virtualMachines, wallMs: time.lab.wallMs });
  const { writeEveryMs } = latencies;
  const physics = createPhysics({ machines, network, time, oracle, writeEveryMs });
  let numbers = 0;
  const pool: Pool = {
    document,
    labNames: new Map([
      ...document.members.map((each) => [each.hostUUID, each.name] as const),
      ...document.virtualMachines.map((each) => [each.uuid, each.name] as const),
    ]),
    version: options.version,
    latencies,
    habits: { ...habitsDefault, ...options.habits },
    seeded,
    time,
    network,
    physics,
    oracle,
    faults: createFaultBook(),
    get migrations() {
      return migrations;
    },
    poolRef: seeded.ref('pool'),
    members,
    outsiders,
    nobodysDatabase: createDatabase(),
    nextNumber: () => {
      numbers += 1;
      return numbers;
    },
    broke: (error) => {
      time.lab.after(0, () => {
        throw error;
      });
    },
    presenceChanged,
  };
  const migrations = createMigrations(pool);
  beginLife(pool, { document, options });
  return pool;
}

function createMember(identity: LabMember): Member {
  return {
    identity,
    machine: createMachine(identity, 'on'),
    statistics: 'up',
    toolstack: 'running',
    incarnation: 0,
    emergency: ['HOST_STILL_BOOTING'],
    masterAddress: undefined,
    splitFrom: undefined,
    database: undefined,
    sessions: new Map(),
    localSessions: new Map(),
    heard: new Map(),
    finishedTasks: new Map(),
    connectedTo: undefined,
    forgotten: false,
    opening: new Set(),
    timers: new Set(),
    mourners: new Set(),
  };
}

function beginLife(
  pool: Pool,
  { document, options }: { readonly document: LabDocument; readonly options: LabOptions },
): void {
  const [master, ...slaves] = pool.members;
  if (master === undefined) throw new Error('a lab without members');
  const database = createDatabase();
  const startedAtMs = pool.time.lab.wallMs() - (options.masterUpMs ?? masterUpMsDefault);
  populate(database, {
    document,
    seeded: pool.seeded,
    installedAt: xapiDate(startedAtMs),
    agentStartedAt: Math.floor(startedAtMs / 1000),
    labels: options.labels ?? {},
    storageLocks: pool.habits.storageLocks,
    shown: (options.machines ?? []).map((each) => each.pool ?? {}),
  });
  master.database = database;
  for (const slave of slaves) slave.masterAddress = master.identity.address;
  const machineOf = new Map(pool.members.map((each) => [each.identity.hostRef, each.machine]));
  for (const [ref, vm] of database.rows('VM')) {
    const machine = machineOf.get(vm.resident_on);
    if (machine === undefined || vm.is_control_domain) continue;
    pool.physics.startDomain(machine, {
      vmUUID: vm.uuid,
      vmName: labNameOf(pool, vm.uuid),
      disks: diskSpecs(database, ref),
    });
  }
  for (const member of pool.members) continueToolstack(pool, member);
}
