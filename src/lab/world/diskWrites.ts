import type { Oracle } from '../oracle.ts';
import type { LabTime } from './labTime.ts';
import type { DomainSpec, Machine, OpenDisk } from './machines.ts';
import type { LabNetwork } from './network.ts';

/**
 * Who has which disk open, and who writes. A domain writes when it opens a disk and then at a fixed beat for as long as
 * it reaches the storage. Writes are not events, so thousands of idle domains cost nothing; only where two domains
 * have opened one disk is each write looked at.
 */
export interface DiskWrites {
  open(machine: Machine, spec: DomainSpec): readonly OpenDisk[];
  close(disk: OpenDisk): void;
  /** Begins or ends writing, as the storage can be reached now or not. */
  followStorage(disk: OpenDisk): void;
  /** Writes by this opener so far. */
  count(disk: OpenDisk): number;
  hasOpen(machine: Machine, vdiUUID: string): boolean;
}

export interface DiskWritesParts {
  readonly network: LabNetwork;
  readonly time: LabTime;
  readonly oracle: Oracle;
  readonly writeEveryMs: number;
}

export function createDiskWrites({ network, time, oracle, writeEveryMs }: DiskWritesParts): DiskWrites {
  let openings = 0;
  const openers = new Map<string, Set<OpenDisk>>();
  /** Of those that have ever written a disk, the one that opened it last. */
  const newestWriter = new Map<string, OpenDisk>();
  const now = (): number => time.lab.monotonicMs();

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
      if (disk.writingSinceMs !== undefined) write(disk);
    });
  };
  const begin = (disk: OpenDisk): void => {
    disk.writingSinceMs = now();
    write(disk);
    for (const other of openers.get(disk.vdiUUID) ?? []) if (other !== disk) watchNextWrite(other);
  };
  const writesSince = (sinceMs: number): number => 1 + Math.floor((now() - sinceMs) / writeEveryMs);
  const end = (disk: OpenDisk): void => {
    if (disk.writingSinceMs === undefined) return;
    disk.writesBefore += writesSince(disk.writingSinceMs);
    disk.writingSinceMs = undefined;
  };

  return {
    open: (machine, spec) =>
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
      }),
    close: (disk) => {
      end(disk);
      openers.get(disk.vdiUUID)?.delete(disk);
    },
    followStorage: (disk) => {
      const reaches = !disk.shared || network.reaches(disk.machine.name, 'storage', 'storage');
      if (!reaches) end(disk);
      else if (disk.mode === 'RW' && disk.writingSinceMs === undefined) begin(disk);
    },
    count: (disk) =>
      disk.writesBefore + (disk.writingSinceMs === undefined ? 0 : writesSince(disk.writingSinceMs)),
    hasOpen: (machine, vdiUUID) => [...(openers.get(vdiUUID) ?? [])].some((disk) => disk.machine === machine),
  };
}
