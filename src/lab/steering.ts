import type { BmcBehaviour } from './bmc/behaviours.ts';
import type { Fault } from './faults.ts';
import type { ControllerShows, PoolShows } from './identities.ts';

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
