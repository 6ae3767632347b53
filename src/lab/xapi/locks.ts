import type { Database } from '../belief/database.ts';
import type { DomainSpec } from '../world/machines.ts';
import { failToReach } from './contact.ts';
import { type Failed, failed } from './outcome.ts';
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

export function takeLock(
  database: Database,
  vdi: string,
  lock: { readonly host: string; readonly mode: string },
): void {
  const record = database.get('VDI', vdi);
  if (record === undefined) return;
  database.update('VDI', vdi, { sm_config: { ...record.sm_config, [lockKey(lock.host)]: lock.mode } });
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

/**
 * The hook 10resetvdis: removes a host's lock keys on every SR that the host has a PBD of. It asks nobody whether the
 * host is really dead. Returns how many keys went.
 */
export function resetVdis(pool: Pool, database: Database, hostRef: string): number {
  const key = lockKey(hostRef);
  let removed = 0;
  for (const pbd of database.get('host', hostRef)?.PBDs ?? []) {
    const sr = database.get('SR', database.get('PBD', pbd)?.SR ?? '');
    for (const vdi of sr?.VDIs ?? []) {
      if (removeKey(pool, database, { vdi, key }) === 'removed') removed += 1;
    }
  }
  return removed;
}

/**
 * What the storage manager does with the lock keys that it finds on a disk before it opens it on `target`. A refusal
 * is SR_BACKEND_FAILURE_46 with free text; undefined means that the way is free.
 */
export async function clearTheWay(
  pool: Pool,
  database: Database,
  {
    vdi,
    mode,
    target,
    master,
  }: {
    readonly vdi: string;
    readonly mode: 'RW' | 'RO';
    readonly target: Member;
    readonly master: Member;
  },
): Promise<Failed | undefined> {
  const record = database.get('VDI', vdi);
  // Any number of hosts may read.
  if (mode === 'RO' && !Object.values(record?.sm_config ?? {}).includes('RW')) return undefined;
  for (const key of Object.keys(record?.sm_config ?? {})) {
    if (key === 'paused' || key === 'relinking') return unavailable(`VDI ${record?.uuid} locked`);
    if (key === 'activating') {
      return unavailable(`['MAP_DUPLICATE_KEY', 'VDI', 'sm_config', '${vdi}', 'activating']`);
    }
    if (!key.startsWith(prefix)) continue;
    const holder = key.slice(prefix.length);
    const verdict =
      holder === target.identity.hostRef
        ? ownKey(pool, record?.uuid ?? '')
        : await foreignKey(pool, database, { holder, vdiUUID: record?.uuid ?? '', master });
    if (verdict !== undefined) return verdict;
    removeKey(pool, database, { vdi, key });
  }
  return undefined;
}

function ownKey(pool: Pool, vdiUUID: string): Failed | undefined {
  if (pool.habits.ownLeftOverLock === 'takenOver') return undefined;
  return unavailable(`VDI ${vdiUUID} already attached here`);
}

interface Foreign {
  readonly holder: string;
  readonly vdiUUID: string;
  readonly master: Member;
}

async function foreignKey(
  pool: Pool,
  database: Database,
  { holder, vdiUUID, master }: Foreign,
): Promise<Failed | undefined> {
  // A key of a host that the pool has forgotten is dropped without a word.
  if (database.get('host', holder) === undefined) return undefined;
  const unreached = await failToReach(pool, { master, database, host: holder });
  if (unreached !== undefined) return unavailable(`['${unreached.error.join("', '")}']`);
  const member = memberByRef(pool, holder);
  if (member !== undefined && pool.physics.hasOpen(member.machine, vdiUUID))
    return unavailable(`VDI ${vdiUUID} not detached cleanly`);
  return undefined;
}

function unavailable(detail: string): Failed {
  return failed('SR_BACKEND_FAILURE_46', '', `The VDI is not available [opterr=${detail}]`, '');
}
