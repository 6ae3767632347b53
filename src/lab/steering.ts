import type { BmcBehaviour } from './bmc/behaviours.ts';
import type { Bmc } from './bmc/bmc.ts';
import type { Fault } from './faults.ts';
import type { ControllerShows, PoolShows } from './identities.ts';
import { machineNamed, memberNamed, virtualMachineNamed } from './named.ts';
import { createStorageSteering } from './steerStorage.ts';
import type { Power } from './world/power.ts';
import { type Member, masterOf, type Pool } from './xapi/pool.ts';
import { becomeSecondMaster, rejoinFirstMaster } from './xapi/secondMaster.ts';
import { endToolstack, startToolstack, stopToolstack } from './xapi/toolstack.ts';

/** `operator`, `storage` (the shared SR), a member's name, or `everyone`: the operator and all members. */
export type NodeName = string;

/**
 * `management`: between the operator, members and BMCs (`bmc-1` … are nodes too). `storage`: between a member and `storage`.
 */
export type LinkKind = 'management' | 'storage';

/**
 * How far a live migration comes before it hangs: the domain runs at the source; it stands still at both ends, its disks
 * closed, and the target will go on as soon as it takes the source for gone; or it runs at the target already.
 */
export type MigrationPoint = 'sourceRuns' | 'bothEnds' | 'targetRuns';

/** Everything that can be done to the lab's world from outside. Hosts are named `host-1` …; a wrong name throws. */
export interface Steering {
  /** Pulls the plug of a member or an outsider: its domains are gone at once. */
  cutPower(host: string): void;
  /** Gives the mains back; the machine boots and its toolstack rejoins the pool. */
  restorePower(host: string): void;
  /** Somebody presses the machine's power button: it boots if it has mains. */
  pressPowerButton(host: string): void;
  /** Cuts the link between two nodes, in both directions. */
  partition(a: NodeName, b: NodeName, kind: LinkKind): void;
  /** Mends one cut. */
  mend(a: NodeName, b: NodeName, kind: LinkKind): void;
  /** Mends every cut. */
  heal(): void;
  /** The toolstack dies without a word; virtual machines go on running. It stays down. */
  crashToolstack(host: string): void;
  /** The init script's stop and start: the pool hears "shutting down" at once. Also starts a crashed toolstack. */
  restartToolstack(host: string): void;
  /** A live migration of a virtual machine begins and hangs; the database goes on saying that it is under way. */
  migrate(virtualMachine: string, toHost: string, options: { readonly stopsWhen: MigrationPoint }): void;
  /** A migration that hangs comes to its end. One that runs at the target cannot fail any more. */
  endMigration(virtualMachine: string, how: 'completes' | 'fails'): void;
  /** A storage repository, by its name in the lab's document, is no longer plugged on a host. Throws when it is in use there. */
  unplugStorage(storage: string, host: string): void;
  plugStorage(storage: string, host: string): void;
  /** A CD from the ISO library, or the one in the drive of the host on which the machine runs, lies in its drive. */
  insertMedia(virtualMachine: string, from: 'isoLibrary' | 'hostDrive'): void;
  ejectMedia(virtualMachine: string): void;
  /**
   * The daemon that tells the pool how much memory of a host is free: `down`, and its last word stands; or it never ran, and
   * the pool says 0.
   */
  statisticsDaemon(host: string, state: 'up' | 'down' | 'neverUp'): void;
  /** What the pool calls a virtual machine or a host; the lab goes on calling it as before. */
  label(name: string, shown: string): void;
  /**
   * Somebody makes a member master while the first one lives, and each goes on with a database of its own; `off`: it is a
   * member of the first one's pool again.
   */
  secondMaster(host: string, state: 'on' | 'off'): void;
  jumpClock(host: string, byMs: number): void;
  /** From now on the host's BMC is like this, in all of these ways and no other. */
  setBmc(host: string, ...behaviours: readonly BmcBehaviour[]): void;
  /** The controller at this host's BMC address is from now on the one of another machine: a member or an outsider. */
  cable(host: string, machine: string): void;
  /** What the controller shows otherwise than its machine is; `{}` ends it. */
  showOnBmc(host: string, shows: ControllerShows): void;
  /** What the pool's database says of a member otherwise than its machine is; `{}` ends it. */
  showInPool(host: string, shows: PoolShows): void;
  /** Returns the fault's id. */
  addFault(fault: Fault): string;
  /** Does nothing when there is none of that id (it may have been used up). */
  removeFault(id: string): void;
  clearFaults(): void;
  setHighAvailability(state: 'on' | 'off'): void;
  setRollingUpgrade(state: 'on' | 'off'): void;
  /** pool.other_config auto_poweron and the same on every virtual machine. */
  setAutoPowerOn(state: 'on' | 'off'): void;
}

export interface Steered {
  readonly pool: Pool;
  readonly power: Power;
  readonly bmcs: readonly Bmc[];
}

export function createSteering({ pool, power, bmcs }: Steered): Steering {
  const { network, faults } = pool;
  const at = (host: string): Member => memberNamed(pool, host);
  const bmcOf = (host: string): Bmc => {
    const { name } = at(host).identity.bmc;
    const bmc = bmcs.find((each) => each.identity.name === name);
    if (bmc === undefined) throw new Error(`${host} has no BMC`);
    return bmc;
  };
  return {
    cutPower: (host) => power.cutMains(machineNamed(pool, host)),
    restorePower: (host) => power.restoreMains(machineNamed(pool, host)),
    pressPowerButton: (host) => {
      power.bringUp(machineNamed(pool, host));
    },
    partition: (a, b, kind) => network.cut(a, b, kind),
    mend: (a, b, kind) => network.mend(a, b, kind),
    heal: () => network.mendAll(),
    crashToolstack: (host) => endToolstack(pool, at(host)),
    restartToolstack: (host) => {
      const member = at(host);
      stopToolstack(pool, member);
      startToolstack(pool, member, 'itself');
    },
    migrate: (virtualMachine, toHost, { stopsWhen }) =>
      pool.migrations.begin({
        vmUUID: virtualMachineNamed(pool, virtualMachine).uuid,
        to: at(toHost),
        stopsWhen,
      }),
    ...createStorageSteering(pool, at),
    endMigration: (virtualMachine, how) =>
      pool.migrations.end(virtualMachineNamed(pool, virtualMachine).uuid, how),
    secondMaster: (host, state) => {
      if (state === 'on') becomeSecondMaster(pool, at(host));
      else rejoinFirstMaster(pool, at(host));
    },
    jumpClock: (host, byMs) => {
      at(host).machine.clockSkewMs += byMs;
    },
    setBmc: (host, ...behaviours) => {
      bmcOf(host).behave(behaviours);
      pool.presenceChanged();
    },
    cable: (host, machine) => {
      bmcOf(host).machine = machineNamed(pool, machine);
      pool.presenceChanged();
    },
    showOnBmc: (host, shows) => {
      bmcOf(host).shows = shows;
    },
    addFault: (fault) => {
      const names = pool.members.flatMap(({ identity }) => [identity.name, identity.bmc.name]);
      if (fault.at !== undefined && !names.includes(fault.at)) {
        throw new Error(
          `a fault strikes at a host or a BMC, and none is called ${fault.at}: ${names.join(', ')}`,
        );
      }
      return faults.add(fault);
    },
    removeFault: (id) => faults.remove(id),
    clearFaults: () => faults.clear(),
    setHighAvailability: (state) => {
      masterOf(pool)?.database.update('pool', pool.poolRef, { ha_enabled: state === 'on' });
    },
    setRollingUpgrade: (state) =>
      setPoolKey(pool, 'rolling_upgrade_in_progress', state === 'on' ? 'true' : undefined),
    setAutoPowerOn: (state) => setAutoPowerOn(pool, state),
  };
}

function setPoolKey(pool: Pool, key: string, value: string | undefined): void {
  const database = masterOf(pool)?.database;
  const record = database?.get('pool', pool.poolRef);
  if (database === undefined || record === undefined) return;
  const { [key]: _, ...rest } = record.other_config;
  database.update('pool', pool.poolRef, {
    other_config: value === undefined ? rest : { ...rest, [key]: value },
  });
}

function setAutoPowerOn(pool: Pool, state: 'on' | 'off'): void {
  const value = state === 'on' ? 'true' : 'false';
  setPoolKey(pool, 'auto_poweron', value);
  const database = masterOf(pool)?.database;
  for (const [ref, vm] of [...(database?.rows('VM') ?? [])]) {
    if (vm.is_control_domain || vm.is_a_template) continue;
    database?.update('VM', ref, { other_config: { ...vm.other_config, auto_poweron: value } });
  }
}
