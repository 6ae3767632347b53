import type { Database } from '../belief/database.ts';
import { believeHalted, believeRunning } from '../belief/powerState.ts';
import { nullRef } from '../belief/records.ts';
import type { Domain } from '../world/machines.ts';
import { giveBackLocks } from './locks.ts';
import type { Member, Pool } from './pool.ts';
import { reportMemory } from './statistics.ts';

/**
 * What a toolstack does with the domains on its machine when it starts and the master knows it: a domain that the
 * database says runs elsewhere, or does not know, is shut down; one that is resident nowhere is adopted; one that the
 * database says is here and is not is forced Halted. It never runs without a toolstack start, and never on a
 * forgotten host: their stale domains write on.
 */
export function reconcileDomains(pool: Pool, member: Member, database: Database): void {
  const host = member.identity.hostRef;
  for (const domain of [...member.machine.domains.values()]) {
    const vm = database.refOf('VM', domain.vmUUID);
    const residentOn = vm === undefined ? undefined : database.get('VM', vm)?.resident_on;
    if (domain.phase === 'still') {
      // An end of a migration that its toolstack's restart has broken off: the source goes on, the target clears away.
      if (residentOn === host) pool.physics.resumeDomain(domain);
      else pool.physics.stopDomain(member.machine, domain.vmUUID);
      continue;
    }
    if (vm === undefined || (residentOn !== nullRef && residentOn !== host)) {
      pool.physics.stopDomain(member.machine, domain.vmUUID);
      giveBackLocks(pool, database, { host: member, disks: domain.spec.disks });
    } else if (residentOn !== host || database.get('VM', vm)?.power_state === 'Halted')
      adopt(pool, database, { vm, host, domain });
  }
  for (const vm of database.get('host', host)?.resident_VMs ?? []) {
    const record = database.get('VM', vm);
    if (record === undefined || record.is_control_domain) continue;
    if (!member.machine.domains.has(record.uuid)) believeHalted(database, vm);
  }
  reportMemory(pool, database, host);
}

/** After the master came back: domains that this host started meanwhile are reported as running here. */
export function adoptUnknownToDatabase(pool: Pool, member: Member, database: Database): void {
  for (const domain of member.machine.domains.values()) {
    if (domain.phase === 'still') continue;
    const vm = database.refOf('VM', domain.vmUUID);
    const record = vm === undefined ? undefined : database.get('VM', vm);
    const host = member.identity.hostRef;
    // What is on its way to another host is reported there. A start that was on its way here is reported from here: the
    // master that carried it out has forgotten it.
    const scheduled = record?.scheduled_to_be_resident_on;
    if (vm === undefined || record === undefined || (scheduled !== nullRef && scheduled !== host)) continue;
    const free = record.resident_on === nullRef || record.resident_on === host;
    if (free && record.power_state === 'Halted') {
      adopt(pool, database, { vm, host, domain });
    }
  }
}

/** The storage is not asked again: a lock key that was cleared meanwhile stays cleared under the running domain. */
function adopt(
  pool: Pool,
  database: Database,
  { vm, host, domain }: { readonly vm: string; readonly host: string; readonly domain: Domain },
): void {
  believeRunning(database, { vm, host, domid: domain.domid });
  reportMemory(pool, database, host);
}
