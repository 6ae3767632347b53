/**
 * What the pool says of each virtual machine. An event costs what it touches: only machines are made anew that it is about,
 * and one that says the same as before stays the same object, so that whoever shows thousands of them sees which changed.
 */
import type { DiskRef, VirtualMachineBelief } from '../../domain/xapi/pool.ts';
import { type VersionedMap, versionedMap } from '../../runtime/versionedMap.ts';
import type { MasterCopy } from './masterSync.ts';
import type { VbdRecord, VirtualMachineRecord } from './records.ts';
import type { DiskTable, RecordTables } from './recordTables.ts';

export interface MachineBeliefs {
  /** The same map as long as nothing has changed. */
  of(copy: MasterCopy): ReadonlyMap<string, VirtualMachineBelief>;
  /** UUIDs of those that are others, are new or are gone since this was last asked. */
  takeChanged(): ReadonlySet<string>;
}

interface State {
  from: MasterCopy | undefined;
  beliefs: VersionedMap<VirtualMachineBelief>;
  changed: Set<string>;
  /** By the reference of a virtual machine: the record that it was made of. */
  readonly made: Map<string, VirtualMachineRecord>;
  /** Whose VBD and whose guest metrics: references to the reference of the virtual machine. */
  readonly ofVbd: Map<string, string>;
  readonly ofGuestMetrics: Map<string, string>;
  /** Of hosts and storage repositories, which machines name by their references. */
  named: string;
  namedAtCount: number;
}

export function createMachineBeliefs(): MachineBeliefs {
  const state: State = {
    from: undefined,
    beliefs: versionedMap(new Map()),
    changed: new Set(),
    made: new Map(),
    ofVbd: new Map(),
    ofGuestMetrics: new Map(),
    named: '',
    namedAtCount: -1,
  };
  return {
    of: (copy) => {
      const isOther = state.from !== copy;
      state.from = copy;
      if (namesChanged(state, copy, isOther) || isOther) makeAll(state, copy);
      else makeTouched(state, copy);
      return state.beliefs;
    },
    takeChanged: () => {
      const { changed } = state;
      state.changed = new Set();
      return changed;
    },
  };
}

/** Seldom: a host or a storage repository came or went. */
function namesChanged(state: State, { tables, changes }: MasterCopy, isOther: boolean): boolean {
  const count = changes.host + changes.sr;
  if (!isOther && count === state.namedAtCount) return false;
  state.namedAtCount = count;
  const named = JSON.stringify(
    [...tables.host, ...tables.sr].map(([ref, { uuid }]: readonly [string, { uuid: string }]) => [ref, uuid]),
  );
  if (named === state.named) return false;
  state.named = named;
  return true;
}

function makeAll(state: State, copy: MasterCopy): void {
  takeTouched(state, copy);
  const before = state.beliefs;
  const made = new Map<string, VirtualMachineBelief>();
  for (const table of [state.made, state.ofVbd, state.ofGuestMetrics]) table.clear();
  for (const [ref, record] of copy.tables.vm) {
    if (record === 'leftOut') continue;
    const { belief, isSame } = make(state, copy, { ref, record, before });
    made.set(record.uuid, belief);
    if (!isSame) state.changed.add(record.uuid);
  }
  state.beliefs = versionedMap(made);
  for (const uuid of before.keys()) if (!state.beliefs.has(uuid)) state.changed.add(uuid);
}

function makeTouched(state: State, copy: MasterCopy): void {
  const refs = takeTouched(state, copy);
  if (refs.size === 0) return;
  const before = state.beliefs;
  const changes = new Map<string, VirtualMachineBelief | undefined>();
  for (const ref of refs) {
    const record = copy.tables.vm.get(ref);
    if (record === undefined || record === 'leftOut') {
      const uuid = forget(state, ref);
      if (uuid !== undefined && before.has(uuid)) changes.set(uuid, undefined);
      continue;
    }
    const { belief, isSame } = make(state, copy, { ref, record, before });
    if (isSame) changes.delete(record.uuid);
    else changes.set(record.uuid, belief);
  }
  for (const uuid of changes.keys()) state.changed.add(uuid);
  // Facts of a moment ago still hold the map of then.
  if (changes.size > 0) state.beliefs = before.with(changes);
}

/** References of the virtual machines that what was touched is about. */
function takeTouched(state: State, { touched }: MasterCopy): ReadonlySet<string> {
  const refs = new Set(touched.vm);
  for (const ref of touched.vbd) refs.add(state.ofVbd.get(ref) ?? '');
  for (const ref of touched.vm_guest_metrics) refs.add(state.ofGuestMetrics.get(ref) ?? '');
  refs.delete('');
  for (const set of [touched.vm, touched.vbd, touched.vm_guest_metrics]) set.clear();
  return refs;
}

function make(
  state: State,
  copy: MasterCopy,
  {
    ref,
    record,
    before,
  }: {
    readonly ref: string;
    readonly record: VirtualMachineRecord;
    readonly before: ReadonlyMap<string, VirtualMachineBelief>;
  },
): { readonly belief: VirtualMachineBelief; readonly isSame: boolean } {
  unlink(state, ref);
  for (const vbd of record.vbdRefs) state.ofVbd.set(vbd, ref);
  if (record.guestMetricsRef !== undefined) state.ofGuestMetrics.set(record.guestMetricsRef, ref);
  state.made.set(ref, record);
  const now = virtualMachineBelief(record, copy, noVbds);
  const last = before.get(record.uuid);
  return last !== undefined && saysTheSame(last, now)
    ? { belief: last, isSame: true }
    : { belief: now, isSame: false };
}

function forget(state: State, ref: string): string | undefined {
  const uuid = state.made.get(ref)?.uuid;
  unlink(state, ref);
  state.made.delete(ref);
  return uuid;
}

function unlink(state: State, ref: string): void {
  const before = state.made.get(ref);
  for (const vbd of before?.vbdRefs ?? []) state.ofVbd.delete(vbd);
  if (before?.guestMetricsRef !== undefined) state.ofGuestMetrics.delete(before.guestMetricsRef);
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
export function hostUUID(tables: RecordTables, ref: string | undefined): string | undefined {
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
