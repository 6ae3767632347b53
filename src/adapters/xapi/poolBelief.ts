import type {
  DiskRef,
  HostBelief,
  PoolBelief,
  StorageBelief,
  VirtualMachineBelief,
} from '../../domain/pool.ts';
import { masterUp } from './masterAge.ts';
import type { Following } from './masterConnection.ts';
import type { MasterCopy } from './masterSync.ts';
import type { VbdRecord, VirtualMachineRecord, WatchedClass } from './records.ts';
import type { DiskTable, RecordTables } from './recordTables.ts';

/**
 * Turns the copy of the pool's database into the belief that the domain reads: by UUID, with references resolved.
 * The three maps are built when they are asked for and kept until one of the classes that they rest on has changed.
 */
export type BeliefBuilder = (following: Following) => PoolBelief | undefined;

export function createBeliefBuilder(): BeliefBuilder {
  const hosts = cached(['host', 'host_metrics'], hostsOf);
  const virtualMachines = cached(['vm', 'vbd', 'sr', 'host', 'vm_guest_metrics'], virtualMachinesOf);
  const storage = cached(['sr', 'pbd', 'host'], storageOf);
  return (following) => {
    const { copy, age } = following;
    const [pool] = copy.tables.pool.values();
    const master = pool === undefined ? undefined : copy.tables.host.get(pool.masterRef);
    if (pool === undefined || master === undefined) return undefined;
    const up = masterUp({
      master,
      age,
      nowMs: copy.currentAtMs,
      sessionOpenedAtMs: copy.session.openedAtMs,
    });
    return {
      uuid: pool.uuid,
      name: pool.name,
      masterUUID: master.uuid,
      haEnabled: pool.haEnabled,
      rollingUpgrade: pool.rollingUpgrade,
      masterUpForMs: up.atLeastMs,
      masterUpUnsureBecause: up.unsureBecause,
      hosts: hosts(copy),
      virtualMachines: virtualMachines(copy),
      storage: storage(copy),
    };
  };
}

function cached<T>(
  restsOn: readonly WatchedClass[],
  build: (copy: MasterCopy, before: T | undefined) => T,
): (copy: MasterCopy) => T {
  let from: MasterCopy | undefined;
  let atCount = -1;
  let built: T | undefined;
  return (copy) => {
    const count = restsOn.reduce((sum, name) => sum + copy.changes[name], 0);
    if (built === undefined || from !== copy || atCount !== count) {
      built = build(copy, built);
      from = copy;
      atCount = count;
    }
    return built;
  };
}

/** A host without metrics is shown as not live and without room, so that nothing is ever put on it. */
function hostsOf({ tables }: MasterCopy): ReadonlyMap<string, HostBelief> {
  const hosts = new Map<string, HostBelief>();
  for (const [ref, host] of tables.host) {
    const metrics = tables.host_metrics.get(host.metricsRef);
    hosts.set(host.uuid, {
      uuid: host.uuid,
      ref,
      name: host.name,
      address: host.address,
      live: metrics?.live ?? false,
      enabled: host.enabled,
      currentOperations: host.currentOperations,
      serial: host.serial,
      boardSerial: host.boardSerial,
      softwareVersion: host.softwareVersion,
      memoryTotalBytes: metrics?.memoryTotalBytes ?? 0,
      memoryFreeBytes: metrics?.memoryFreeBytes ?? 0,
    });
  }
  return hosts;
}

/** One that says the same as before is the same object, so that whoever shows thousands of them sees which changed. */
function virtualMachinesOf(
  copy: MasterCopy,
  before: ReadonlyMap<string, VirtualMachineBelief> | undefined,
): ReadonlyMap<string, VirtualMachineBelief> {
  const virtualMachines = new Map<string, VirtualMachineBelief>();
  for (const record of copy.tables.vm.values()) {
    if (record === 'leftOut') continue;
    const now = virtualMachineBelief(record, copy, noVbds);
    const last = before?.get(record.uuid);
    virtualMachines.set(record.uuid, last !== undefined && saysTheSame(last, now) ? last : now);
  }
  return virtualMachines;
}

function saysTheSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const entries = Object.entries(one);
  const values = other as Readonly<Record<string, unknown>>;
  return (
    entries.length === Object.keys(other).length &&
    entries.every(([name, value]) => saysTheSame(value, values[name]))
  );
}

const noVbds: ReadonlyMap<string, VbdRecord> = new Map();

/** `newVbds` are VBDs that the event stream has not told of yet. */
export function virtualMachineBelief(
  record: VirtualMachineRecord,
  { tables, disks }: MasterCopy,
  newVbds: ReadonlyMap<string, VbdRecord>,
): VirtualMachineBelief {
  const agent =
    record.guestMetricsRef === undefined ? undefined : tables.vm_guest_metrics.get(record.guestMetricsRef);
  const vbds = record.vbdRefs.map((ref) => ({ ref, vbd: tables.vbd.get(ref) ?? newVbds.get(ref) }));
  return {
    uuid: record.uuid,
    name: record.name,
    powerState: record.powerState,
    residentOn: hostUUID(tables, record.residentOnRef),
    scheduledOn: hostUUID(tables, record.scheduledOnRef),
    affinity: hostUUID(tables, record.affinityRef),
    currentOperations: record.currentOperations,
    memoryBytes: record.memoryBytes,
    order: record.order,
    startDelaySeconds: record.startDelaySeconds,
    disks: vbds.flatMap(({ ref, vbd }): readonly DiskRef[] => {
      if (vbd === undefined) return [{ vdiUUID: ref, srUUID: '', mode: 'RW' }];
      return vbd.removable ? [] : diskRef(vbd, tables, disks);
    }),
    media: vbds.flatMap(({ vbd }) => (vbd?.removable === true ? diskRef(vbd, tables, disks) : [])),
    guestAgentLive: agent?.live,
  };
}

/** A host that has no record any more is still somewhere: its reference stands in, and equals no host's UUID. */
function hostUUID(tables: RecordTables, ref: string | undefined): string | undefined {
  return ref === undefined ? undefined : (tables.host.get(ref)?.uuid ?? ref);
}

/**
 * A disk is never left out because something about it is unknown, or a virtual machine would look easier to start
 * than it is: what has no UUID is named by its reference, and lies on a storage repository that nobody has.
 */
function diskRef(vbd: VbdRecord, tables: RecordTables, disks: DiskTable): readonly DiskRef[] {
  if (vbd.vdiRef === undefined) return [];
  const disk = disks.get(vbd.vdiRef);
  const sr = disk === undefined ? undefined : tables.sr.get(disk.srRef);
  return [{ vdiUUID: disk?.uuid ?? vbd.vdiRef, srUUID: sr?.uuid ?? '', mode: vbd.mode }];
}

function storageOf({ tables }: MasterCopy): ReadonlyMap<string, StorageBelief> {
  const attachedOn = new Map<string, Set<string>>();
  const knownOn = new Map<string, Set<string>>();
  for (const ref of tables.sr.keys()) {
    attachedOn.set(ref, new Set());
    knownOn.set(ref, new Set());
  }
  for (const pbd of tables.pbd.values()) {
    const host = hostUUID(tables, pbd.hostRef) ?? pbd.hostRef;
    knownOn.get(pbd.srRef)?.add(host);
    if (pbd.attached) attachedOn.get(pbd.srRef)?.add(host);
  }
  const storage = new Map<string, StorageBelief>();
  for (const [ref, sr] of tables.sr) {
    storage.set(sr.uuid, {
      uuid: sr.uuid,
      name: sr.name,
      type: sr.type,
      shared: sr.shared,
      currentOperations: sr.currentOperations,
      attachedOn: attachedOn.get(ref) ?? new Set(),
      knownOn: knownOn.get(ref) ?? new Set(),
    });
  }
  return storage;
}
