import type { Database } from '../belief/database.ts';
import type { DomainSpec } from '../world/machines.ts';
import { labNameOf, type Member, memberByRef, type Pool } from './pool.ts';

const prefix = 'host_';

export function lockKey(hostRef: string): string {
  return `${prefix}${hostRef}`;
}

/** The disks that a domain of this virtual machine would open. Empty drives are left out. */
export function diskSpecs(database: Database, vm: string): DomainSpec['disks'] {
  const specs: DomainSpec['disks'][number][] = [];
  for (const ref of database.get('VM', vm)?.VBDs ?? []) {
    const vbd = database.get('VBD', ref);
    if (vbd === undefined || vbd.empty) continue;
    const vdi = database.get('VDI', vbd.VDI);
    const sr = database.get('SR', vdi?.SR ?? '');
    if (vdi === undefined || sr === undefined) continue;
    specs.push({
      vdiUUID: vdi.uuid,
      srUUID: sr.uuid,
      shared: sr.shared,
      mode: vbd.mode === 'RO' ? 'RO' : 'RW',
    });
  }
  return specs;
}

/** The hosts that hold a disk by its sm_config, and how. */
export function holdersIn(
  smConfig: Readonly<Record<string, string>>,
): readonly { readonly host: string; readonly mode: string }[] {
  return Object.entries(smConfig)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, mode]) => ({ host: key.slice(prefix.length), mode }));
}

export function setKey(
  database: Database,
  vdi: string,
  { key, value }: { readonly key: string; readonly value: string },
): void {
  const record = database.get('VDI', vdi);
  if (record === undefined) return;
  database.update('VDI', vdi, { sm_config: { ...record.sm_config, [key]: value } });
}

/** What an activation leaves behind when nothing is in its way. */
export function takeLock(
  pool: Pool,
  database: Database,
  { vdi, host, mode }: { readonly vdi: string; readonly host: string; readonly mode: string },
): void {
  if (pool.habits.storageLocks === 'kept') setKey(database, vdi, { key: lockKey(host), value: mode });
}

/** Removes a key of VDI.sm_config. The oracle hears of a lock that goes while its host has the disk open. */
export function removeKey(pool: Pool, database: Database, { vdi, key }: Key): 'removed' | 'absent' {
  const record = database.get('VDI', vdi);
  if (record === undefined || !(key in record.sm_config)) return 'absent';
  const { [key]: _, ...rest } = record.sm_config;
  database.update('VDI', vdi, { sm_config: rest });
  const holder = key.startsWith(prefix) ? memberByRef(pool, key.slice(prefix.length)) : undefined;
  if (holder !== undefined && pool.physics.hasOpen(holder.machine, record.uuid)) {
    pool.oracle.lockCleared(holder.machine, { vdiUUID: record.uuid, vmName: ownerName(pool, database, vdi) });
  }
  return 'removed';
}

export interface Key {
  readonly vdi: string;
  readonly key: string;
}

function ownerName(pool: Pool, database: Database, vdi: string): string {
  const record = database.get('VDI', vdi);
  for (const vbd of record?.VBDs ?? []) {
    const vm = database.get('VM', database.get('VBD', vbd)?.VM ?? '');
    if (vm !== undefined) return labNameOf(pool, vm.uuid);
  }
  return record?.name_label ?? 'no virtual machine';
}

export interface HeldDisks {
  readonly host: Member;
  readonly disks: DomainSpec['disks'];
}

/**
 * A clean deactivation: the tapdisk is closed, then the host's key goes. A medium that another domain of the host still
 * reads stays open and keeps its key.
 */
export function giveBackLocks(pool: Pool, database: Database, { host, disks }: HeldDisks): void {
  for (const { vdiUUID } of disks) {
    const vdi = database.refOf('VDI', vdiUUID);
    if (vdi === undefined || pool.physics.hasOpen(host.machine, vdiUUID)) continue;
    removeKey(pool, database, { vdi, key: lockKey(host.identity.hostRef) });
  }
}

interface Reset {
  readonly hostRef: string;
  /** How many of the host's repositories it gets through; undefined: all. */
  readonly repositories: number | undefined;
}

/**
 * The hook 10resetvdis: removes a host's lock keys on every SR that the host has a PBD of, and no other key. It asks nobody
 * whether the host is really dead. Returns how many keys went.
 */
export function resetVdis(pool: Pool, database: Database, { hostRef, repositories }: Reset): number {
  const key = lockKey(hostRef);
  let removed = 0;
  for (const pbd of (database.get('host', hostRef)?.PBDs ?? []).slice(0, repositories)) {
    const sr = database.get('SR', database.get('PBD', pbd)?.SR ?? '');
    for (const vdi of sr?.VDIs ?? []) {
      if (removeKey(pool, database, { vdi, key }) === 'removed') removed += 1;
    }
  }
  return removed;
}
