import type { Oracle } from '../oracle.ts';
import { createDiskWrites } from './diskWrites.ts';
import type { LabTime } from './labTime.ts';
import type { DiskSpec, Domain, DomainSpec, Machine, OpenDisk } from './machines.ts';
import type { LabNetwork } from './network.ts';

/** What really happens: domains start and stop, hold their disks open and write to them. */
export interface Physics {
  /** Undefined when the machine cannot run it: no power, or its hypervisor has this domain already. */
  startDomain(machine: Machine, spec: DomainSpec): Domain | undefined;
  /** As `startDomain`, but the domain stands still and opens nothing: the receiving end of a live migration. */
  buildDomain(machine: Machine, spec: DomainSpec): Domain | undefined;
  /** A domain that stood still runs from now on, with its disks open. */
  resumeDomain(domain: Domain): void;
  /** A domain that ran stands still, and closes its disks. */
  suspendDomain(domain: Domain): void;
  stopDomain(machine: Machine, vmUUID: string): void;
  attachDisk(domain: Domain, disk: DiskSpec): void;
  /** Undefined when the domain has no such disk. */
  detachDisk(domain: Domain, vdiUUID: string): DiskSpec | undefined;
  /** The power is gone at once, and with it the domains. */
  losePower(machine: Machine): void;
  /** To be called after links to the storage were cut or mended. */
  storageLinksChanged(): void;
  /** Disk writes that domains of this machine have done since the lab started. */
  writesOn(machine: Machine): number;
  /** Whether the machine has the disk open now. */
  hasOpen(machine: Machine, vdiUUID: string): boolean;
}

export interface PhysicsParts {
  readonly machines: readonly Machine[];
  readonly network: LabNetwork;
  readonly time: LabTime;
  readonly oracle: Oracle;
  readonly writeEveryMs: number;
}

export function createPhysics({ machines, network, time, oracle, writeEveryMs }: PhysicsParts): Physics {
  const disks = createDiskWrites({ network, time, oracle, writeEveryMs });
  let domids = 0;

  const build = (machine: Machine, spec: DomainSpec): Domain | undefined => {
    if (machine.operatingSystem !== 'up' || machine.domains.has(spec.vmUUID)) return undefined;
    domids += 1;
    const { vmUUID, vmName } = spec;
    const domain: Domain = { vmUUID, vmName, machine, domid: domids, spec, phase: 'still', disks: [] };
    machine.domains.set(vmUUID, domain);
    return domain;
  };
  const resume = (domain: Domain): void => {
    if (domain.phase === 'runs') return;
    domain.phase = 'runs';
    domain.disks = disks.open(domain.machine, domain.spec);
    oracle.domainStarted(domain);
    for (const disk of domain.disks) disks.followStorage(disk);
  };
  const close = (disk: OpenDisk): void => {
    disks.close(disk);
    disk.machine.writesByGoneDomains += disk.writesBefore;
  };
  const suspend = (domain: Domain): void => {
    if (domain.phase === 'still') return;
    domain.phase = 'still';
    for (const disk of domain.disks) close(disk);
    domain.disks = [];
    oracle.domainStopped(domain);
  };
  const end = (domain: Domain): void => {
    suspend(domain);
    domain.machine.domains.delete(domain.vmUUID);
  };

  return {
    startDomain: (machine, spec) => {
      const domain = build(machine, spec);
      if (domain !== undefined) resume(domain);
      return domain;
    },
    buildDomain: build,
    resumeDomain: resume,
    suspendDomain: suspend,
    stopDomain: (machine, vmUUID) => {
      const domain = machine.domains.get(vmUUID);
      if (domain !== undefined) end(domain);
    },
    attachDisk: (domain, disk) => {
      domain.spec = { ...domain.spec, disks: [...domain.spec.disks, disk] };
      if (domain.phase === 'still') return;
      const opened = disks.open(domain.machine, { ...domain.spec, disks: [disk] });
      domain.disks = [...domain.disks, ...opened];
      for (const each of opened) disks.followStorage(each);
    },
    detachDisk: (domain, vdiUUID) => {
      const spec = domain.spec.disks.find((each) => each.vdiUUID === vdiUUID);
      domain.spec = { ...domain.spec, disks: domain.spec.disks.filter((each) => each !== spec) };
      for (const disk of domain.disks) if (disk.vdiUUID === vdiUUID) close(disk);
      domain.disks = domain.disks.filter((each) => each.vdiUUID !== vdiUUID);
      return spec;
    },
    losePower: (machine) => {
      machine.power = 'off';
      machine.operatingSystem = 'down';
      machine.boots += 1;
      for (const domain of [...machine.domains.values()]) end(domain);
    },
    storageLinksChanged: () => {
      for (const machine of machines) {
        for (const domain of machine.domains.values()) {
          for (const disk of domain.disks) disks.followStorage(disk);
        }
      }
    },
    writesOn: (machine) => {
      let writes = machine.writesByGoneDomains;
      for (const { disks: open } of machine.domains.values()) {
        for (const disk of open) writes += disks.count(disk);
      }
      return writes;
    },
    hasOpen: disks.hasOpen,
  };
}
