import type { LabMember } from '../document.ts';
import type { OutsiderOptions } from '../identities.ts';
import type { Seeded } from '../seeded.ts';

/** One physical machine: what it is, whether it has power, and what really runs on it. */
export interface Machine {
  readonly name: string;
  readonly serial: string;
  readonly boardSerial: string;
  readonly systemUUID: string;
  mains: 'present' | 'cut';
  power: 'on' | 'off' | 'poweringOff' | 'poweringOn';
  /** The control domain's operating system; the machine answers on the network only when it is up. */
  operatingSystem: 'up' | 'down';
  /** Rises each time the power is lost: a boot that was under way has then come to nothing. */
  boots: number;
  /** How far the machine's wall clock is ahead of the lab's. */
  clockSkewMs: number;
  /** Keyed by VM UUID: one machine's hypervisor never runs one VM twice. */
  readonly domains: Map<string, Domain>;
  /** Disk writes by domains that are gone. */
  writesByGoneDomains: number;
}

export function createMachine(
  {
    name,
    serial,
    boardSerial,
    systemUUID,
  }: Pick<LabMember, 'name' | 'serial' | 'boardSerial' | 'systemUUID'>,
  power: 'on' | 'off',
): Machine {
  return {
    name,
    serial,
    boardSerial,
    systemUUID,
    mains: 'present',
    power,
    operatingSystem: power === 'on' ? 'up' : 'down',
    boots: 0,
    clockSkewMs: 0,
    domains: new Map(),
    writesByGoneDomains: 0,
  };
}

export function createOutsider({ name, power }: OutsiderOptions, seeded: Seeded): Machine {
  const serial = `KT${seeded.word(`serial/${name}`, 8)}`;
  const boardSerial = `KTB${seeded.word(`board serial/${name}`, 8)}`;
  return createMachine({ name, serial, boardSerial, systemUUID: seeded.uuid(`system/${name}`) }, power);
}

export interface Domain {
  readonly vmUUID: string;
  readonly vmName: string;
  readonly machine: Machine;
  readonly domid: number;
  spec: DomainSpec;
  /** `still`: one end of a live migration that does not run, or not yet. It has no disk open. */
  phase: 'runs' | 'still';
  disks: readonly OpenDisk[];
}

/** A tapdisk: one disk, held open by one domain. */
export interface OpenDisk {
  readonly vdiUUID: string;
  readonly srUUID: string;
  readonly shared: boolean;
  readonly mode: 'RW' | 'RO';
  readonly vmName: string;
  readonly machine: Machine;
  /** Rises with each opening in the whole world: who opened a disk later has the higher one. */
  readonly openedNumber: number;
  /** Lab monotonic milliseconds; undefined while the storage cannot be reached. */
  writingSinceMs: number | undefined;
  writesBefore: number;
}

export interface DomainSpec {
  readonly vmUUID: string;
  readonly vmName: string;
  readonly disks: readonly DiskSpec[];
}

export interface DiskSpec {
  readonly vdiUUID: string;
  readonly srUUID: string;
  readonly shared: boolean;
  readonly mode: 'RW' | 'RO';
}
