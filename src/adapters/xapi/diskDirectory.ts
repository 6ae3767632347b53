import type { WatchedEvent } from './eventPoll.ts';
import { type CallFailure, type CallPath, call, callForItems } from './jsonRpc.ts';
import {
  asFields,
  type DiskRecord,
  MalformedRecord,
  nullRef,
  projectDisk,
  type VbdRecord,
} from './records.ts';
import type { DiskTable, RecordTables } from './recordTables.ts';

/**
 * Which storage repository a disk lies on. A VDI's uuid and SR never change (a disk that is migrated becomes another
 * VDI), so each is read once: all of them in one streamed call when the pool is first read, single ones when a VBD
 * names a VDI that was not seen before.
 */
export interface DiskLookup {
  readonly path: CallPath;
  readonly session: string;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** Beyond this many unknown disks one streamed list is cheaper than single calls. */
const singleReadsMax = 16;

/** A reference that names no VDI any more: no storage repository has it, so nothing can be started from it. */
function goneDisk(ref: string): DiskRecord {
  return { uuid: ref, srRef: nullRef };
}

/** The VDIs of these VBDs that the table of disks does not have. */
export function missingDisks(vbds: Iterable<VbdRecord>, disks: DiskTable): ReadonlySet<string> {
  const missing = new Set<string>();
  for (const { vdiRef } of vbds) if (vdiRef !== undefined && !disks.has(vdiRef)) missing.add(vdiRef);
  return missing;
}

export function vbdsOf(events: readonly WatchedEvent[]): readonly VbdRecord[] {
  return events.flatMap((event) =>
    event.class === 'vbd' && event.record !== undefined ? [event.record as VbdRecord] : [],
  );
}

/** Reads the missing disks into the table. Undefined when all are there now. */
export async function readDisks(
  lookup: DiskLookup,
  missing: ReadonlySet<string>,
  disks: DiskTable,
): Promise<CallFailure | undefined> {
  if (missing.size === 0) return undefined;
  if (missing.size > singleReadsMax) return readAllDisks(lookup, missing, disks);
  const failures = await Promise.all([...missing].map((ref) => readOneDisk(lookup, ref, disks)));
  return failures.find((failure) => failure !== undefined);
}

async function readAllDisks(
  lookup: DiskLookup,
  missing: ReadonlySet<string>,
  disks: DiskTable,
): Promise<CallFailure | undefined> {
  const { path, session, deadlineMs } = lookup;
  const outcome = await callForItems(
    path,
    { method: 'VDI.get_all_records', params: [session], deadlineMs, ...aborting(lookup) },
    {
      itemsAt: ['result'],
      bodyDeadlineMs: deadlineMs,
      onItem: (item) => {
        for (const [ref, record] of Object.entries(asFields(item, 'a VDI'))) {
          if (missing.has(ref)) disks.set(ref, projectDisk(asFields(record, `the VDI ${ref}`)));
        }
      },
    },
  );
  if (outcome.kind !== 'result') return outcome;
  for (const ref of missing) if (!disks.has(ref)) disks.set(ref, goneDisk(ref));
  return undefined;
}

async function readOneDisk(
  lookup: DiskLookup,
  ref: string,
  disks: DiskTable,
): Promise<CallFailure | undefined> {
  const { path, session, deadlineMs } = lookup;
  const outcome = await call(path, {
    method: 'VDI.get_record',
    params: [session, ref],
    deadlineMs,
    ...aborting(lookup),
  });
  if (outcome.kind === 'refused' && outcome.code === 'HANDLE_INVALID') {
    disks.set(ref, goneDisk(ref));
    return undefined;
  }
  if (outcome.kind !== 'result') return outcome;
  try {
    disks.set(ref, projectDisk(asFields(outcome.value, `the VDI ${ref}`)));
    return undefined;
  } catch (error) {
    if (error instanceof MalformedRecord) return { kind: 'garbled', says: error.message };
    throw error;
  }
}

function aborting({ signal }: DiskLookup): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** Forgets disks that nothing refers to, once they are many: backups make and drop VDIs every night. */
export function pruneDisks(tables: RecordTables, disks: DiskTable): void {
  if (disks.size < 2 * tables.vbd.size + 1_000) return;
  const used = new Set<string>();
  for (const vbd of tables.vbd.values()) if (vbd.vdiRef !== undefined) used.add(vbd.vdiRef);
  for (const ref of disks.keys()) if (!used.has(ref)) disks.delete(ref);
}
