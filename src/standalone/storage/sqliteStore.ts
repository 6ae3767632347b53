import { DatabaseSync } from 'node:sqlite';
import type { Cancel } from '../../ports/clock.ts';
import { historyEntry, pageAt, statements, withVersion } from './sqliteQueries.ts';
import type { Change, Committed, Store } from './store.ts';
import { createWakers } from './wakers.ts';

/** The store on node:sqlite, which nothing else opens (its class is to be renamed, Node's DEP0210). */
export interface SqliteStoreOptions {
  /** A file, created when missing, or ':memory:' for a store that ends with the process. */
  readonly path: string;
  /** The log is cut to nine tenths when it grows over either bound. */
  readonly maxHistoryEntries?: number;
  readonly maxHistoryBytes?: number;
  /** Writes that would make the store larger are refused, as on a full disk; 2 GiB when not given, as etcd has it. */
  readonly maxBytes?: number;
}

/** Thrown by `openSqliteStore`; the message is a sentence for whoever started the server. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable';
}

const formatVersion = 1;
/** SQLite's default. */
const pageBytes = 4096;
const tables = `
  CREATE TABLE IF NOT EXISTS objects (
    resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    version INTEGER NOT NULL, expires INTEGER, body TEXT NOT NULL,
    PRIMARY KEY (resource, namespace, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS objects_by_expiry ON objects (resource, expires) WHERE expires IS NOT NULL;
  CREATE TABLE IF NOT EXISTS history (
    version INTEGER PRIMARY KEY, resource TEXT NOT NULL, type TEXT NOT NULL,
    namespace TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL,
    body TEXT NOT NULL, previous TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS history_by_resource ON history (resource, version);
  CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT OR IGNORE INTO counters VALUES ('version', 0), ('compacted', 0);
`;

/** Opens or creates a store. Throws StoreUnusable when another process has it open or the file is not one of ours. */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const storeBytes = options.maxBytes ?? 2 * 1024 * 1024 * 1024;
  const database = openDatabase(options.path, storeBytes);
  const maxEntries = options.maxHistoryEntries ?? 20_000;
  const maxBytes = options.maxHistoryBytes ?? 64 * 1024 * 1024;
  const sql = statements(database);
  const wakers = createWakers();
  let { version, compacted, entries, bytes } = counters(database);

  const writeOne = (change: Change, at: number): { readonly body: string; readonly size: number } => {
    const { resource, namespace, name } = change.key;
    const body = change.render(at);
    const previous = (sql.get.get(resource, namespace, name)?.['body'] ?? null) as string | null;
    // What the log keeps of a deletion is the last state alone, so that deleting always finds the room that it makes.
    const kept =
      change.type === 'DELETED' && previous !== null && withVersion(previous, at) === body ? '' : body;
    const size = kept.length + (previous?.length ?? 0);
    if (change.type === 'DELETED') sql.remove.run(resource, namespace, name);
    else sql.put.run(resource, namespace, name, at, change.expiresMs ?? null, body);
    sql.log.run(at, resource, change.type, namespace, name, size, kept, previous);
    return { body, size };
  };

  /** Cuts the log inside the transaction of a write; returns what is left of it. */
  const compact = (
    last: number,
    log: { entries: number; bytes: number },
  ): { entries: number; bytes: number; compacted: number } => {
    let cut = compacted;
    let left = log;
    for (const row of sql.sizes.iterate()) {
      const at = row['version'] as number;
      const fits = left.entries <= maxEntries * 0.9 && left.bytes <= maxBytes * 0.9;
      // The newest entry stays in any case, so that whoever waits for it sees it.
      if (fits || at >= last) break;
      cut = at;
      left = { entries: left.entries - 1, bytes: left.bytes - (row['size'] as number) };
    }
    sql.forget.run(cut);
    sql.setCounter.run(cut, 'compacted');
    return { ...left, compacted: cut };
  };

  const tryCommit = (changes: readonly Change[]): Committed => {
    try {
      database.exec('BEGIN IMMEDIATE');
      let at = version;
      let log = { entries: entries + changes.length, bytes, compacted };
      const bodies: string[] = [];
      for (const change of changes) {
        at += 1;
        const { body, size } = writeOne(change, at);
        bodies.push(body);
        log.bytes += size;
      }
      sql.setCounter.run(at, 'version');
      if (log.entries > maxEntries || log.bytes > maxBytes) log = compact(at, log);
      database.exec('COMMIT');
      version = at;
      ({ entries, bytes, compacted } = log);
      wakers.wake(changes.map((change) => change.key.resource));
      return { kind: 'written', bodies };
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      const because = diskFailure(error, storeBytes);
      if (because === undefined) throw error;
      return { kind: 'refused', because };
    }
  };

  const compactAll = (): void => {
    sql.forget.run(version);
    sql.setCounter.run(version, 'compacted');
    compacted = version;
    [entries, bytes] = [0, 0];
  };

  return {
    version: () => version,
    compactedVersion: () => compacted,
    get: ({ resource, namespace, name }) => {
      const row = sql.get.get(resource, namespace, name);
      return row === undefined ? undefined : { namespace, name, body: row['body'] as string };
    },
    page: (query) => (query.at < compacted ? 'expired' : pageAt(sql, query, version)),
    count: (resource, namespace) =>
      (namespace === undefined ? sql.count.get(resource) : sql.countIn.get(resource, namespace))?.[
        'n'
      ] as number,
    history: ({ resource, after, limit }) =>
      after < compacted ? 'expired' : sql.since.all(resource, after, limit).map(historyEntry),
    due: (resource, wallMs, limit) =>
      sql.due.all(resource, wallMs, limit).map((row) => ({
        resource,
        namespace: row['namespace'] as string,
        name: row['name'] as string,
      })),
    commit: (changes) => {
      const first = tryCommit(changes);
      if (first.kind === 'written' || entries === 0) return first;
      // Room for a write, a deletion above all, matters more than the log: watches start anew without it.
      try {
        compactAll();
      } catch {
        return first;
      }
      return tryCommit(changes);
    },
    compact: compactAll,
    subscribe: (resource, wake): Cancel => wakers.subscribe(resource, wake),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function openDatabase(path: string, maxBytes: number): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    // Held until close, by the operating system: a second process is refused, and a killed one leaves no lock behind.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('PRAGMA journal_mode = WAL');
    // Each commit waits for the disk: an acknowledged write survives a power cut.
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA journal_size_limit = 67108864');
    database.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / pageBytes)}`);
    const found = database.prepare('PRAGMA user_version').get()?.['user_version'];
    if (found !== 0 && found !== formatVersion) {
      throw new StoreUnusable(
        `the store ${path} has format ${found}, and this program writes format ${formatVersion}: start the program that wrote it, or give another directory`,
      );
    }
    database.exec(`BEGIN EXCLUSIVE; ${tables} PRAGMA user_version = ${formatVersion}; COMMIT`);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof StoreUnusable) throw error;
    const code = errorCode(error);
    if (code === sqliteBusy) {
      throw new StoreUnusable(`the store ${path} is in use by another process: stop that one first`);
    }
    const message = error instanceof Error ? error.message : String(error);
    throw new StoreUnusable(`the store ${path} cannot be opened: ${message}`, { cause: error });
  }
}

function counters(database: DatabaseSync): {
  version: number;
  compacted: number;
  entries: number;
  bytes: number;
} {
  const value = database.prepare('SELECT value FROM counters WHERE name = ?');
  const log = database
    .prepare('SELECT count(*) AS entries, coalesce(sum(size), 0) AS bytes FROM history')
    .get();
  return {
    version: value.get('version')?.['value'] as number,
    compacted: value.get('compacted')?.['value'] as number,
    entries: log?.['entries'] as number,
    bytes: log?.['bytes'] as number,
  };
}

const sqliteBusy = 5;
const sqliteReadOnly = 8;
const sqliteInputOutput = 10;
const sqliteFull = 13;

/** The primary result code; SQLite's extended codes keep it in their low byte. */
function errorCode(error: unknown): number | undefined {
  const code = typeof error === 'object' && error !== null && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** What is the disk's fault, in words; undefined for anything else, which is a bug here. */
function diskFailure(error: unknown, storeBytes: number): string | undefined {
  switch (errorCode(error)) {
    case sqliteFull:
      return `the disk is full, or the store has reached its limit of ${Math.round(storeBytes / 1048576)} MiB`;
    case sqliteInputOutput:
      return 'the disk reports an error';
    case sqliteReadOnly:
      return 'the file system is read-only';
    default:
      return undefined;
  }
}
