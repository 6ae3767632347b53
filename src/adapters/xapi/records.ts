import type { PowerState } from '../../domain/xapi/pool.ts';

/**
 * What is kept of each record of the event stream: a few fields, taken the moment the record is read, so that a pool
 * of thousands of virtual machines stays small. A record without a field that is needed is not guessed at: it throws
 * MalformedRecord, which makes the whole reply unusable and the belief unknown.
 *
 * Field names and types are those of XAPI's data model (model/); all of them exist in Citrix Hypervisor 8.2 and later.
 */
export interface PoolRecord {
  readonly uuid: string;
  readonly name: string;
  readonly masterRef: string;
  readonly haEnabled: boolean;
  readonly rollingUpgrade: boolean;
}

export interface HostRecord {
  readonly uuid: string;
  readonly name: string;
  readonly address: string;
  readonly enabled: boolean;
  readonly currentOperations: readonly string[];
  readonly serial: string;
  readonly boardSerial: string;
  readonly softwareVersion: string;
  readonly metricsRef: string;
  /** Seconds since 1970 by the host's own clock; undefined when it is missing or no number. */
  readonly agentStartSeconds: number | undefined;
}

export interface HostMetricsRecord {
  readonly live: boolean;
  readonly memoryTotalBytes: number;
  readonly memoryFreeBytes: number;
}

export interface VirtualMachineRecord {
  readonly uuid: string;
  readonly name: string;
  readonly powerState: PowerState;
  readonly residentOnRef: string | undefined;
  readonly scheduledOnRef: string | undefined;
  readonly affinityRef: string | undefined;
  readonly currentOperations: readonly string[];
  readonly memoryBytes: number;
  readonly order: number;
  readonly startDelaySeconds: number;
  readonly guestMetricsRef: string | undefined;
  readonly vbdRefs: readonly string[];
}

export interface VbdRecord {
  /** Undefined for an empty drive. */
  readonly vdiRef: string | undefined;
  readonly mode: 'RW' | 'RO';
  /** A CD drive: what is in it can be taken out. Floppies are the other kind of the data model, and disks here. */
  readonly removable: boolean;
}

export interface DiskRecord {
  readonly uuid: string;
  readonly srRef: string;
}

export interface SrRecord {
  readonly uuid: string;
  readonly name: string;
  readonly type: string;
  readonly shared: boolean;
  readonly currentOperations: readonly string[];
}

export interface PbdRecord {
  readonly hostRef: string;
  readonly srRef: string;
  readonly attached: boolean;
}

export interface TaskRecord {
  /** The method that it carries out, with `Async.` before it. */
  readonly name: string;
  readonly status: string;
  readonly errorInfo: readonly string[];
}

export interface GuestMetricsRecord {
  readonly live: boolean;
}

/** The classes of the event stream by their name in events, which is lower case, with what is kept of each. */
export interface WatchedRecords {
  readonly pool: PoolRecord;
  readonly host: HostRecord;
  readonly host_metrics: HostMetricsRecord;
  /** Templates, snapshots and control domains are only counted. */
  readonly vm: VirtualMachineRecord | 'leftOut';
  readonly vbd: VbdRecord;
  readonly sr: SrRecord;
  readonly pbd: PbdRecord;
  readonly task: TaskRecord;
  readonly vm_guest_metrics: GuestMetricsRecord;
}

export type WatchedClass = keyof WatchedRecords;

export class MalformedRecord extends Error {}

type Fields = Readonly<Record<string, unknown>>;

export const projections: { readonly [C in WatchedClass]: (record: Fields) => WatchedRecords[C] } = {
  pool: (record) => ({
    uuid: text(record, 'uuid'),
    name: text(record, 'name_label'),
    masterRef: text(record, 'master'),
    haEnabled: truth(record, 'ha_enabled'),
    rollingUpgrade: 'rolling_upgrade_in_progress' in map(record, 'other_config'),
  }),
  host: projectHost,
  // The data model calls memory_free removed since 2012; xapi goes on writing it (monitor_mem.ml), a few times a minute.
  // It lags behind a start under way, so it is for plans; VM.assert_can_boot_here decides by what is free at the moment.
  host_metrics: (record) => ({
    live: truth(record, 'live'),
    memoryTotalBytes: quantity(record, 'memory_total'),
    memoryFreeBytes: quantity(record, 'memory_free'),
  }),
  vm: projectVirtualMachine,
  vbd: projectVbd,
  sr: (record) => ({
    uuid: text(record, 'uuid'),
    name: text(record, 'name_label'),
    type: text(record, 'type'),
    shared: truth(record, 'shared'),
    currentOperations: operations(record),
  }),
  pbd: (record) => ({
    hostRef: text(record, 'host'),
    srRef: text(record, 'SR'),
    attached: truth(record, 'currently_attached'),
  }),
  task: (record) => ({
    name: text(record, 'name_label'),
    status: text(record, 'status'),
    errorInfo: list(record, 'error_info').map(String),
  }),
  vm_guest_metrics: (record) => ({ live: truth(record, 'live') }),
};

function projectHost(record: Fields): HostRecord {
  const otherConfig = map(record, 'other_config');
  const software = map(record, 'software_version');
  const bios = map(record, 'bios_strings');
  const agentStart = Number.parseFloat(String(otherConfig['agent_start_time'] ?? ''));
  return {
    uuid: text(record, 'uuid'),
    name: text(record, 'name_label'),
    address: text(record, 'address'),
    enabled: truth(record, 'enabled'),
    currentOperations: operations(record),
    serial: String(bios['system-serial-number'] ?? '').trim(),
    boardSerial: String(bios['baseboard-serial-number'] ?? '').trim(),
    softwareVersion: `${software['product_version'] ?? '?'}/${software['xapi_build'] ?? '?'}`,
    metricsRef: text(record, 'metrics'),
    agentStartSeconds: Number.isFinite(agentStart) ? agentStart : undefined,
  };
}

/**
 * A start needs memory_dynamic_min plus the overhead at the least (XAPI: Memory_check.vm_compute_start_memory); the
 * plan counts with dynamic_max, so that a host is never filled to where its machines have to be squeezed.
 */
export function projectVirtualMachine(record: Fields): VirtualMachineRecord | 'leftOut' {
  if (
    truth(record, 'is_a_template') ||
    truth(record, 'is_a_snapshot') ||
    truth(record, 'is_control_domain')
  ) {
    return 'leftOut';
  }
  return {
    uuid: text(record, 'uuid'),
    name: text(record, 'name_label'),
    powerState: powerState(record),
    residentOnRef: reference(record, 'resident_on'),
    scheduledOnRef: reference(record, 'scheduled_to_be_resident_on'),
    affinityRef: reference(record, 'affinity'),
    currentOperations: operations(record),
    memoryBytes: quantity(record, 'memory_dynamic_max') + quantity(record, 'memory_overhead'),
    order: quantity(record, 'order'),
    startDelaySeconds: quantity(record, 'start_delay'),
    guestMetricsRef: reference(record, 'guest_metrics'),
    vbdRefs: list(record, 'VBDs').map(String),
  };
}

export function projectVbd(record: Fields): VbdRecord {
  const mode = text(record, 'mode');
  if (mode !== 'RW' && mode !== 'RO') throw new MalformedRecord(`mode is "${mode}"`);
  return {
    vdiRef: truth(record, 'empty') ? undefined : reference(record, 'VDI'),
    mode,
    removable: text(record, 'type') === 'CD',
  };
}

export function projectDisk(record: Fields): DiskRecord {
  return { uuid: text(record, 'uuid'), srRef: text(record, 'SR') };
}

export function asFields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedRecord(`${what} is no record`);
  }
  return value as Fields;
}

export const nullRef = 'OpaqueRef:NULL';

/** Undefined for the null reference, however a version writes it. */
export function reference(record: Fields, name: string): string | undefined {
  const ref = text(record, name);
  return ref === nullRef || ref === '' ? undefined : ref;
}

export function text(record: Fields, name: string): string {
  const value = record[name];
  if (typeof value !== 'string') throw new MalformedRecord(`a record has no text in ${name}`);
  return value;
}

function truth(record: Fields, name: string): boolean {
  const value = record[name];
  if (typeof value !== 'boolean') throw new MalformedRecord(`a record has no yes or no in ${name}`);
  return value;
}

/**
 * XAPI's integers have 64 bits and come as JSON numbers, in places as digits in a string. What is read here are
 * amounts (bytes, seconds, ranks), where rounding beyond 2^53 changes nothing; identifiers are never numbers.
 */
function quantity(record: Fields, name: string): number {
  const value = record[name];
  const amount = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof amount !== 'number' || !Number.isFinite(amount)) {
    throw new MalformedRecord(`a record has no number in ${name}`);
  }
  return amount;
}

export function map(record: Fields, name: string): Fields {
  return asFields(record[name], name);
}

function list(record: Fields, name: string): readonly unknown[] {
  const value = record[name];
  if (!Array.isArray(value)) throw new MalformedRecord(`a record has no list in ${name}`);
  return value;
}

/** Keys are tasks, values what they do. */
export function operations(record: Fields): readonly string[] {
  const values = Object.values(map(record, 'current_operations'));
  return values.length === 0 ? none : values.map(String);
}

const none: readonly string[] = [];

function powerState(record: Fields): PowerState {
  const state = text(record, 'power_state');
  if (state === 'Running' || state === 'Halted' || state === 'Paused' || state === 'Suspended') return state;
  throw new MalformedRecord(`power_state is "${state}"`);
}
