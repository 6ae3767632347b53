import type { BmcBehaviour } from './steering.ts';

/** The two truths side by side: what is, and what the pool believes. */
export interface LabStatus {
  /** Lab wall time, milliseconds since 1970. */
  readonly at: number;
  readonly master: string;
  readonly hosts: readonly HostStatus[];
  readonly virtualMachines: readonly VirtualMachineStatus[];
  readonly cuts: readonly string[];
  readonly faults: readonly string[];
}

export interface HostStatus {
  readonly name: string;
  readonly power: 'on' | 'off' | 'poweringOff' | 'poweringOn';
  readonly mains: 'present' | 'cut';
  readonly toolstack: 'running' | 'emergency' | 'starting' | 'down';
  readonly bmc: BmcBehaviour;
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
