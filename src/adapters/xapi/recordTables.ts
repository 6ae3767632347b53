import type { EventBatch, WatchedEvent } from './eventPoll.ts';
import type { DiskRecord, WatchedClass, WatchedRecords } from './records.ts';

/** What the event stream has told of the pool's database, by class and reference. Filled by one stream alone. */
export type RecordTables = {
  readonly [C in WatchedClass]: Map<string, WatchedRecords[C]>;
};

/** How many events of each class were applied: what was derived from a class stays valid while its count stands. */
export type ChangeCounts = Record<WatchedClass, number>;

/** References of records that events have told of since somebody took note of them. Whoever takes note empties the sets. */
export type Touched = { readonly [C in 'vm' | 'vbd' | 'vm_guest_metrics']: Set<string> };

export function nothingTouched(): Touched {
  return { vm: new Set(), vbd: new Set(), vm_guest_metrics: new Set() };
}

/** References of VDIs → the two of their fields that are kept. */
export type DiskTable = Map<string, DiskRecord>;

export function emptyTables(): RecordTables {
  return {
    pool: new Map(),
    host: new Map(),
    host_metrics: new Map(),
    vm: new Map(),
    vbd: new Map(),
    sr: new Map(),
    pbd: new Map(),
    task: new Map(),
    vm_guest_metrics: new Map(),
  };
}

export function noChanges(): ChangeCounts {
  return {
    pool: 0,
    host: 0,
    host_metrics: 0,
    vm: 0,
    vbd: 0,
    sr: 0,
    pbd: 0,
    task: 0,
    vm_guest_metrics: 0,
  };
}

/** Applies a batch in the order in which it came. Synchronous, so that nobody ever sees half of a batch. */
export function applyEvents(
  tables: RecordTables,
  events: readonly WatchedEvent[],
  changes: ChangeCounts,
  touched: Touched,
): void {
  for (const event of events) {
    changes[event.class] += 1;
    if (event.class in touched) touched[event.class as keyof Touched].add(event.ref);
    if (event.record === undefined) tables[event.class].delete(event.ref);
    else (tables[event.class] as Map<string, unknown>).set(event.ref, event.record);
  }
}

/**
 * The first class of which the tables do not hold as many records as the pool says it has: an event was missed. Tasks
 * are left out, because a role below pool-operator sees only its own.
 */
export function countMismatch(tables: RecordTables, batch: EventBatch): string | undefined {
  for (const name of Object.keys(tables) as WatchedClass[]) {
    const expected = batch.counts.get(name);
    if (name === 'task' || expected === undefined || expected === tables[name].size) continue;
    return `the pool has ${expected} records of class ${name}, and its events made ${tables[name].size}`;
  }
  return undefined;
}
