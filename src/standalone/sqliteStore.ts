import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Cancel } from '../ports/clock.ts';
import type { Change, HappeningType, HistoryEntry, PageQuery, Store, StoredObject } from './store.ts';
import { createWakers } from './wakers.ts';

/** The store on node:sqlite, the only place that knows about it (its class is to be renamed, Node's DEP0210). */
export interface SqliteStoreOptions {
  /** A file, created when missing, or ':memory:' for a store that ends with the process. */
  readonly path: string;
  /** The log is cut to nine tenths when it grows over either bound. */
  readonly maxHistoryEntries?: number;
  readonly maxHistoryBytes?: number;
}

/** Thrown by `openSqliteStore`; the message is a sentence for whoever started the server. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable';
}

const formatVersion = 1;
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
  const database = openDatabase(options.path);
  const maxEntries = options.maxHistoryEntries ?? 20_000;
  const maxBytes = options.maxHistoryBytes ?? 64 * 1024 * 1024;
  const sql = statements(database);
  const wakers = createWakers();
  let { version, compacted, entries, bytes } = counters(database);

  const writeOne = (change: Change, at: number): { readonly body: string; readonly size: number } => {
    const { resource, namespace, name } = change.key;
    const body = change.render(at);
    const previous = (sql.get.get(resource, namespace, name)?.['body'] ?? null) as string | null;
    const size = body.length + (previous?.length ?? 0);
    sql.log.run(at, resource, change.type, namespace, name, size, body, previous);
    if (change.type === 'DELETED') sql.remove.run(resource, namespace, name);
    else sql.put.run(resource, namespace, name, at, change.expiresMs ?? null, body);
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
        const because = diskFailure(error);
        if (because === undefined) throw error;
        return { kind: 'refused', because };
      }
    },
    compact: () => {
      sql.forget.run(version);
      sql.setCounter.run(version, 'compacted');
      compacted = version;
      [entries, bytes] = [0, 0];
    },
    subscribe: (resource, wake): Cancel => wakers.subscribe(resource, wake),
    close: () => database.close(),
  };
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    // Held until close, by the operating system: a second process is refused, and a killed one leaves no lock behind.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('PRAGMA journal_mode = WAL');
    // Each commit waits for the disk: an acknowledged write survives a power cut.
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA journal_size_limit = 67108864');
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

type Statements = ReturnType<typeof statements>;

function statements(database: DatabaseSync) {
  const prepare = (text: string): StatementSync => database.prepare(text);
  return {
    get: prepare('SELECT body FROM objects WHERE resource = ? AND namespace = ? AND name = ?'),
    put: prepare(
      'INSERT OR REPLACE INTO objects (resource, namespace, name, version, expires, body) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    remove: prepare('DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?'),
    log: prepare(
      'INSERT INTO history (version, resource, type, namespace, name, size, body, previous) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    since: prepare('SELECT * FROM history WHERE resource = ? AND version > ? ORDER BY version LIMIT ?'),
    sizes: prepare('SELECT version, size FROM history ORDER BY version'),
    forget: prepare('DELETE FROM history WHERE version <= ?'),
    setCounter: prepare('UPDATE counters SET value = ? WHERE name = ?'),
    count: prepare('SELECT count(*) AS n FROM objects WHERE resource = ?'),
    countIn: prepare('SELECT count(*) AS n FROM objects WHERE resource = ? AND namespace = ?'),
    due: prepare(
      'SELECT namespace, name FROM objects WHERE resource = ? AND expires IS NOT NULL AND expires <= ? ORDER BY expires LIMIT ?',
    ),
    // The range over namespaces is written with >= and <=, which covers "all" without a second statement.
    unchanged: prepare(
      `SELECT namespace, name, body FROM objects
       WHERE resource = ? AND namespace >= ? AND namespace <= ? AND (namespace, name) > (?, ?) AND version <= ?
       ORDER BY namespace, name LIMIT ?`,
    ),
    changedSince: prepare(
      `SELECT namespace, name, previous, min(version) FROM history
       WHERE resource = ? AND namespace >= ? AND namespace <= ? AND (namespace, name) > (?, ?) AND version > ?
       GROUP BY namespace, name ORDER BY namespace, name`,
    ),
  };
}

/**
 * What has not changed since `at` is as it is; what has changed was what the first change after `at` found. So a list in
 * pages is one consistent snapshot, though writes go on between its pages.
 */
function pageAt(sql: Statements, query: PageQuery, version: number): readonly StoredObject[] {
  const from = query.namespace ?? '';
  const to = query.namespace ?? '\u{10ffff}';
  const { namespace, name } = query.after ?? { namespace: '', name: '' };
  const range = [query.resource, from, to, namespace, name, query.at] as const;
  const unchanged = sql.unchanged.all(...range, query.limit).map(storedObject);
  if (query.at >= version) return unchanged;
  const changed = sql.changedSince
    .all(...range)
    .filter((row) => row['previous'] !== null)
    .map((row) => storedObject({ ...row, body: row['previous'] ?? null }));
  return [...unchanged, ...changed].sort(byKey).slice(0, query.limit);
}

function byKey(a: StoredObject, b: StoredObject): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

type Row = Record<string, unknown>;

function storedObject(row: Row): StoredObject {
  return {
    namespace: row['namespace'] as string,
    name: row['name'] as string,
    body: row['body'] as string,
  };
}

function historyEntry(row: Row): HistoryEntry {
  return {
    ...storedObject(row),
    version: row['version'] as number,
    type: row['type'] as HappeningType,
    previous: (row['previous'] ?? undefined) as string | undefined,
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
function diskFailure(error: unknown): string | undefined {
  switch (errorCode(error)) {
    case sqliteFull:
      return 'the disk is full';
    case sqliteInputOutput:
      return 'the disk reports an error';
    case sqliteReadOnly:
      return 'the file system is read-only';
    default:
      return undefined;
  }
}
