import type { ClassName } from './records.ts';

/** The order in which rows of a database were made, changed and removed. */
export interface ChangeLog {
  note(entry: LogEntry): void;
  changesSince(generation: number): readonly Change[];
}

export interface LogEntry {
  readonly generation: number;
  readonly className: ClassName;
  readonly ref: string;
  /** Of a removed row: when it had been made. */
  readonly removedRowCreatedAt?: number;
}

export interface Change {
  readonly className: ClassName;
  readonly ref: string;
  readonly operation: 'add' | 'mod' | 'del';
  /** When it came about. */
  readonly generation: number;
}

/** When a row that exists was made and last changed, in generations. */
export interface RowAge {
  readonly createdAt: number;
  readonly changedAt: number;
}

/** XAPI forgets old removals too; a client finds out by comparing valid_ref_counts. */
const removalsKept = 10_000;

export interface ChangeLogParts {
  readonly rowAge: (className: ClassName, ref: string) => RowAge | undefined;
  readonly rowCount: () => number;
}

export function createChangeLog({ rowAge, rowCount }: ChangeLogParts): ChangeLog {
  let log: LogEntry[] = [];

  /** Whether nothing younger has happened to the row. */
  const isLatest = ({ className, ref, generation, removedRowCreatedAt }: LogEntry): boolean => {
    const row = rowAge(className, ref);
    return removedRowCreatedAt === undefined ? row?.changedAt === generation : row === undefined;
  };
  const compacted = (): LogEntry[] => {
    const latest = log.filter(isLatest);
    const removals = latest.filter((entry) => entry.removedRowCreatedAt !== undefined);
    const dropped = new Set(removals.slice(0, Math.max(0, removals.length - removalsKept)));
    return latest.filter((entry) => !dropped.has(entry));
  };

  return {
    note: (entry) => {
      log.push(entry);
      if (log.length > 2 * (rowCount() + removalsKept)) log = compacted();
    },
    changesSince: (since) => {
      const changes: Change[] = [];
      for (let index = firstAfter(log, since); index < log.length; index += 1) {
        const entry = log[index];
        if (entry === undefined || !isLatest(entry)) continue;
        const change = changeSince(entry, since, rowAge(entry.className, entry.ref));
        if (change !== undefined) changes.push(change);
      }
      return changes;
    },
  };
}

function changeSince(entry: LogEntry, since: number, row: RowAge | undefined): Change | undefined {
  const { className, ref, generation, removedRowCreatedAt } = entry;
  if (removedRowCreatedAt !== undefined) {
    // Made and removed between two polls: the client never hears of it.
    return removedRowCreatedAt > since ? undefined : { className, ref, operation: 'del', generation };
  }
  return { className, ref, operation: (row?.createdAt ?? 0) > since ? 'add' : 'mod', generation };
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
