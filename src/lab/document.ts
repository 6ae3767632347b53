/**
 * What a person or a program needs to know to work with a lab: `kintsugi lab up` prints it and keeps it in
 * lab.json. Plain JSON. The passwords open nothing but this lab.
 */
export interface LabDocument {
  readonly seed: number;
  readonly version: string;
  readonly speed: number;
  readonly poolUUID: string;
  readonly poolName: string;
  /** XAPI's port on every member's address. */
  readonly port: number;
  readonly members: readonly LabMember[];
  readonly storage: readonly LabStorage[];
  readonly virtualMachines: readonly LabVirtualMachine[];
}

export interface LabMember {
  /** `host-1` … also the machine's name in steering commands. */
  readonly name: string;
  readonly hostUUID: string;
  /** As in the pool database: the storage lock keys are named `host_<hostRef>`. */
  readonly hostRef: string;
  readonly address: string;
  /** SHA-256 of its certificate, `AA:BB:…`. */
  readonly fingerprint: string;
  /** The firmware's. What the pool or a controller shows may be another one, where the lab was made so. */
  readonly serial: string;
  readonly boardSerial: string;
  readonly systemUUID: string;
  readonly user: string;
  readonly password: string;
  readonly memoryBytes: number;
  readonly bmc: LabBmc;
}

export interface LabBmc {
  /** `bmc-1` … its name in faults. */
  readonly name: string;
  readonly origin: string;
  readonly fingerprint: string;
  readonly user: string;
  readonly password: string;
  readonly systemId: string;
}

export interface LabStorage {
  readonly uuid: string;
  readonly name: string;
  readonly kind: 'disks' | 'isoLibrary' | 'hostDrive';
  readonly shared: boolean;
  /** Of a local SR and of a drive: the member it belongs to. */
  readonly hostName?: string;
}

export interface LabVirtualMachine {
  readonly uuid: string;
  readonly name: string;
  readonly order: number;
  readonly startDelaySeconds: number;
  readonly priority: 'High' | 'Normal' | 'Low';
  readonly memoryBytes: number;
  /** Where it runs when the lab starts. */
  readonly hostName: string;
  readonly srUUID: string;
  readonly srName: string;
  readonly shared: boolean;
  readonly diskUUID: string;
  /** Beside its system disk, on another shared SR. Databases have one where there are several shared SRs. */
  readonly dataDisk?: { readonly diskUUID: string; readonly srUUID: string };
}
