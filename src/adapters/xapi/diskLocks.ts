import type { DiskLocks } from '../../domain/xapi/pool.ts';
import { map, operations, text } from './records.ts';

/**
 * Storage locks as the storage manager keeps them: keys of VDI.sm_config, in the pool's database and not on the disk.
 * `host_<reference>` = RW or RO says that this host has the disk open; the three others are left by work on the chain
 * of disks that was interrupted.
 */
const hostKeyPrefix = 'host_';
const workKeys = ['paused', 'activating', 'relinking'] as const;

export function lockKey(hostRef: string): string {
  return `${hostKeyPrefix}${hostRef}`;
}

/** `storageUUID` names the SR of a reference; a disk on an SR without a record has an empty srUUID. */
export function diskLocks(
  record: Readonly<Record<string, unknown>>,
  storageUUID: (ref: string) => string | undefined,
): DiskLocks {
  const config = map(record, 'sm_config');
  const heldBy = new Map<string, 'RW' | 'RO'>();
  for (const [key, value] of Object.entries(config)) {
    // Whatever else a version may write there, a lock that is not plainly read-only counts as the strongest.
    if (key.startsWith(hostKeyPrefix))
      heldBy.set(key.slice(hostKeyPrefix.length), value === 'RO' ? 'RO' : 'RW');
  }
  return {
    vdiUUID: text(record, 'uuid'),
    srUUID: storageUUID(text(record, 'SR')) ?? '',
    heldBy,
    interruptedWork: workKeys.filter((key) => key in config),
    currentOperations: operations(record),
  };
}

/**
 * Queries of get_all_records_where for records whose field has one of the values, a few hundred values each: XAPI
 * takes bodies up to 300 KiB. Its strings have no escape, so a quote, which no UUID and no reference has, is left out.
 */
export function queriesFor(field: string, values: readonly string[]): readonly string[] {
  const queries: string[] = [];
  for (let start = 0; start < values.length; start += valuesPerQuery) {
    const some = values.slice(start, start + valuesPerQuery);
    queries.push(some.map((value) => `field "${field}" = "${value.replaceAll('"', '')}"`).join(' or '));
  }
  return queries;
}

const valuesPerQuery = 400;
