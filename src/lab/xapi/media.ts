import type { Database } from '../belief/database.ts';
import { nullRef } from '../belief/records.ts';
import { giveBackLocks, takeLock } from './locks.ts';
import { memberByRef, type Pool } from './pool.ts';

/** A virtual machine's CD drive, and where the machine runs by the database, if it does. */
export interface Drive {
  readonly vbd: string;
  readonly vm: string;
}

export function driveOf(database: Database, vm: string): string | undefined {
  return database.get('VM', vm)?.VBDs.find((each) => database.get('VBD', each)?.type === 'CD');
}

/** A medium lies in the drive; a running machine opens it for reading at once. The caller has seen that it is empty. */
export function putInto(pool: Pool, database: Database, { drive, vdi }: Insertion): void {
  const record = database.get('VDI', vdi);
  const vm = database.get('VM', drive.vm);
  if (record === undefined || vm === undefined) return;
  const host = memberByRef(pool, vm.resident_on);
  const domain = host?.machine.domains.get(vm.uuid);
  const sr = database.get('SR', record.SR);
  database.update('VBD', drive.vbd, { VDI: vdi, empty: false, currently_attached: domain !== undefined });
  database.update('VDI', vdi, { VBDs: [...record.VBDs, drive.vbd] });
  if (domain === undefined || host === undefined || sr === undefined) return;
  takeLock(pool, database, { vdi, host: host.identity.hostRef, mode: 'RO' });
  pool.physics.attachDisk(domain, {
    vdiUUID: record.uuid,
    srUUID: sr.uuid,
    shared: sr.shared,
    mode: 'RO',
  });
}

export interface Insertion {
  readonly drive: Drive;
  readonly vdi: string;
}

export function takeOut(pool: Pool, database: Database, { vbd, vm }: Drive): void {
  const vdi = database.get('VBD', vbd)?.VDI ?? nullRef;
  const record = database.get('VDI', vdi);
  const machine = database.get('VM', vm);
  const host = memberByRef(pool, machine?.resident_on ?? '');
  const domain = host?.machine.domains.get(machine?.uuid ?? '');
  database.update('VBD', vbd, { VDI: nullRef, empty: true, currently_attached: false });
  if (record === undefined) return;
  database.update('VDI', vdi, { VBDs: record.VBDs.filter((each) => each !== vbd) });
  if (host === undefined || domain === undefined) return;
  const spec = pool.physics.detachDisk(domain, record.uuid);
  if (spec === undefined) return;
  giveBackLocks(pool, database, { host, disks: [spec] });
}
