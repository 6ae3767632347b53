import type { Database } from '../belief/database.ts';
import { freeMemory, memoryNeeded } from '../belief/powerState.ts';
import { isLive } from './contact.ts';
import { type Failed, failed } from './outcome.ts';

/**
 * VM.assert_can_boot_here: would the host take this virtual machine, by what the database says? Undefined means yes. The
 * host itself is not asked, and storage locks are not looked at.
 */
export function refuseToBoot(
  database: Database,
  { vm, host }: { readonly vm: string; readonly host: string },
): Failed | undefined {
  if (!isLive(database, host)) return failed('HOST_NOT_LIVE');
  if (database.get('host', host)?.enabled !== true) return failed('HOST_DISABLED', host);
  if (database.get('pool', firstPool(database))?.other_config['rolling_upgrade_in_progress'] !== undefined) {
    return failed('VM_HOST_INCOMPATIBLE_VERSION', host, vm);
  }
  const sr = unreachableStorage(database, vm, host);
  if (sr !== undefined) return failed('VM_REQUIRES_SR', vm, sr);
  const free = freeMemory(database, host);
  const needed = memoryNeeded(database, vm);
  // A virtual machine on its way to this host is counted already.
  const counted = database.get('VM', vm)?.scheduled_to_be_resident_on === host ? needed : 0;
  if (free + counted < needed) return failed('HOST_NOT_ENOUGH_FREE_MEMORY', String(needed), String(free));
  return undefined;
}

/** Hosts that pass, the one with the most free memory first. */
export function possibleHosts(database: Database, vm: string): readonly string[] {
  const fit = [...database.rows('host')]
    .map(([host]) => host)
    .filter((host) => refuseToBoot(database, { vm, host }) === undefined);
  const free = new Map(fit.map((host) => [host, freeMemory(database, host)]));
  return fit.sort((a, b) => (free.get(b) ?? 0) - (free.get(a) ?? 0));
}

function firstPool(database: Database): string {
  for (const [ref] of database.rows('pool')) return ref;
  return '';
}

function unreachableStorage(database: Database, vm: string, host: string): string | undefined {
  for (const vbd of database.get('VM', vm)?.VBDs ?? []) {
    const record = database.get('VBD', vbd);
    const sr = record === undefined || record.empty ? undefined : database.get('VDI', record.VDI)?.SR;
    if (sr === undefined) continue;
    const attached = database.get('SR', sr)?.PBDs.some((ref) => {
      const pbd = database.get('PBD', ref);
      return pbd?.host === host && pbd.currently_attached;
    });
    if (attached !== true) return sr;
  }
  return undefined;
}
