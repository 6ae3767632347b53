import { known, type Reading, type Unknown, unknown } from '../../domain/kernel/reading.ts';
import type { DiskLocks, VirtualMachineBelief } from '../../domain/xapi/pool.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BootVerdict } from '../../ports/hypervisor.ts';
import type { XapiCall } from './calls.ts';
import { readDisks } from './diskDirectory.ts';
import { diskLocks, queriesFor } from './diskLocks.ts';
import { type CallFailure, type CallOutcome, call, callForItems } from './jsonRpc.ts';
import { virtualMachineBelief } from './machineBeliefs.ts';
import { parseXapiDate } from './masterAge.ts';
import type { MasterConnection } from './masterConnection.ts';
import type { MasterCopy } from './masterSync.ts';
import {
  asFields,
  MalformedRecord,
  projectVbd,
  projectVirtualMachine,
  type VbdRecord,
  type VirtualMachineRecord,
} from './records.ts';
import { hostRef, storageRef, virtualMachineRef } from './references.ts';
import { isSessionLoss } from './session.ts';

/**
 * Questions to the master, past the event stream. UUIDs are turned into references by the copy of the same session:
 * references change only with the database itself, and then the session is gone too.
 */
export interface PoolReads {
  askMasterAbout(hostUUID: string, deadlineMs: number): Promise<Reading<'answers' | 'cannotBeContacted'>>;
  readVirtualMachine(vmUUID: string, deadlineMs: number): Promise<Reading<VirtualMachineBelief>>;
  readLocks(srUUIDs: readonly string[], deadlineMs: number): Promise<Reading<readonly DiskLocks[]>>;
  readDiskLocks(vdiUUIDs: readonly string[], deadlineMs: number): Promise<Reading<readonly DiskLocks[]>>;
  readFreeMemory(hostUUID: string, deadlineMs: number): Promise<Reading<number>>;
  canBootHere(vmUUID: string, hostUUID: string, deadlineMs: number): Promise<Reading<BootVerdict>>;
}

/** What the master says when its own call to a member fails. Suspicion, never proof: see ports/hypervisor.ts. */
const contactFailures: ReadonlySet<string> = new Set([
  'HOST_OFFLINE',
  'CANNOT_CONTACT_HOST',
  'HOST_NOT_LIVE',
  'TLS_CONNECTION_FAILED',
]);

interface Asking {
  readonly clock: Clock;
  readonly connection: MasterConnection;
  readonly copy: MasterCopy;
  /** When the question was asked. */
  readonly atMs: number;
  /** "pool master host-1 (10.0.0.1)". */
  readonly source: string;
  readonly deadlineMs: number;
}

export function createPoolReads(clock: Clock, connection: MasterConnection): PoolReads {
  /** Runs a reading on the present copy, or says why there is none. */
  const withCopy = async <T>(
    deadlineMs: number,
    read: (asking: Asking) => Promise<Reading<T>>,
  ): Promise<Reading<T>> => {
    const now = connection.current();
    if (now.kind === 'down') return unknown(now.because);
    const { copy } = now;
    const source = `pool master ${copy.session.line.label}`;
    return await read({ clock, connection, copy, atMs: clock.monotonicMs(), source, deadlineMs });
  };
  return {
    askMasterAbout: (hostUUID, deadlineMs) =>
      withCopy(deadlineMs, (asking) => askAboutHost(asking, hostUUID)),
    readVirtualMachine: (vmUUID, deadlineMs) => withCopy(deadlineMs, (asking) => readOne(asking, vmUUID)),
    readLocks: (srUUIDs, deadlineMs) => withCopy(deadlineMs, (asking) => readStorageLocks(asking, srUUIDs)),
    readDiskLocks: (vdiUUIDs, deadlineMs) =>
      withCopy(deadlineMs, (asking) => readDisksLocks(asking, vdiUUIDs)),
    readFreeMemory: (hostUUID, deadlineMs) =>
      withCopy(deadlineMs, (asking) => askFreeMemory(asking, hostUUID)),
    canBootHere: (vmUUID, hostUUID, deadlineMs) =>
      withCopy(deadlineMs, (asking) => askCanBoot(asking, vmUUID, hostUUID)),
  };
}

async function askAboutHost(
  asking: Asking,
  hostUUID: string,
): Promise<Reading<'answers' | 'cannotBeContacted'>> {
  const ref = hostRef(asking.copy, hostUUID);
  if (ref === undefined) return noSuch('host', hostUUID);
  const outcome = await ask(asking, 'host.get_servertime', [ref]);
  if (outcome.kind === 'result') {
    // Only the host itself can tell its time; a success without one was made up on the way.
    return parseXapiDate(outcome.value) === undefined
      ? unknown(`${asking.source} was asked for the time of the host ${hostUUID} and answered without one`)
      : known('answers', asking.atMs, asking.source);
  }
  if (outcome.kind === 'refused' && contactFailures.has(outcome.code)) {
    return known('cannotBeContacted', asking.atMs, asking.source);
  }
  return failed(asking, `asked to call the host ${hostUUID}`, outcome);
}

async function readOne(asking: Asking, vmUUID: string): Promise<Reading<VirtualMachineBelief>> {
  const { copy, atMs, source } = asking;
  const ref = virtualMachineRef(copy, vmUUID);
  if (ref === undefined) return noSuch('virtual machine', vmUUID);
  const outcome = await ask(asking, 'VM.get_record', [ref]);
  if (outcome.kind !== 'result') return failed(asking, `asked for the virtual machine ${vmUUID}`, outcome);
  const record = readable(() => projectVirtualMachine(asFields(outcome.value, 'the virtual machine')));
  if (record instanceof MalformedRecord) return unknown(`${source}: ${record.message}`);
  if (record === 'leftOut' || record.uuid !== vmUUID) {
    return unknown(`${source} answers with another record than that of the virtual machine ${vmUUID}`);
  }
  const newVbds = await readNewVbds(asking, record);
  if ('kind' in newVbds) return failed(asking, `asked for the disks of ${vmUUID}`, newVbds);
  return known(virtualMachineBelief(record, copy, newVbds), atMs, source);
}

async function readStorageLocks(
  asking: Asking,
  srUUIDs: readonly string[],
): Promise<Reading<readonly DiskLocks[]>> {
  const refs: string[] = [];
  for (const uuid of srUUIDs) {
    const ref = storageRef(asking.copy, uuid);
    if (ref === undefined) return noSuch('storage repository', uuid);
    refs.push(ref);
  }
  const locks = await locksWhere(asking, queriesFor('SR', refs));
  if ('kind' in locks) return failed(asking, 'asked for storage locks', locks);
  return known(locks, asking.atMs, asking.source);
}

async function readDisksLocks(
  asking: Asking,
  vdiUUIDs: readonly string[],
): Promise<Reading<readonly DiskLocks[]>> {
  const locks = await locksWhere(asking, queriesFor('uuid', vdiUUIDs));
  if ('kind' in locks) return failed(asking, 'asked for storage locks', locks);
  const seen = new Set(locks.map((lock) => lock.vdiUUID));
  const missing = vdiUUIDs.filter((uuid) => !seen.has(uuid));
  if (missing.length === 0) return known(locks, asking.atMs, asking.source);
  return unknown(`${asking.source} has no record of the disk ${missing.join(', ')}`);
}

async function askFreeMemory(asking: Asking, hostUUID: string): Promise<Reading<number>> {
  const ref = hostRef(asking.copy, hostUUID);
  if (ref === undefined) return noSuch('host', hostUUID);
  const outcome = await ask(asking, 'host.compute_free_memory', [ref]);
  if (outcome.kind !== 'result') return failed(asking, `asked for the free memory of ${hostUUID}`, outcome);
  // XAPI writes its 64-bit integers as numbers or as digits.
  const bytes = Number(outcome.value);
  return typeof outcome.value === 'object' || !Number.isFinite(bytes)
    ? unknown(`${asking.source} tells no number of free bytes of ${hostUUID}`)
    : known(bytes, asking.atMs, asking.source);
}

async function askCanBoot(asking: Asking, vmUUID: string, hostUUID: string): Promise<Reading<BootVerdict>> {
  const { copy, atMs, source } = asking;
  const vm = virtualMachineRef(copy, vmUUID);
  const host = hostRef(copy, hostUUID);
  if (vm === undefined) return noSuch('virtual machine', vmUUID);
  if (host === undefined) return noSuch('host', hostUUID);
  const outcome = await ask(asking, 'VM.assert_can_boot_here', [vm, host]);
  if (outcome.kind === 'result') return known({ kind: 'yes' }, atMs, source);
  if (outcome.kind === 'refused' && !isSessionLoss(outcome.code) && outcome.code !== 'HOST_IS_SLAVE') {
    return known({ kind: 'no', code: outcome.code, says: outcome.says }, atMs, source);
  }
  return failed(asking, `asked whether ${vmUUID} can start on ${hostUUID}`, outcome);
}

/** Asks under the copy's session; a session that turns out to be lost is given up. */
async function ask(asking: Asking, method: XapiCall, params: readonly unknown[]): Promise<CallOutcome> {
  const { copy, connection } = asking;
  const { session } = copy;
  const deadlineMs = leftMs(asking);
  const outcome = await call(session.line.calls, { method, params: [session.ref, ...params], deadlineMs });
  noteLoss(connection, copy, outcome);
  return outcome;
}

async function locksWhere(asking: Asking, queries: readonly string[]): Promise<DiskLocks[] | CallFailure> {
  const locks: DiskLocks[] = [];
  const { session, tables } = asking.copy;
  for (const query of queries) {
    const deadlineMs = leftMs(asking);
    const outcome = await callForItems(
      session.line.calls,
      { method: 'VDI.get_all_records_where', params: [session.ref, query], deadlineMs },
      {
        itemsAt: ['result'],
        bodyDeadlineMs: deadlineMs,
        onItem: (item) => {
          for (const record of Object.values(asFields(item, 'a VDI'))) {
            locks.push(diskLocks(asFields(record, 'a VDI'), (ref) => tables.sr.get(ref)?.uuid));
          }
        },
      },
    );
    noteLoss(asking.connection, asking.copy, outcome);
    if (outcome.kind !== 'result') return outcome;
  }
  return locks;
}

function leftMs({ clock, atMs, deadlineMs }: Asking): number {
  return Math.max(1, atMs + deadlineMs - clock.monotonicMs());
}

/** A member that does not know our session, or is no master, tells that all we hold of it is void. */
export function noteLoss(connection: MasterConnection, copy: MasterCopy, outcome: CallOutcome): void {
  if (outcome.kind !== 'refused') return;
  const { session } = copy;
  if (isSessionLoss(outcome.code) || outcome.code === 'HOST_IS_SLAVE') {
    connection.drop(
      session,
      `${session.line.label} answers ${outcome.code}: it was restarted or is not the master any more`,
    );
  }
}

/** VBDs that were added a moment ago and may not have come with the event stream yet: those it does not have are read. */
async function readNewVbds(
  asking: Asking,
  record: VirtualMachineRecord,
): Promise<ReadonlyMap<string, VbdRecord> | CallFailure> {
  const { copy } = asking;
  const vbds = new Map<string, VbdRecord>();
  const missing = new Set<string>();
  for (const ref of record.vbdRefs) {
    if (copy.tables.vbd.has(ref)) continue;
    const outcome = await ask(asking, 'VBD.get_record', [ref]);
    if (outcome.kind !== 'result') return outcome;
    const vbd = readable(() => projectVbd(asFields(outcome.value, `the VBD ${ref}`)));
    if (vbd instanceof MalformedRecord) return { kind: 'garbled', says: vbd.message };
    vbds.set(ref, vbd);
    if (vbd.vdiRef !== undefined && !copy.disks.has(vbd.vdiRef)) missing.add(vbd.vdiRef);
  }
  const { session } = copy;
  const lookup = { path: session.line.calls, session: session.ref, deadlineMs: leftMs(asking) };
  return (await readDisks(lookup, missing, copy.disks)) ?? vbds;
}

function readable<T>(read: () => T): T | MalformedRecord {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedRecord) return error;
    throw error;
  }
}

function noSuch(what: string, uuid: string): Unknown {
  return unknown(`the pool has no ${what} ${uuid}`);
}

function failed(asking: Asking, what: string, failure: CallFailure): Unknown {
  return unknown(`${asking.source}, ${what}: ${failure.says}`);
}
