import type { Database } from './database.ts';
import { emptyRecord, nullRef } from './records.ts';

/** Changes that several records make together when a virtual machine starts, stops or is believed to. */

export interface RunningOn {
  readonly vm: string;
  readonly host: string;
  readonly domid: number;
}

export function believeRunning(database: Database, { vm, host, domid }: RunningOn): void {
  const record = database.get('VM', vm);
  if (record === undefined) return;
  moveResident(database, vm, { from: record.resident_on, to: host });
  database.update('VM', vm, {
    power_state: 'Running',
    resident_on: host,
    scheduled_to_be_resident_on: nullRef,
    current_operations: {},
    domid,
    allowed_operations: ['clean_shutdown', 'hard_shutdown', 'clean_reboot', 'hard_reboot', 'pool_migrate'],
  });
  attachDisks(database, record.VBDs);
}

/** A host has taken a start upon it: resident there, its disks attached, and still Halted until the domain is built. */
export function believeStarting(
  database: Database,
  { vm, host }: { readonly vm: string; readonly host: string },
): void {
  const record = database.get('VM', vm);
  if (record === undefined) return;
  moveResident(database, vm, { from: record.resident_on, to: host });
  database.update('VM', vm, { resident_on: host, scheduled_to_be_resident_on: nullRef });
  attachDisks(database, record.VBDs);
}

/** The first of the two changes by which VM.power_state_reset is seen: Halted, and resident where it was. */
export function believeStopped(database: Database, vm: string): void {
  database.update('VM', vm, { power_state: 'Halted' });
}

/** What VM.power_state_reset and a clean shutdown leave in the database. Storage locks are not touched here. */
export function believeHalted(database: Database, vm: string): void {
  const record = database.get('VM', vm);
  if (record === undefined) return;
  moveResident(database, vm, { from: record.resident_on, to: nullRef });
  database.update('VM', vm, {
    power_state: 'Halted',
    resident_on: nullRef,
    scheduled_to_be_resident_on: nullRef,
    current_operations: {},
    domid: -1,
    requires_reboot: false,
    guest_metrics: nullRef,
    allowed_operations: ['start', 'start_on', 'clone', 'copy', 'export', 'destroy'],
  });
  for (const vbd of record.VBDs) {
    if (database.get('VBD', vbd)?.currently_attached === true) {
      database.update('VBD', vbd, { currently_attached: false, current_operations: {} });
    }
  }
  if (record.guest_metrics !== nullRef) database.remove('VM_guest_metrics', record.guest_metrics);
}

function attachDisks(database: Database, vbds: readonly string[]): void {
  for (const vbd of vbds) {
    if (database.get('VBD', vbd)?.empty === false) database.update('VBD', vbd, { currently_attached: true });
  }
}

export function believeGuestUp(
  database: Database,
  { vm, ref, uuid }: { readonly vm: string; readonly ref: string; readonly uuid: string },
): void {
  if (database.get('VM', vm)?.guest_metrics !== nullRef) return;
  database.insert('VM_guest_metrics', ref, {
    ...emptyRecord('VM_guest_metrics'),
    uuid,
    live: true,
    PV_drivers_detected: true,
  });
  database.update('VM', vm, { guest_metrics: ref });
}

/** By the records: total less everything resident or on its way, as XAPI itself counts before a start. */
export function freeMemory(database: Database, host: string): number {
  const record = database.get('host', host);
  const total = database.get('host_metrics', record?.metrics ?? nullRef)?.memory_total ?? 0;
  let used = 0;
  for (const vm of record?.resident_VMs ?? []) used += memoryNeeded(database, vm);
  for (const vm of scheduledOn(database, host)) used += memoryNeeded(database, vm);
  return total - used;
}

export function memoryNeeded(database: Database, vm: string): number {
  const record = database.get('VM', vm);
  return record === undefined ? 0 : record.memory_static_max + record.memory_overhead;
}

function* scheduledOn(database: Database, host: string): Iterable<string> {
  for (const vm of database.inFlight()) {
    if (database.get('VM', vm)?.scheduled_to_be_resident_on === host) yield vm;
  }
}

function moveResident(
  database: Database,
  vm: string,
  { from, to }: { readonly from: string; readonly to: string },
): void {
  if (from === to) return;
  const old = database.get('host', from);
  if (old !== undefined) {
    database.update('host', from, { resident_VMs: old.resident_VMs.filter((each) => each !== vm) });
  }
  const next = database.get('host', to);
  if (next !== undefined) database.update('host', to, { resident_VMs: [...next.resident_VMs, vm] });
}
