import { type Cancel, type Clock, type Random, sleep } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { type Backoff, backoffDelayMs } from '../../runtime/backoff.ts';
import { closedHere } from '../network/transportError.ts';
import { findMaster } from './findMaster.ts';
import { call } from './jsonRpc.ts';
import { followMaster, type MasterCopy, readMaster, type StreamFailure } from './masterSync.ts';
import type { MemberLine } from './memberLine.ts';
import { logout, type MasterSession } from './session.ts';
import { completeAge, type EarlierCopy, readAge, type ToolstackAge } from './toolstackAge.ts';

/**
 * Keeps one session and one event stream on whoever is the pool master, and starts over when they are lost:
 *
 * - seeking: every member is asked who it is (findMaster.ts). One master of the pinned pool → reading; else → waiting.
 * - reading: the whole database under that session, with an empty token. A token of an earlier session is never used
 *   again: a restored database may count from a lower number, and would then stay silent for ever.
 * - following: one event.from waits at the master at any time. Its failure, a lost session, another master or a count
 *   of records that does not add up → waiting.
 * - waiting: back-off with jitter, cut short by `refresh`; then seeking.
 *
 * Only while following is there a copy; in every other state there is the sentence that says why not. Nothing that an
 * earlier session told survives it.
 */
export interface MasterConnection {
  current(): Following | { readonly kind: 'down'; readonly because: string };
  /** `tasks`: nothing but tasks changed. The callback must not throw. */
  subscribe(onChange: (what: 'belief' | 'tasks') => void): Cancel;
  /** Resolves when the copy is as new as this call, or with the sentence that says why it is not. */
  refresh(deadlineMs: number): Promise<string | undefined>;
  /** For whoever notices that a session is not the master's (any more). Does nothing when it was replaced already. */
  drop(session: MasterSession, because: string): void;
  /**
   * `lines()` are others now. A session on one that is gone is closed and a new one is opened, without alarm: people did
   * that on purpose. Nothing is sent over lines that are gone when it resolves.
   */
  linesChanged(): Promise<void>;
  /** Logs out and ends all work; nothing is under way when it resolves. */
  close(): Promise<void>;
}

export interface Following {
  readonly kind: 'following';
  readonly copy: MasterCopy;
  readonly age: ToolstackAge;
}

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly lines: () => readonly MemberLine[];
  readonly poolUUID: string;
}

const betweenSearches: Backoff = { baseMs: 400, maxMs: 24_000 };
const searchDeadlineMs = 5_000;
const logoutDeadlineMs = 2_000;

interface State {
  readonly options: ConnectionOptions;
  readonly closing: AbortController;
  failedSearches: number;
  readonly subscribers: Set<(what: 'belief' | 'tasks') => void>;
  following: Following | undefined;
  downBecause: string;
  /** The session that is being read or followed. */
  held: MasterSession | undefined;
  /** The lines changed while they were being asked, so the outcome is not waited upon. */
  seekAtOnce: boolean;
  /** The closing of a session whose line is gone; what it tells of the toolstack is wanted before the next is read. */
  parting: Promise<void>;
  /** The copy before this one, whose session shows whether its toolstack is the one that answers now. */
  earlier: EarlierCopy | undefined;
  patience: 'firstMaster' | 'everybody';
  endSession: (because: string) => void;
  cutWaitShort: () => void;
}

export function createMasterConnection(options: ConnectionOptions): MasterConnection {
  const state: State = {
    options,
    closing: new AbortController(),
    failedSearches: 0,
    subscribers: new Set(),
    following: undefined,
    downBecause: 'the pool has not been read yet',
    held: undefined,
    seekAtOnce: false,
    parting: Promise.resolve(),
    earlier: undefined,
    patience: 'firstMaster',
    endSession: () => {},
    cutWaitShort: () => {},
  };
  const running = keepConnected(state);
  return {
    current: () => state.following ?? { kind: 'down', because: state.downBecause },
    subscribe: (onChange) => {
      state.subscribers.add(onChange);
      return () => state.subscribers.delete(onChange);
    },
    refresh: (deadlineMs) => refresh(state, deadlineMs),
    drop: (session, because) => drop(state, session, because),
    linesChanged: () => linesChanged(state),
    close: async () => {
      const because = 'the connection to the pool was closed';
      state.closing.abort(closedHere(because));
      // Not by AbortSignal.any: node holds such a signal until it is aborted, and with it a session that just went away.
      state.endSession(because);
      state.cutWaitShort();
      goDown(state, because, 'onPurpose');
      await running;
    },
  };
}

function notify(state: State, what: 'belief' | 'tasks'): void {
  for (const subscriber of [...state.subscribers]) subscriber(what);
}

function goDown(state: State, because: string, why: 'onPurpose' | 'trouble' = 'trouble'): void {
  if (state.following === undefined && because === state.downBecause) return;
  if (state.following !== undefined) {
    const { copy, age } = state.following;
    const before = age.restart === undefined ? state.earlier : undefined;
    state.earlier = { copy, age, before, closed: false };
  }
  state.following = undefined;
  state.downBecause = because;
  const { log, poolUUID } = state.options;
  if (why === 'onPurpose') log.info('the pool is not followed any more', { pool: poolUUID, because });
  else log.warn('the pool cannot be read', { pool: poolUUID, because });
  notify(state, 'belief');
}

function drop(state: State, session: MasterSession, because: string): void {
  if (state.following?.copy.session !== session) return;
  goDown(state, because);
  state.endSession(because);
}

async function linesChanged(state: State): Promise<void> {
  const { held } = state;
  if (held === undefined || state.options.lines().includes(held.line)) {
    if (held === undefined) {
      state.seekAtOnce = true;
      state.cutWaitShort();
    }
    return;
  }
  const because = `how ${held.line.label} is reached was changed; the pool is being read anew`;
  goDown(state, because, 'onPurpose');
  state.seekAtOnce = true;
  state.parting = leave(state, held);
  state.endSession(because);
  await state.parting;
}

/** A toolstack that still knew the session was not restarted: nothing has to be suspected of the next one. */
async function leave(state: State, session: MasterSession): Promise<void> {
  const outcome = await call(session.line.probes, {
    method: 'session.logout',
    params: [session.ref],
    deadlineMs: logoutDeadlineMs,
  });
  const { earlier } = state;
  if (outcome.kind === 'result' && earlier?.copy.session === session) {
    state.earlier = { ...earlier, closed: true };
  }
}

async function keepConnected(state: State): Promise<void> {
  const { clock, log, poolUUID, random } = state.options;
  while (!state.closing.signal.aborted) {
    try {
      await connectOnce(state);
    } catch (error) {
      log.error('reading the pool failed by a fault of this program', { pool: poolUUID, error });
      goDown(state, `reading the pool failed by a fault of this program: ${String(error)}`);
    }
    if (state.closing.signal.aborted) return;
    if (state.seekAtOnce) continue;
    const waiting = new AbortController();
    state.cutWaitShort = () => waiting.abort();
    state.failedSearches += 1;
    const delayMs = backoffDelayMs(betweenSearches, state.failedSearches, random);
    await sleep(clock, delayMs, waiting.signal).catch(() => {});
  }
}

/** Seeking. */
async function connectOnce(state: State): Promise<void> {
  const { clock, poolUUID } = state.options;
  await state.parting;
  state.seekAtOnce = false;
  const search = await findMaster({
    clock,
    lines: state.options.lines(),
    poolUUID,
    deadlineMs: searchDeadlineMs,
    patience: state.patience,
    onLateMaster: (because) => {
      state.patience = 'everybody';
      if (state.following !== undefined) drop(state, state.following.copy.session, because);
    },
  });
  if (search.kind === 'none') {
    if (!state.seekAtOnce) goDown(state, search.because);
    return;
  }
  const { session } = search;
  if (state.options.lines().includes(session.line)) {
    state.held = session;
    await readAndFollow(state, session);
    state.held = undefined;
  } else {
    await logout(session.line.probes, session.ref, logoutDeadlineMs);
  }
}

/** Reading, then following until something ends it. */
async function readAndFollow(state: State, session: MasterSession): Promise<void> {
  const { clock, log, poolUUID } = state.options;
  const ended = new AbortController();
  state.endSession = (because) => ended.abort(closedHere(because));
  if (state.closing.signal.aborted) state.endSession(state.downBecause);
  const { signal } = ended;
  const asking = { clock, session, earlier: state.earlier, signal };
  const [age, copy] = await Promise.all([readAge(asking), readMaster(clock, session, signal)]);
  if (!('tables' in copy)) {
    if (!ended.signal.aborted) goDown(state, copy.because);
    await logout(session.line.probes, session.ref, logoutDeadlineMs);
    return;
  }
  state.patience = 'firstMaster';
  state.following = { kind: 'following', copy, age };
  log.info('the pool master is followed', { pool: poolUUID, master: session.line.label });
  notify(state, 'belief');
  if (age.restart !== undefined) closeEarlier(asking.earlier, session);
  void completeAge({
    ...asking,
    age,
    onChange: (now) => {
      if (state.following?.copy !== copy) return;
      if (state.following.age.restart !== now.restart) closeEarlier(asking.earlier, session);
      state.following = { ...state.following, age: now };
      notify(state, 'belief');
    },
  });
  const failure = await followUntilLost(state, copy, signal);
  ended.abort(closedHere(failure.because));
  if (state.closing.signal.aborted) await logout(session.line.probes, session.ref, logoutDeadlineMs);
  if (state.following?.copy === copy) goDown(state, failure.because);
}

/** They have told what they could, and a master keeps only so many. */
function closeEarlier(earlier: EarlierCopy | undefined, { line }: MasterSession): void {
  for (let one = earlier; one !== undefined; one = one.before) {
    if (!one.closed && one.copy.session.line === line) {
      void logout(line.probes, one.copy.session.ref, logoutDeadlineMs);
    }
  }
}

async function followUntilLost(state: State, copy: MasterCopy, signal: AbortSignal): Promise<StreamFailure> {
  for (;;) {
    const mode = copy.mismatch === undefined ? 'wait' : 'now';
    const outcome = await followMaster(state.options.clock, copy, { mode, signal });
    if (typeof outcome === 'object') return outcome;
    state.failedSearches = 0;
    if (outcome === 'belief' || outcome === 'tasks') notify(state, outcome);
  }
}

async function refresh(state: State, deadlineMs: number): Promise<string | undefined> {
  const { clock } = state.options;
  const startedAtMs = clock.monotonicMs();
  const endAtMs = startedAtMs + deadlineMs;
  for (;;) {
    const leftMs = endAtMs - clock.monotonicMs();
    const { following } = state;
    if (following !== undefined && isAsNewAs(following.copy, startedAtMs)) return undefined;
    if (state.closing.signal.aborted) return state.downBecause;
    if (leftMs <= 0) {
      return following === undefined
        ? state.downBecause
        : `${following.copy.session.line.label} did not tell its present state within ${deadlineMs} ms`;
    }
    if (following === undefined) {
      state.cutWaitShort();
      await nextChange(state, leftMs);
      continue;
    }
    const { copy } = following;
    const asked = { mode: 'now', deadlineMs: leftMs, signal: state.closing.signal } as const;
    const outcome = await followMaster(clock, copy, asked);
    if (outcome === 'belief' || outcome === 'tasks') notify(state, outcome);
    if (typeof outcome === 'string') continue;
    if (outcome.kind === 'unreadable') return outcome.because;
    drop(state, copy.session, outcome.because);
  }
}

function isAsNewAs(copy: MasterCopy, atMs: number): boolean {
  return copy.currentAtMs >= atMs && copy.mismatch === undefined;
}

function nextChange(state: State, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      state.subscribers.delete(settle);
      cancel();
      resolve();
    };
    const cancel = state.options.clock.after(deadlineMs, settle);
    state.subscribers.add(settle);
  });
}
