import type { Clock } from '../../ports/clock.ts';
import { type DiskLookup, missingDisks, pruneDisks, readDisks, vbdsOf } from './diskDirectory.ts';
import { type EventBatch, pollEvents } from './eventPoll.ts';
import {
  applyEvents,
  type ChangeCounts,
  countMismatch,
  type DiskTable,
  emptyTables,
  noChanges,
  nothingTouched,
  type RecordTables,
  type Touched,
} from './recordTables.ts';
import { isSessionLoss, type MasterSession } from './session.ts';

/**
 * The copy of one master's database that one session keeps. `token` is where the event stream stands; a batch that was
 * asked for from an older token than this is thrown away when it arrives, since all it holds is in here already or
 * comes again.
 */
export interface MasterCopy {
  readonly session: MasterSession;
  readonly tables: RecordTables;
  readonly changes: ChangeCounts;
  readonly touched: Touched;
  readonly disks: DiskTable;
  token: string;
  /**
   * Set while the last batch left another number of records than the pool says it has. One such batch is normal (a
   * record that was deleted while the reply was written is counted, but not sent); two in a row are a lost event.
   */
  mismatch: string | undefined;
  /** The copy was certainly current at this monotonic moment. */
  currentAtMs: number;
}

export interface StreamFailure {
  /**
   * sessionLost: the toolstack does not know the session. contradiction: what it told does not fit together or is not
   * what is pinned. unreadable: no answer, or none that can be read.
   */
  readonly kind: 'sessionLost' | 'contradiction' | 'unreadable';
  readonly because: string;
}

/** An event.from without news answers after this; the age of the copy never exceeds about twice of it. */
const waitSeconds = 15;
/** How much later than that an answer may come before the master counts as gone. */
const marginMs = 5_000;
const quickDeadlineMs = 10_000;
const fullReadDeadlineMs = 60_000;

/** Reads everything. The tables are new ones: nothing of an earlier session is taken over. */
export async function readMaster(
  clock: Clock,
  session: MasterSession,
  signal: AbortSignal,
): Promise<MasterCopy | StreamFailure> {
  const { line } = session;
  const askedAtMs = clock.monotonicMs();
  const full = await pollEvents(line.events, {
    session: session.ref,
    token: '',
    waitSeconds: 0,
    headDeadlineMs: fullReadDeadlineMs,
    bodyDeadlineMs: fullReadDeadlineMs,
    signal,
  });
  if (full.kind !== 'batch') return failureOf(session, full);
  const tables = emptyTables();
  const changes = noChanges();
  const touched = nothingTouched();
  applyEvents(tables, full.batch.events, changes, touched);
  const mismatch = countMismatch(tables, full.batch);
  const identity = checkIdentity(session, tables);
  if (identity !== undefined) return { kind: 'contradiction', because: identity };
  const disks: DiskTable = new Map();
  const lookup = { path: line.calls, session: session.ref, deadlineMs: fullReadDeadlineMs, signal };
  const failure = await readDisks(lookup, missingDisks(tables.vbd.values(), disks), disks);
  if (failure !== undefined) return failureOf(session, failure);
  const { token } = full.batch;
  return { session, tables, changes, touched, disks, token, mismatch, currentAtMs: askedAtMs };
}

/**
 * Asks for what is new and takes it over; says what it touched. `wait` lets the master hold the call until something happens; `now` makes it
 * answer at once, on other connections than the waiting call. Several may be under way: see MasterCopy.token.
 */
export async function followMaster(
  clock: Clock,
  copy: MasterCopy,
  options: { readonly mode: 'wait' | 'now'; readonly deadlineMs?: number; readonly signal: AbortSignal },
): Promise<'belief' | 'tasks' | 'nothing' | 'superseded' | StreamFailure> {
  const { session } = copy;
  const { mode, signal } = options;
  const basis = copy.token;
  const askedAtMs = clock.monotonicMs();
  const reply = await pollEvents(mode === 'wait' ? session.line.events : session.line.calls, {
    session: session.ref,
    token: basis,
    waitSeconds: mode === 'wait' ? waitSeconds : 0,
    headDeadlineMs:
      mode === 'wait' ? waitSeconds * 1_100 + marginMs : (options.deadlineMs ?? quickDeadlineMs),
    bodyDeadlineMs: fullReadDeadlineMs,
    signal,
  });
  if (reply.kind !== 'batch') return failureOf(session, reply);
  const lookup: DiskLookup = {
    path: session.line.calls,
    session: session.ref,
    deadlineMs: quickDeadlineMs,
    signal,
  };
  const missing = missingDisks(vbdsOf(reply.batch.events), copy.disks);
  const failure = await readDisks(lookup, missing, copy.disks);
  if (failure !== undefined) return failureOf(session, failure);
  if (copy.token !== basis) return 'superseded';
  // Without news the master held the call for the whole wait, and nothing had happened until then.
  const quietMs = mode === 'wait' && reply.batch.events.length === 0 ? waitSeconds * 1_000 : 0;
  const currentAtMs = Math.min(clock.monotonicMs(), askedAtMs + quietMs);
  return takeOver(copy, reply.batch, currentAtMs);
}

function takeOver(
  copy: MasterCopy,
  batch: EventBatch,
  currentAtMs: number,
): 'belief' | 'tasks' | 'nothing' | StreamFailure {
  applyEvents(copy.tables, batch.events, copy.changes, copy.touched);
  pruneDisks(copy.tables, copy.disks);
  copy.token = batch.token;
  const mismatchBefore = copy.mismatch;
  copy.mismatch = countMismatch(copy.tables, batch);
  if (copy.mismatch !== undefined && mismatchBefore !== undefined) {
    const because = `${copy.session.line.label}: ${copy.mismatch}; everything is read again`;
    return { kind: 'contradiction', because };
  }
  const identity = checkIdentity(copy.session, copy.tables);
  if (identity !== undefined) return { kind: 'contradiction', because: identity };
  copy.currentAtMs = Math.max(copy.currentAtMs, currentAtMs);
  if (copy.mismatch !== mismatchBefore) return 'belief';
  if (batch.events.length === 0) return 'nothing';
  return batch.events.every((event) => event.class === 'task') ? 'tasks' : 'belief';
}

/** The copy must be of the pinned pool, and the member that was asked must be the host that the pool calls its master. */
function checkIdentity(session: MasterSession, tables: RecordTables): string | undefined {
  const { line, pool } = session;
  const pools = [...tables.pool.values()];
  const [seen] = pools;
  if (pools.length !== 1 || seen === undefined)
    return `${line.label} shows ${pools.length} pool records instead of one`;
  if (seen.uuid !== pool.uuid) {
    return `${line.label} shows records of the pool ${seen.uuid} instead of the pinned pool ${pool.uuid}`;
  }
  const master = tables.host.get(seen.masterRef);
  if (master?.uuid === line.member.hostUUID) return undefined;
  return (
    `${line.label} is pinned as the host ${line.member.hostUUID} and answers as the master, but the pool says that its ` +
    `master is ${master === undefined ? 'a host without a record' : `the host ${master.uuid} (${master.name})`}: ` +
    'correct the host UUID or the address'
  );
}

function failureOf(
  session: MasterSession,
  failure: { readonly kind: string; readonly says: string; readonly code?: string },
): StreamFailure {
  const { label } = session.line;
  if (failure.kind === 'refused' && isSessionLoss(failure.code ?? '')) {
    return {
      kind: 'sessionLost',
      because: `the toolstack of ${label} has forgotten our session: it was restarted, or it closed the session`,
    };
  }
  return {
    kind: 'unreadable',
    because: `the event stream of the pool master ${label} is broken: ${failure.says}`,
  };
}
