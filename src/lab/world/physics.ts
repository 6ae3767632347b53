import type { Oracle } from '../oracle.ts';
import type { LabTime } from './labTime.ts';
import type { Domain, DomainSpec, Machine, OpenDisk } from './machines.ts';
import type { LabNetwork } from './network.ts';

/**
 * What really happens: domains start and stop, and while they run and reach their storage they write to their disks at
 * a fixed beat. Writes are not events, so thousands of idle domains cost nothing; only where two domains have opened one
 * disk is each write looked at.
 */
export interface Physics {
  /** Undefined when the machine cannot run it: no power, or its hypervisor has this domain already. */
  startDomain(machine: Machine, spec: DomainSpec): Domain | undefined;
  stopDomain(machine: Machine, vmUUID: string): void;
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
  let openings = 0;
  let domids = 0;
  const openers = new Map<string, Set<OpenDisk>>();
  /** Of those that have ever written a disk, the one that opened it last. */
  const newestWriter = new Map<string, OpenDisk>();
  const now = (): number => time.lab.monotonicMs();

  const reachesStorage = (disk: OpenDisk): boolean =>
    !disk.shared || network.reaches(disk.machine.name, 'storage', 'storage');

  /** One write. A domain that writes after a younger opener has written destroys what that one wrote. */
  const write = (disk: OpenDisk): void => {
    const newest = newestWriter.get(disk.vdiUUID);
    if (newest !== undefined && newest.openedNumber > disk.openedNumber) oracle.wroteAfter(disk, newest);
    else newestWriter.set(disk.vdiUUID, disk);
  };

  const watchNextWrite = (disk: OpenDisk): void => {
    if (disk.writingSinceMs === undefined) return;
    const sinceLast = (now() - disk.writingSinceMs) % writeEveryMs;
    time.lab.after(writeEveryMs - sinceLast, () => {
      if (disk.writingSinceMs !== undefined && openers.get(disk.vdiUUID)?.has(disk) === true) write(disk);
    });
  };

  const beginWriting = (disk: OpenDisk): void => {
    if (disk.mode === 'RO') return;
    disk.writingSinceMs = now();
    write(disk);
    for (const other of openers.get(disk.vdiUUID) ?? []) if (other !== disk) watchNextWrite(other);
  };

  const endWriting = (disk: OpenDisk): void => {
    if (disk.writingSinceMs === undefined) return;
    disk.writesBefore += writesSince(disk.writingSinceMs);
    disk.writingSinceMs = undefined;
  };
  const writesSince = (sinceMs: number): number => 1 + Math.floor((now() - sinceMs) / writeEveryMs);
  const writesOf = (disk: OpenDisk): number =>
    disk.writesBefore + (disk.writingSinceMs === undefined ? 0 : writesSince(disk.writingSinceMs));

  const open = (machine: Machine, spec: DomainSpec): readonly OpenDisk[] =>
    spec.disks.map((each) => {
      openings += 1;
      const disk: OpenDisk = {
        ...each,
        vmName: spec.vmName,
        machine,
        openedNumber: openings,
        writingSinceMs: undefined,
        writesBefore: 0,
      };
      const set = openers.get(each.vdiUUID) ?? new Set();
      openers.set(each.vdiUUID, set.add(disk));
      return disk;
    });

  const end = (domain: Domain): void => {
    domain.machine.domains.delete(domain.vmUUID);
    for (const disk of domain.disks) {
      endWriting(disk);
      domain.machine.writesByGoneDomains += disk.writesBefore;
      openers.get(disk.vdiUUID)?.delete(disk);
    }
    oracle.domainStopped(domain);
  };

  return {
    startDomain: (machine, spec) => {
      if (machine.operatingSystem !== 'up' || machine.domains.has(spec.vmUUID)) return undefined;
      domids += 1;
      const domain: Domain = {
        vmUUID: spec.vmUUID,
        vmName: spec.vmName,
        machine,
        domid: domids,
        sinceMs: now(),
        disks: open(machine, spec),
      };
      machine.domains.set(spec.vmUUID, domain);
      oracle.domainStarted(domain);
      for (const disk of domain.disks) if (reachesStorage(disk)) beginWriting(disk);
      return domain;
    },
    stopDomain: (machine, vmUUID) => {
      const domain = machine.domains.get(vmUUID);
      if (domain !== undefined) end(domain);
    },
    losePower: (machine) => {
      machine.power = 'off';
      machine.operatingSystem = 'down';
      machine.boots += 1;
      for (const domain of [...machine.domains.values()]) end(domain);
    },
    storageLinksChanged: () => {
      for (const machine of machines) {
        const reaches = network.reaches(machine.name, 'storage', 'storage');
        for (const domain of machine.domains.values()) {
          for (const disk of domain.disks) {
            if (!disk.shared) continue;
            if (!reaches) endWriting(disk);
            else if (disk.writingSinceMs === undefined) beginWriting(disk);
          }
        }
      }
    },
    writesOn: (machine) => {
      let writes = machine.writesByGoneDomains;
      for (const domain of machine.domains.values())
        for (const disk of domain.disks) writes += writesOf(disk);
      return writes;
    },
    hasOpen: (machine, vdiUUID) => [...(openers.get(vdiUUID) ?? [])].some((disk) => disk.machine === machine),
  };
}
