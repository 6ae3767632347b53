import type { Clock } from '../ports/clock.ts';
import type { MachineOptions, OutsiderOptions } from './identities.ts';

/** What a lab is made of. The same options give the same lab: names, UUIDs, passwords and sizes come from the seed. */
export interface LabOptions {
  readonly seed: number;
  /** Pool members, host-1 (the master at the start) to host-N. At least 2. */
  readonly members: number;
  /** Virtual machines with their disk on the shared SR, spread over all members. */
  readonly virtualServers: number;
  /** Virtual machines with their disk on the local SR of host-3 (of host-2 in a pool of two). */
  readonly localVirtualServers: number;
  /**
   * Shared SRs for disks, over which the virtual machines are spread; default 1. Beside them every lab has an ISO
   * library, which is shared too, and a drive in each member.
   */
  readonly sharedStorage?: number;
  /**
   * By the lab's own name of a virtual machine or member (`db-01`, `host-2`): the name that the pool shows of it. Any text
   * will do.
   */
  readonly labels?: Readonly<Record<string, string>>;
  readonly version: XapiVersion;
  /** The machine's own clock, or the simulation's. */
  readonly clock: Clock;
  /**
   * How much faster than `clock` the lab's own time runs: heartbeats, timeouts and XAPI's latencies. BMC delays and a
   * client's own wait in event.from are counted on `clock`. Default 1.
   */
  readonly speed?: number;
  readonly latencies?: Partial<Latencies>;
  readonly habits?: Partial<Habits>;
  /** Where members and BMCs are; default is a made-up network for use inside one process. */
  readonly places?: Places;
  /** How long the master's toolstack has been up when the lab starts; default 30 days of lab time. */
  readonly masterUpMs?: number;
  /** Of host-1, host-2 …; a member that is not in it has nothing contradicted. */
  readonly machines?: readonly MachineOptions[];
  readonly outsiders?: readonly OutsiderOptions[];
}

/** `8.2` (xapi 1.249) and `8.3` (25.x) differ in how `live` behaves right after a master start. */
export type XapiVersion = '8.2' | '8.3';

/** Milliseconds of lab time, except forceOffMs and powerOnMs, which are counted on the machine's own clock. */
export interface Latencies {
  /** Every call, before it does anything. */
  readonly callMs: number;
  /** VM.start and VM.start_on, on the target host. */
  readonly startMs: number;
  /** From a domain's start until the guest agent reports. */
  readonly guestBootMs: number;
  readonly shutdownMs: number;
  /** host.declare_dead, beside its contacts: the hook that removes the locks. */
  readonly declareDeadMs: number;
  /** VM.power_state_reset, between `power_state` and everything else that it changes. */
  readonly resetMs: number;
  /** Redfish ForceOff, from the request until the power is really gone. */
  readonly forceOffMs: number;
  /** Redfish On, from the request until PowerState says On. */
  readonly powerOnMs: number;
  /** From power until the toolstack begins to start. */
  readonly bootMs: number;
  /** From the toolstack's start until it answers. */
  readonly toolstackStartMs: number;
  /**
   * How long the master goes on trying to hand a call on to a member that neither answers nor refuses. It tries ten times,
   * so that the call goes through within a tenth of this when the member is back.
   */
  readonly forwardedCallMs: number;
  /**
   * How long the one contact takes by which host.declare_dead, host.destroy and VM.power_state_reset ask whether a silent
   * member lives.
   */
  readonly guardContactMs: number;
  /** How long a start tries again each second while storage work has paused one of its disks. */
  readonly lockedDiskMs: number;
  /** A running domain writes to each of its disks this often. */
  readonly writeEveryMs: number;
}

export const latenciesDefault: Latencies = {
  callMs: 2,
  startMs: 1500,
  guestBootMs: 8000,
  shutdownMs: 1000,
  declareDeadMs: 500,
  resetMs: 50,
  forceOffMs: 3000,
  powerOnMs: 1000,
  bootMs: 90_000,
  toolstackStartMs: 15_000,
  forwardedCallMs: 131_000,
  guardContactMs: 3_100,
  lockedDiskMs: 3_600_000,
  writeEveryMs: 1000,
};

/** What the sources leave open, or what machines differ in. A client must be right with each choice. */
export interface Habits {
  /** What brings `live` back after 600 s of silence. */
  readonly liveReturnsWith: 'heartbeat' | 'hello';
  /** Whether `enabled` comes back when a partition heals after declare_dead, or only when the toolstack restarts. */
  readonly enabledReturnsWith: 'heartbeat' | 'hello';
  /**
   * Whether disks have lock keys in VDI.sm_config. Storage of the newer kind (SMAPIv3, such as gfs2) has none, and then
   * nothing but the database keeps a machine from running twice.
   */
  readonly storageLocks: 'kept' | 'none';
  /**
   * What the toolstack of a host does that starts in a pool that has forgotten it: newer ones die over it and are started
   * again, and answer as slaves in between; older ones stay in emergency mode.
   */
  readonly forgottenMember: 'crashLoops' | 'emergency';
  /** What a client sees of a machine without power. */
  readonly powerOffLooks: 'silent' | 'refused';
  /** How a BMC answers ForceOff on a machine that is off already. */
  readonly forceOffWhenOff: 'conflict' | 'noContent';
  /** PowerState while ForceOff works. */
  readonly whilePoweringOff: 'PoweringOff' | 'On';
}

export const habitsDefault: Habits = {
  liveReturnsWith: 'heartbeat',
  enabledReturnsWith: 'hello',
  storageLocks: 'kept',
  forgottenMember: 'crashLoops',
  powerOffLooks: 'silent',
  forceOffWhenOff: 'noContent',
  whilePoweringOff: 'PoweringOff',
};

/** One port for all members, because XAPI's own addresses carry none. */
export interface Places {
  readonly port: number;
  readonly members: readonly Place[];
  readonly bmcPort: number;
  readonly bmcs: readonly Place[];
}

export interface Place {
  readonly address: string;
  /** SHA-256 of the certificate that the server at this address shows, `AA:BB:…`. */
  readonly sha256Fingerprint: string;
}
