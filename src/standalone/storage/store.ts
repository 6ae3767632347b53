import type { Cancel } from '../../ports/clock.ts';

/**
 * Objects as JSON text, one version counter for all of them, and a bounded log of what happened. Everything is
 * synchronous: between two calls nothing else has run, so read-check-write needs no lock.
 */
export interface Store {
  /** The version of the last write; every write makes it grow. */
  version(): number;
  /** What happened up to here is no longer known: neither watches nor pages can start before it. */
  compactedVersion(): number;
  get(key: ObjectKey): StoredObject | undefined;
  /**
   * Objects of one resource in the order of namespace and name, as they were at version `at`. `expired` when the log no longer
   * reaches back to `at`.
   */
  page(query: PageQuery): readonly StoredObject[] | 'expired';
  /** How many objects a resource has, now. */
  count(resource: string, namespace?: string): number;
  /** What happened to one resource after a version, oldest first. `expired` when the log no longer reaches back. */
  history(query: HistoryQuery): readonly HistoryEntry[] | 'expired';
  /** Keys of objects that may be dropped, since their time has come (wall clock), oldest first. */
  due(resource: string, wallMs: number, limit: number): readonly ObjectKey[];
  /**
   * Writes all changes or none. When it returns `written`, they are on the disk: neither a killed process nor a power cut loses
   * them. `refused` says why the disk did not take them; then nothing has changed.
   */
  commit(changes: readonly Change[]): Committed;
  /** Forgets the whole log, as time would. */
  compact(): void;
  /** Calls `wake` after each commit that touched the resource. */
  subscribe(resource: string, wake: () => void): Cancel;
  close(): void;
}

export interface ObjectKey {
  readonly resource: string;
  /** Empty for objects without a namespace. */
  readonly namespace: string;
  readonly name: string;
}

export interface StoredObject {
  readonly namespace: string;
  readonly name: string;
  /** JSON text, with metadata.resourceVersion inside. */
  readonly body: string;
}

export interface PageQuery {
  readonly resource: string;
  readonly namespace?: string;
  readonly after?: { readonly namespace: string; readonly name: string };
  readonly at: number;
  readonly limit: number;
}

export interface HistoryQuery {
  readonly resource: string;
  readonly after: number;
  readonly limit: number;
}

export type HappeningType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface HistoryEntry {
  readonly version: number;
  readonly type: HappeningType;
  readonly namespace: string;
  readonly name: string;
  /** After the change; for DELETED the last state, with the version of the deletion. */
  readonly body: string;
  /** Before the change. */
  readonly previous: string | undefined;
}

export interface Change {
  readonly type: HappeningType;
  readonly key: ObjectKey;
  /** Gives the JSON text for the version that the write gets. */
  readonly render: (version: number) => string;
  /** Wall time after which the object may be dropped. */
  readonly expiresMs?: number;
}

export type Committed =
  | { readonly kind: 'written'; readonly bodies: readonly string[] }
  | { readonly kind: 'refused'; readonly because: string };
