import type { DiskLocks, VirtualMachineBelief } from '../../domain/pool.ts';
import { known, type Reading, type Unknown, unknown } from '../../domain/reading.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BootVerdict } from '../../ports/hypervisor.ts';
import type { XapiCall } from './calls.ts';
import { readDisks } from './diskDirectory.ts';
import { diskLocks, queriesFor } from './diskLocks.ts';
import { type CallFailure, type CallOutcome, call, callForItems } from './jsonRpc.ts';
import type { MasterConnection } from './masterConnection.ts';
import type { MasterCopy } from './masterSync.ts';
import { virtualMachineBelief } from './poolBelief.ts';
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
  canBootHere(vmUUID: string, hostUUID: string, deadlineMs: number): Promise<Reading<BootVerdict>>;
}

/** What the master says when its own call to a member fails. Suspicion, never proof: see ports/hypervisor.ts. */
const contactFailures: ReadonlySet<string> = new Set([
  'HOST_OFFLINE',
  'CANNOT_CONTACT_HOST',
  'HOST_NOT_LIVE',
  'TLS_CONNECTION_FAILED',
]);

interface Question {
  readonly method: XapiCall;
  readonly params: readonly unknown[];
  readonly deadlineMs: number;
}

export function createPoolReads(clock: Clock, connection: MasterConnection): PoolReads {
  /** Asks under the copy's session; a session that turns out to be lost is given up. */
  const ask = async (copy: MasterCopy, question: Question): Promise<CallOutcome> => {
    const { session } = copy;
    const params = [session.ref, ...question.params];
    const outcome = await call(session.line.calls, { ...question, params });
    noteLoss(connection, copy, outcome);
    return outcome;
  };

  /** Runs a reading on the present copy, or says why there is none. */
  const withCopy = async <T>(
    read: (copy: MasterCopy, askedAtMs: number, source: string) => Promise<Reading<T>>,
  ): Promise<Reading<T>> => {
    const now = connection.current();
    if (now.kind === 'down') return unknown(now.because);
    const source = `pool master ${now.copy.session.line.label}`;
    return await read(now.copy, clock.monotonicMs(), source);
  };

  const locksWhere = async (copy: MasterCopy, queries: readonly string[], deadlineMs: number) => {
    const locks: DiskLocks[] = [];
    const { session, tables } = copy;
    const endAtMs = clock.monotonicMs() + deadlineMs;
    for (const query of queries) {
      const leftMs = Math.max(1, endAtMs - clock.monotonicMs());
      const outcome = await callForItems(
        session.line.calls,
        { method: 'VDI.get_all_records_where', params: [session.ref, query], deadlineMs: leftMs },
        {
          itemsAt: ['result'],
          bodyDeadlineMs: leftMs,
          onItem: (item) => {
            for (const record of Object.values(asFields(item, 'a VDI'))) {
              locks.push(diskLocks(asFields(record, 'a VDI'), (ref) => tables.sr.get(ref)?.uuid));
            }
          },
        },
      );
      noteLoss(connection, copy, outcome);
      if (outcome.kind !== 'result') return outcome;
    }
    return locks;
  };

  return {
    askMasterAbout: (hostUUID, deadlineMs) =>
      withCopy(async (copy, atMs, source) => {
        const ref = hostRef(copy, hostUUID);
        if (ref === undefined) return unknown(`the pool has no host ${hostUUID}`);
        const outcome = await ask(copy, { method: 'host.get_servertime', params: [ref], deadlineMs });
        if (outcome.kind === 'result') return known('answers', atMs, source);
        if (outcome.kind === 'refused' && contactFailures.has(outcome.code)) {
          return known('cannotBeContacted', atMs, source);
        }
        return failed(source, `asked to call the host ${hostUUID}`, outcome);
      }),

    readVirtualMachine: (vmUUID, deadlineMs) =>
      withCopy(async (copy, atMs, source) => {
        const ref = virtualMachineRef(copy, vmUUID);
        if (ref === undefined) return unknown(`the pool has no virtual machine ${vmUUID}`);
        const outcome = await ask(copy, { method: 'VM.get_record', params: [ref], deadlineMs });
        if (outcome.kind !== 'result')
          return failed(source, `asked for the virtual machine ${vmUUID}`, outcome);
        const record = readable(() => projectVirtualMachine(asFields(outcome.value, 'the virtual machine')));
        if (record instanceof MalformedRecord) return unknown(`${source}: ${record.message}`);
        if (record === 'leftOut' || record.uuid !== vmUUID) {
          return unknown(`${source} answers with another record than that of the virtual machine ${vmUUID}`);
        }
        const newVbds = await readNewVbds(copy, record, ask, deadlineMs);
        if ('kind' in newVbds) return failed(source, `asked for the disks of ${vmUUID}`, newVbds);
        return known(virtualMachineBelief(record, copy, newVbds), atMs, source);
      }),

    readLocks: (srUUIDs, deadlineMs) =>
      withCopy(async (copy, atMs, source) => {
        const refs: string[] = [];
        for (const uuid of srUUIDs) {
          const ref = storageRef(copy, uuid);
          if (ref === undefined) return unknown(`the pool has no storage repository ${uuid}`);
          refs.push(ref);
        }
        const locks = await locksWhere(copy, queriesFor('SR', refs), deadlineMs);
        return 'kind' in locks
          ? failed(source, 'asked for storage locks', locks)
          : known(locks, atMs, source);
      }),

    readDiskLocks: (vdiUUIDs, deadlineMs) =>
      withCopy(async (copy, atMs, source) => {
        const locks = await locksWhere(copy, queriesFor('uuid', vdiUUIDs), deadlineMs);
        if ('kind' in locks) return failed(source, 'asked for storage locks', locks);
        const seen = new Set(locks.map((lock) => lock.vdiUUID));
        const missing = vdiUUIDs.filter((uuid) => !seen.has(uuid));
        if (missing.length === 0) return known(locks, atMs, source);
        return unknown(`${source} has no record of the disk ${missing.join(', ')}`);
      }),

    canBootHere: (vmUUID, hostUUID, deadlineMs) =>
      withCopy<BootVerdict>(async (copy, atMs, source) => {
        const vm = virtualMachineRef(copy, vmUUID);
        const host = hostRef(copy, hostUUID);
        if (vm === undefined) return unknown(`the pool has no virtual machine ${vmUUID}`);
        if (host === undefined) return unknown(`the pool has no host ${hostUUID}`);
        const outcome = await ask(copy, {
          method: 'VM.assert_can_boot_here',
          params: [vm, host],
          deadlineMs,
        });
        if (outcome.kind === 'result') return known({ kind: 'yes' }, atMs, source);
        if (outcome.kind === 'refused' && !isSessionLoss(outcome.code) && outcome.code !== 'HOST_IS_SLAVE') {
          return known({ kind: 'no', code: outcome.code, says: outcome.says }, atMs, source);
        }
        return failed(source, `asked whether ${vmUUID} can start on ${hostUUID}`, outcome);
      }),
  };
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
  copy: MasterCopy,
  record: VirtualMachineRecord,
  ask: (copy: MasterCopy, question: Question) => Promise<CallOutcome>,
  deadlineMs: number,
): Promise<ReadonlyMap<string, VbdRecord> | CallFailure> {
  const vbds = new Map<string, VbdRecord>();
  const missing = new Set<string>();
  for (const ref of record.vbdRefs) {
    if (copy.tables.vbd.has(ref)) continue;
    const outcome = await ask(copy, { method: 'VBD.get_record', params: [ref], deadlineMs });
    if (outcome.kind !== 'result') return outcome;
    const vbd = readable(() => projectVbd(asFields(outcome.value, `the VBD ${ref}`)));
    if (vbd instanceof MalformedRecord) return { kind: 'garbled', says: vbd.message };
    vbds.set(ref, vbd);
    if (vbd.vdiRef !== undefined && !copy.disks.has(vbd.vdiRef)) missing.add(vbd.vdiRef);
  }
  const { session } = copy;
  const lookup = { path: session.line.calls, session: session.ref, deadlineMs };
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

function failed(source: string, what: string, failure: CallFailure): Unknown {
  return unknown(`${source}, ${what}: ${failure.says}`);
}
