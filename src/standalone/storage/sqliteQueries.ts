import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type JsonObject, objectAt } from '../json.ts';
import type { HappeningType, HistoryEntry, PageQuery, StoredObject } from './store.ts';

export type Statements = ReturnType<typeof statements>;

/** Every statement that the store runs, prepared once. */
export function statements(database: DatabaseSync) {
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
export function pageAt(sql: Statements, query: PageQuery, version: number): readonly StoredObject[] {
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

/** An entry of the log as it is stored, with the body of a deletion put together again. */
export function historyEntry(row: Row): HistoryEntry {
  const version = row['version'] as number;
  const previous = (row['previous'] ?? undefined) as string | undefined;
  const object = storedObject(row);
  return {
    ...object,
    body: object.body === '' && previous !== undefined ? withVersion(previous, version) : object.body,
    version,
    type: row['type'] as HappeningType,
    previous,
  };
}

/** An object's text with another resourceVersion. */
export function withVersion(body: string, version: number): string {
  const object = JSON.parse(body) as JsonObject;
  return JSON.stringify({
    ...object,
    metadata: { ...objectAt(object, 'metadata'), resourceVersion: String(version) },
  });
}
