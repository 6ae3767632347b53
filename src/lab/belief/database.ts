import type { Cancel } from '../../ports/clock.ts';
import { type Change, createChangeLog, type LogEntry } from './changeLog.ts';
import { fieldTypes } from './fields.ts';
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

interface Row {
  record: object;
  readonly createdAt: number;
  changedAt: number;
  json: string | undefined;
}

export function createDatabase(): Database {
  const { table, uuids } = createTables();
  const inFlight = new Set<string>();
  const listeners = new Set<(className: ClassName) => void>();
  let generation = 0;
  let liveRows = 0;

  const log = createChangeLog({
    rowAge: (className, ref) => table(className).get(ref),
    rowCount: () => liveRows,
  });
  const note = (entry: LogEntry): void => {
    log.note(entry);
    for (const run of listeners) run(entry.className);
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
      uuids(className).set(record.uuid, ref);
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
      uuids(className).delete((row.record as { uuid: string }).uuid);
      note({ generation, className, ref, removedRowCreatedAt: row.createdAt });
    },
    get: <C extends ClassName>(className: C, ref: string) =>
      table(className).get(ref)?.record as RecordOf<C> | undefined,
    refOf: (className, uuid) => uuids(className).get(uuid),
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
    changesSince: log.changesSince,
    onChange: (run) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
  };
}

/** All rows of another database, but for those of some classes, in a history of its own. */
export function copyOf(database: Database, without: readonly ClassName[]): Database {
  const copy = createDatabase();
  for (const className of Object.keys(fieldTypes) as readonly ClassName[]) {
    if (without.includes(className)) continue;
    for (const [ref, record] of database.rows(className)) copy.insert(className, ref, record);
  }
  return copy;
}

interface Tables {
  readonly table: (className: ClassName) => Map<string, Row>;
  /** UUID → reference. */
  readonly uuids: (className: ClassName) => Map<string, string>;
}

function createTables(): Tables {
  const classNames = Object.keys(fieldTypes) as readonly ClassName[];
  const made = new Map(
    classNames.map((each) => [each, { rows: new Map<string, Row>(), uuids: new Map<string, string>() }]),
  );
  const of = (className: ClassName) => {
    const found = made.get(className);
    if (found === undefined) throw new Error(`the lab's database has no class ${className}`);
    return found;
  };
  return { table: (className) => of(className).rows, uuids: (className) => of(className).uuids };
}
