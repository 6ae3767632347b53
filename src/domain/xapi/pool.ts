/**
 * What a resource pool's own database says: a belief, not the truth. Keyed by UUID, because names and references
 * change. `ref` is kept only where the pool's own keys are made of it (storage locks are named `host_<ref>`).
 */
export interface PoolBelief {
  readonly uuid: string;
  readonly name: string;
  readonly masterUUID: string;
  readonly haEnabled: boolean;
  readonly rollingUpgrade: boolean;
  /**
   * How long the master's toolstack has certainly been up, at the time of the reading. For its first eleven minutes nothing
   * that the pool says about liveness can be trusted, in either direction.
   */
  readonly masterUpForMs: number;
  /** Why it may have been up for longer; undefined when it has not. */
  readonly masterUpUnsureBecause: string | undefined;
  readonly hosts: ReadonlyMap<string, HostBelief>;
  /** Virtual machines only: no templates, snapshots or control domains. */
  readonly virtualMachines: ReadonlyMap<string, VirtualMachineBelief>;
  readonly storage: ReadonlyMap<string, StorageBelief>;
}

export interface HostBelief {
  readonly uuid: string;
  readonly ref: string;
  readonly name: string;
  readonly address: string;
  /** The master's opinion (host_metrics.live). Suspicion at most, never proof. */
  readonly live: boolean;
  readonly enabled: boolean;
  /** Planned work under way: evacuate, reboot, shutdown … */
  readonly currentOperations: readonly string[];
  /** bios_strings system-serial-number. */
  readonly serial: string;
  /** bios_strings baseboard-serial-number; empty where the version does not tell it. */
  readonly boardSerial: string;
  /** product_version and xapi build in one word; members of a pool that differ are in the middle of an upgrade. */
  readonly softwareVersion: string;
  readonly memoryTotalBytes: number;
  readonly memoryFreeBytes: number;
}

export type PowerState = 'Running' | 'Halted' | 'Paused' | 'Suspended';

export interface VirtualMachineBelief {
  readonly uuid: string;
  readonly name: string;
  readonly powerState: PowerState;
  /** Host UUID, or undefined when it is resident nowhere. */
  readonly residentOn: string | undefined;
  /** Host UUID on which a start or a migration is under way. */
  readonly scheduledOn: string | undefined;
  /** Host UUID that the administrator prefers; only a hint, and it may name a host that is gone. */
  readonly affinity: string | undefined;
  readonly currentOperations: readonly string[];
  /** Memory that a host must have free to start it. */
  readonly memoryBytes: number;
  readonly order: number;
  readonly startDelaySeconds: number;
  /** Its attached disks. */
  readonly disks: readonly DiskRef[];
  /** What is inserted in its CD drives. Its loss loses nothing, but a host that cannot reach it takes no start. */
  readonly media: readonly MediumRef[];
  /** What the guest agent says; undefined when no agent reports. */
  readonly guestAgentLive: boolean | undefined;
}

export interface DiskRef {
  readonly vdiUUID: string;
  readonly srUUID: string;
  readonly mode: 'RW' | 'RO';
}

export interface MediumRef {
  readonly vdiUUID: string;
  readonly srUUID: string;
}

export interface StorageBelief {
  readonly uuid: string;
  readonly name: string;
  readonly type: string;
  readonly shared: boolean;
  readonly currentOperations: readonly string[];
  /** Host UUIDs whose PBD is plugged. */
  readonly attachedOn: ReadonlySet<string>;
  /** Host UUIDs that have a PBD, plugged or not. */
  readonly knownOn: ReadonlySet<string>;
}

/** ISO libraries and drives of hosts have media, which nobody writes and nobody locks. */
export function isForMedia(storage: StorageBelief): boolean {
  return storage.type === 'iso' || storage.type === 'udev';
}

export function holdsSharedDisks(storage: StorageBelief): boolean {
  return storage.shared && !isForMedia(storage);
}

/** The storage locks of one disk, as they stand in VDI.sm_config. */
export interface DiskLocks {
  readonly vdiUUID: string;
  readonly srUUID: string;
  /** Host reference → how it holds the disk. */
  readonly heldBy: ReadonlyMap<string, 'RW' | 'RO'>;
  /** `paused`, `activating`, `relinking`: storage work that was interrupted; a person has to look at it. */
  readonly interruptedWork: readonly string[];
  readonly currentOperations: readonly string[];
}

export type MemberAnswer =
  | { readonly kind: 'master' }
  /** `ofAddress` is what its pool.conf says, and may be the address of a dead master. */
  | { readonly kind: 'member'; readonly ofAddress: string }
  /** It answers, but not as a healthy toolstack: emergency mode, still booting, HTML, another pool. Alive all the same. */
  | { readonly kind: 'troubled'; readonly says: string }
  /** The address answers with another certificate or identity than the pinned one: nobody may be taken for the member. */
  | { readonly kind: 'impostor'; readonly says: string }
  /** Nobody answered: refused, unreachable or nothing within the deadline. */
  | { readonly kind: 'silent'; readonly says: string };

export type BootVerdict =
  | { readonly kind: 'yes' }
  | { readonly kind: 'no'; readonly code: string; readonly says: string };

export type ActReply =
  | { readonly kind: 'succeeded' }
  /** The pool refused or failed it. It may still have happened in part. */
  | { readonly kind: 'failed'; readonly code: string; readonly says: string }
  /** It was certainly never sent. */
  | { readonly kind: 'notSent'; readonly because: string }
  /** No answer, or a broken one: it may have happened. */
  | { readonly kind: 'lost'; readonly because: string };
