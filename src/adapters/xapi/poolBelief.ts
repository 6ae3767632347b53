import type { HostBelief, PoolBelief, StorageBelief } from '../../domain/xapi/pool.ts';
import { createMachineBeliefs, hostUUID } from './machineBeliefs.ts';
import { masterUp } from './masterAge.ts';
import type { Following } from './masterConnection.ts';
import type { MasterCopy } from './masterSync.ts';
import type { WatchedClass } from './records.ts';

/**
 * Turns the copy of the pool's database into the belief that the domain reads: by UUID, with references resolved.
 * The three maps are built when they are asked for and kept until one of the classes that they rest on has changed.
 */
export interface BeliefBuilder {
  build(following: Following): PoolBelief | undefined;
  /** UUIDs of the virtual machines that look different since this was last asked, as of the last build. */
  takeChanged(): ReadonlySet<string>;
}

export function createBeliefBuilder(): BeliefBuilder {
  const hosts = cached(['host', 'host_metrics'], hostsOf);
  const machines = createMachineBeliefs();
  const storage = cached(['sr', 'pbd', 'host'], storageOf);
  const build = (following: Following): PoolBelief | undefined => {
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
      virtualMachines: machines.of(copy),
      storage: storage(copy),
    };
  };
  return { build, takeChanged: machines.takeChanged };
}

function cached<T>(
  restsOn: readonly WatchedClass[],
  build: (copy: MasterCopy) => T,
): (copy: MasterCopy) => T {
  let from: MasterCopy | undefined;
  let atCount = -1;
  let built: T | undefined;
  return (copy) => {
    const count = restsOn.reduce((sum, name) => sum + copy.changes[name], 0);
    if (built === undefined || from !== copy || atCount !== count) {
      built = build(copy);
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
