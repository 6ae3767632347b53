/** What the oracle has seen of the physical world since the lab was created. */
export interface Verdict {
  /** True when there is no violation. */
  readonly clean: boolean;
  readonly violations: readonly Violation[];
  readonly virtualMachines: readonly VirtualMachineTruth[];
  /** In the order in which they took place. */
  readonly harmfulEffects: readonly HarmfulEffect[];
}

export type ViolationKind =
  /** Two domains wrote one disk, the older one after the younger one had begun. */
  | 'diskWrittenByTwoDomains'
  /** A `host_<ref>` key was removed while that host had the disk open. */
  | 'lockClearedUnderLiveTapdisk'
  /** One virtual machine has a running domain on two hosts. */
  | 'virtualMachineRunsTwice';

export interface Violation {
  readonly kind: ViolationKind;
  /** Names the virtual machine, the disk, the hosts and the instant. */
  readonly sentence: string;
  /** Lab wall time, milliseconds since 1970. */
  readonly at: number;
  readonly virtualMachine: string;
  /** VDI UUID; absent when the violation is not about one disk. */
  readonly disk?: string;
  /** Names of the hosts concerned. */
  readonly hosts: readonly string[];
}

export interface VirtualMachineTruth {
  readonly uuid: string;
  readonly name: string;
  /** Names of the hosts on which it really runs now; none when it is stopped. */
  readonly runsOn: readonly string[];
}

/** An act that took place in the world and could do harm if it were wrong. Refused calls are not among them. */
export interface HarmfulEffect {
  readonly kind: 'forceOff' | 'declareDead' | 'powerStateReset' | 'lockRemoved' | 'start' | 'destroy';
  /** A host's, virtual machine's or disk's name or UUID. */
  readonly target: string;
  /** The host that a virtual machine was started on. */
  readonly onHost?: string;
  /** Who asked: `originator (user)` of the session, `redfish user` for a BMC. */
  readonly caller: string;
  /** Lab wall time, milliseconds since 1970. */
  readonly at: number;
  /** False when the world was so already: a repeat that did nothing. */
  readonly changedAnything: boolean;
}
