import type { Database } from './belief/database.ts';
import type { Bmc } from './bmc/bmc.ts';
import { isLive } from './xapi/contact.ts';
import { type Member, masterOf, type Pool } from './xapi/pool.ts';

/** The two truths side by side: what is, and what the pool believes. */
export interface LabStatus {
  /** Lab wall time, milliseconds since 1970. */
  readonly at: number;
  readonly master: string;
  readonly hosts: readonly HostStatus[];
  /** Machines that belong to no pool. */
  readonly outsiders: readonly { readonly name: string; readonly power: HostStatus['power'] }[];
  readonly virtualMachines: readonly VirtualMachineStatus[];
  readonly cuts: readonly string[];
  readonly faults: readonly string[];
  /** What else is not as usual, one line each: second masters, migrations that hang, storage that is not plugged, daemons that are down. */
  readonly odd: readonly string[];
}

export interface HostStatus {
  readonly name: string;
  readonly power: 'on' | 'off' | 'poweringOff' | 'poweringOn';
  readonly mains: 'present' | 'cut';
  readonly toolstack: 'running' | 'emergency' | 'starting' | 'down';
  /** Of a second master: the address of the first. */
  readonly splitFrom?: string;
  /** Its behaviours, as `lab bmc` takes them. */
  readonly bmc: string;
  /** The machine whose power its BMC reads and cuts: itself, where the cables are as people think. */
  readonly bmcCabledTo: string;
  /** Domains that really run here. */
  readonly domains: number;
  /** Disk writes by domains of this host since the lab started. */
  readonly writes: number;
  /** What the pool database says; absent when it has no such host any more. */
  readonly believed?: { readonly live: boolean; readonly enabled: boolean; readonly residents: number };
}

export interface VirtualMachineStatus {
  readonly uuid: string;
  readonly name: string;
  readonly runsOn: readonly string[];
  readonly believedState: string;
  readonly believedOn: string | undefined;
}

export function readStatus(pool: Pool, bmcs: readonly Bmc[]): LabStatus {
  const master = masterOf(pool);
  const database = master?.database;
  return {
    at: pool.time.lab.wallMs(),
    master: master?.member.identity.name ?? 'none',
    hosts: pool.members.map((member) => hostStatus(pool, { member, database, bmcs })),
    outsiders: pool.outsiders.map(({ name, power }) => ({ name, power })),
    virtualMachines: pool.oracle.verdict().virtualMachines.map(({ uuid, name, runsOn }) => {
      const ref = database?.refOf('VM', uuid);
      const record = ref === undefined ? undefined : database?.get('VM', ref);
      const on = pool.members.find((each) => each.identity.hostRef === record?.resident_on);
      return {
        uuid,
        name,
        runsOn,
        believedState: record?.power_state ?? 'unknown to the pool',
        believedOn: on?.identity.name,
      };
    }),
    cuts: pool.network.describe(),
    faults: pool.faults.describe(),
    odd: [
      ...secondMasters(pool),
      ...pool.migrations.describe(),
      ...unplugged(pool, database),
      ...silentDaemons(pool),
    ],
  };
}

interface Looked {
  readonly member: Member;
  readonly database: Database | undefined;
  readonly bmcs: readonly Bmc[];
}

function hostStatus(pool: Pool, { member, database, bmcs }: Looked): HostStatus {
  const { identity, machine, toolstack } = member;
  const record = database?.get('host', identity.hostRef);
  const bmc = bmcs.find((each) => each.identity.name === identity.bmc.name);
  return {
    name: identity.name,
    power: machine.power,
    mains: machine.mains,
    toolstack,
    ...(member.splitFrom === undefined ? {} : { splitFrom: member.splitFrom }),
    bmc: bmc?.behaviours.join(' ') ?? 'honest',
    bmcCabledTo: bmc?.machine.name ?? identity.name,
    domains: [...machine.domains.values()].filter((each) => each.phase === 'runs').length,
    writes: pool.physics.writesOn(machine),
    ...(database === undefined || record === undefined
      ? {}
      : {
          believed: {
            live: isLive(database, identity.hostRef),
            enabled: record.enabled,
            // The control domain is always resident.
            residents: record.resident_VMs.length - 1,
          },
        }),
  };
}

function secondMasters(pool: Pool): readonly string[] {
  return pool.members
    .filter((member) => member.splitFrom !== undefined)
    .map(({ identity }) => `${identity.name} is master too, with a database of its own`);
}

function unplugged(pool: Pool, database: Database | undefined): readonly string[] {
  return [...(database?.rows('PBD') ?? [])]
    .filter(([, pbd]) => !pbd.currently_attached)
    .map(([, pbd]) => {
      const host = pool.members.find((each) => each.identity.hostRef === pbd.host)?.identity.name;
      return `${database?.get('SR', pbd.SR)?.name_label} is not plugged on ${host ?? 'a host that is forgotten'}`;
    });
}

function silentDaemons(pool: Pool): readonly string[] {
  return pool.members
    .filter((member) => member.statistics !== 'up')
    .map(({ identity, statistics }) => `the statistics daemon of ${identity.name}: ${statistics}`);
}
