import type { Cancel } from '../../ports/clock.ts';
import { type ClassName, nullRef, type RecordOf } from './records.ts';

/**
 * A pool database as XAPI keeps it: what the pool believes. Each row remembers at which generation it was made and
 * last changed, so that event.from answers with what has changed since a token without looking at the rest, and keeps
 * its JSON text, so that thousands of records are sent without being serialised again.
 */
export interface Database {
  insert<C extends ClassName>(className: C, ref: string, record: RecordOf<C>): void;
  /** Does nothing when there is no such row. */
  update<C extends ClassName>(className: C, ref: string, patch: Partial<RecordOf<C>>): void;
  remove(className: ClassName, ref: string): void;
  get<C extends ClassName>(className: C, ref: string): RecordOf<C> | undefined;
  refOf(className: ClassName, uuid: string): string | undefined;
  rows<C extends ClassName>(className: C): Iterable<readonly [string, RecordOf<C>]>;
  /** JSON text of a row that exists. */
  json(className: ClassName, ref: string): string;
  count(className: ClassName): number;
  /** Virtual machines whose start is under way: those with scheduled_to_be_resident_on. */
  inFlight(): Iterable<string>;
  generation(): number;
  /** Each row that was made, changed or removed after a generation, once, oldest change first. */
  changesSince(generation: number): readonly Change[];
  /** Makes a row look changed: event.inject. */
  touch(className: ClassName, ref: string): void;
  /** `run` is told the class of each change, after it. */
  onChange(run: (className: ClassName) => void): Cancel;
}

export interface Change {
  readonly className: ClassName;
  readonly ref: string;
  readonly operation: 'add' | 'mod' | 'del';
}

interface Row {
  record: object;
  readonly createdAt: number;
  changedAt: number;
  json: string | undefined;
}

interface LogEntry {
  readonly generation: number;
  readonly className: ClassName;
  readonly ref: string;
  /** Of a removed row: when it had been made. */
  readonly removedRowCreatedAt?: number;
}

/** XAPI forgets old removals too; a client finds out by comparing valid_ref_counts. */
const removalsKept = 10_000;

export function createDatabase(): Database {
  const tables = new Map<ClassName, Map<string, Row>>();
  const uuids = new Map<ClassName, Map<string, string>>();
  const inFlight = new Set<string>();
  const listeners = new Set<(className: ClassName) => void>();
  let generation = 0;
  let log: LogEntry[] = [];
  let liveRows = 0;

  const table = (className: ClassName): Map<string, Row> => tables.get(className) ?? newTable(className);
  const newTable = (className: ClassName): Map<string, Row> => {
    const made = new Map<string, Row>();
    tables.set(className, made);
    uuids.set(className, new Map());
    return made;
  };
  const note = (entry: LogEntry): void => {
    log.push(entry);
    if (log.length > 2 * (liveRows + removalsKept)) log = compacted();
    for (const run of listeners) run(entry.className);
  };
  const compacted = (): LogEntry[] => {
    const live = log.filter(isLatest);
    const removals = live.filter((entry) => entry.removedRowCreatedAt !== undefined);
    const dropped = new Set(removals.slice(0, Math.max(0, removals.length - removalsKept)));
    return live.filter((entry) => !dropped.has(entry));
  };
  const isLatest = (entry: LogEntry): boolean => {
    const row = tables.get(entry.className)?.get(entry.ref);
    return entry.removedRowCreatedAt === undefined ? row?.changedAt === entry.generation : row === undefined;
  };
  const noteFlight = (ref: string, record: RecordOf<'VM'>): void => {
    if (record.scheduled_to_be_resident_on === nullRef) inFlight.delete(ref);
    else inFlight.add(ref);
  };
  const changed = (className: ClassName, ref: string, row: Row): void => {
    generation += 1;
    row.changedAt = generation;
    row.json = undefined;
    note({ generation, className, ref });
  };

  return {
    insert: (className, ref, record) => {
      generation += 1;
      liveRows += 1;
      table(className).set(ref, { record, createdAt: generation, changedAt: generation, json: undefined });
      uuids.get(className)?.set(record.uuid, ref);
      note({ generation, className, ref });
    },
    update: (className, ref, patch) => {
      const row = table(className).get(ref);
      if (row === undefined) return;
      row.record = { ...row.record, ...patch };
      if (className === 'VM') noteFlight(ref, row.record as RecordOf<'VM'>);
      changed(className, ref, row);
    },
    touch: (className, ref) => {
      const row = table(className).get(ref);
      if (row !== undefined) changed(className, ref, row);
    },
    remove: (className, ref) => {
      const row = table(className).get(ref);
      if (row === undefined) return;
      generation += 1;
      liveRows -= 1;
      if (className === 'VM') inFlight.delete(ref);
      table(className).delete(ref);
      uuids.get(className)?.delete((row.record as { uuid: string }).uuid);
      note({ generation, className, ref, removedRowCreatedAt: row.createdAt });
    },
    get: <C extends ClassName>(className: C, ref: string) =>
      table(className).get(ref)?.record as RecordOf<C> | undefined,
    refOf: (className, uuid) => uuids.get(className)?.get(uuid),
    rows: function* <C extends ClassName>(className: C) {
      for (const [ref, row] of table(className)) yield [ref, row.record as RecordOf<C>] as const;
    },
    json: (className, ref) => {
      const row = table(className).get(ref);
      if (row === undefined) return 'null';
      row.json ??= JSON.stringify(row.record);
      return row.json;
    },
    inFlight: () => inFlight,
    count: (className) => table(className).size,
    generation: () => generation,
    changesSince: (since) => {
      const changes: Change[] = [];
      for (let index = firstAfter(log, since); index < log.length; index += 1) {
        const entry = log[index];
        if (entry === undefined || !isLatest(entry)) continue;
        const change = changeSince(entry, since, tables.get(entry.className)?.get(entry.ref));
        if (change !== undefined) changes.push(change);
      }
      return changes;
    },
    onChange: (run) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
  };
}

function changeSince(entry: LogEntry, since: number, row: Row | undefined): Change | undefined {
  const { className, ref, removedRowCreatedAt } = entry;
  if (removedRowCreatedAt !== undefined) {
    // Made and removed between two polls: the client never hears of it.
    return removedRowCreatedAt > since ? undefined : { className, ref, operation: 'del' };
  }
  return { className, ref, operation: (row?.createdAt ?? 0) > since ? 'add' : 'mod' };
}

/** Index of the first entry younger than a generation; the log is in order of generation. */
function firstAfter(log: readonly LogEntry[], generation: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((log[middle]?.generation ?? 0) > generation) high = middle;
    else low = middle + 1;
  }
  return low;
}
