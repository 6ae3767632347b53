import { type Cancel, type Clock, type Random, sleep } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { TransportError } from '../network/transportError.ts';
import { createBackoff } from './backoff.ts';
import { findMaster } from './findMaster.ts';
import { call } from './jsonRpc.ts';
import { followMaster, type MasterCopy, readMaster, type StreamFailure } from './masterSync.ts';
import type { MemberLine } from './memberLine.ts';
import { logout, type MasterSession } from './session.ts';

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
  /** Resolves when the copy is as new as this call, or when the deadline has come without. */
  refresh(deadlineMs: number): Promise<void>;
  /** For whoever notices that a session is not the master's (any more). Does nothing when it was replaced already. */
  drop(session: MasterSession, because: string): void;
  /** Logs out and ends all work; nothing is under way when it resolves. */
  close(): Promise<void>;
}

export interface Following {
  readonly kind: 'following';
  readonly copy: MasterCopy;
  /** When the toolstack before this session's was last heard of, if this connection saw it go. */
  readonly restartSeenAtMs: number | undefined;
}

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly lines: readonly MemberLine[];
  readonly poolUUID: string;
}

const searchDeadlineMs = 5_000;
const logoutDeadlineMs = 2_000;

export function createMasterConnection(options: ConnectionOptions): MasterConnection {
  const { clock, log, lines, poolUUID } = options;
  const closing = new AbortController();
  const backoff = createBackoff(options.random);
  const subscribers = new Set<(what: 'belief' | 'tasks') => void>();
  let following: Following | undefined;
  let downBecause = 'the pool has not been read yet';
  /** The last copy that was given up, until it is known whether its session outlived the connection. */
  let lost: MasterCopy | undefined;
  let patience: 'firstMaster' | 'everybody' = 'firstMaster';
  let endSession = (_because: string): void => {};
  let cutWaitShort = (): void => {};

  const notify = (what: 'belief' | 'tasks'): void => {
    for (const subscriber of [...subscribers]) subscriber(what);
  };

  const goDown = (because: string): void => {
    if (following === undefined && because === downBecause) return;
    if (following !== undefined) lost = following.copy;
    following = undefined;
    downBecause = because;
    log.warn('the pool cannot be read', { pool: poolUUID, because });
    notify('belief');
  };

  const drop = (session: MasterSession, because: string): void => {
    if (following?.copy.session !== session) return;
    goDown(because);
    endSession(because);
  };

  const connectOnce = async (): Promise<void> => {
    const search = await findMaster({
      clock,
      lines,
      poolUUID,
      deadlineMs: searchDeadlineMs,
      patience,
      onLateMaster: (because) => {
        patience = 'everybody';
        if (following !== undefined) drop(following.copy.session, because);
      },
    });
    if (search.kind === 'none') {
      goDown(search.because);
      return;
    }
    await follow(search.session);
  };

  const follow = async (session: MasterSession): Promise<void> => {
    const ended = new AbortController();
    endSession = (because) => ended.abort(closedHere(because));
    const signal = AbortSignal.any([closing.signal, ended.signal]);
    const restartSeenAtMs = await checkRestart(session, lost);
    const copy = await readMaster(clock, session, signal);
    if (!('tables' in copy)) {
      goDown(copy.because);
      await logout(session.line.probes, session.ref, logoutDeadlineMs);
      return;
    }
    lost = undefined;
    patience = 'firstMaster';
    following = { kind: 'following', copy, restartSeenAtMs };
    log.info('the pool master is followed', { pool: poolUUID, master: session.line.label });
    notify('belief');
    const failure = await followUntilLost(copy, signal);
    if (closing.signal.aborted) await logout(session.line.probes, session.ref, logoutDeadlineMs);
    if (following?.copy === copy) goDown(failure.because);
  };

  const followUntilLost = async (copy: MasterCopy, signal: AbortSignal): Promise<StreamFailure> => {
    for (;;) {
      const mode = copy.mismatch === undefined ? 'wait' : 'now';
      const outcome = await followMaster(clock, copy, { mode, signal });
      if (typeof outcome === 'object') return outcome;
      backoff.reset();
      if (outcome === 'belief' || outcome === 'tasks') notify(outcome);
    }
  };

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        await connectOnce();
      } catch (error) {
        log.error('reading the pool failed by a fault of this program', { pool: poolUUID, error });
        goDown(`reading the pool failed by a fault of this program: ${String(error)}`);
      }
      if (closing.signal.aborted) return;
      const waiting = new AbortController();
      cutWaitShort = () => waiting.abort();
      const signal = AbortSignal.any([closing.signal, waiting.signal]);
      await sleep(clock, backoff.next(), signal).catch(() => {});
    }
  };
  const running = run();

  const changed = (deadlineMs: number): Promise<void> =>
    new Promise((resolve) => {
      const settle = (): void => {
        subscribers.delete(settle);
        cancel();
        resolve();
      };
      const cancel = clock.after(deadlineMs, settle);
      subscribers.add(settle);
    });

  const refresh = async (deadlineMs: number): Promise<void> => {
    const startedAtMs = clock.monotonicMs();
    const endAtMs = startedAtMs + deadlineMs;
    for (;;) {
      const leftMs = endAtMs - clock.monotonicMs();
      if (leftMs <= 0 || closing.signal.aborted) return;
      if (following === undefined) {
        cutWaitShort();
        await changed(leftMs);
        continue;
      }
      const { copy } = following;
      if (copy.currentAtMs >= startedAtMs && copy.mismatch === undefined) return;
      const asked = { mode: 'now', deadlineMs: leftMs, signal: closing.signal } as const;
      const outcome = await followMaster(clock, copy, asked);
      if (typeof outcome === 'string') {
        if (outcome !== 'superseded' && outcome !== 'nothing') notify(outcome);
      } else if (outcome.kind === 'unreadable') return;
      else drop(copy.session, outcome.because);
    }
  };

  return {
    current: () => following ?? { kind: 'down', because: downBecause },
    subscribe: (onChange) => {
      subscribers.add(onChange);
      return () => subscribers.delete(onChange);
    },
    refresh,
    drop,
    close: async () => {
      closing.abort(closedHere('the connection to the pool was closed'));
      goDown('the connection to the pool was closed');
      await running;
    },
  };
}

/** Its reason comes back as the outcome of whatever call is under way, as for any other broken connection. */
function closedHere(because: string): TransportError {
  return new TransportError('closedHere', because, { mayHaveArrived: true });
}

/**
 * Whether the toolstack was restarted since the last copy: closing the old session, at the same member, succeeds only
 * if its toolstack still knows it. Anything else counts as a restart, at the moment when the old one was last heard of.
 */
async function checkRestart(
  session: MasterSession,
  lost: MasterCopy | undefined,
): Promise<number | undefined> {
  if (lost === undefined) return undefined;
  if (lost.session.line !== session.line) return lost.currentAtMs;
  const outcome = await call(session.line.probes, {
    method: 'session.logout',
    params: [lost.session.ref],
    deadlineMs: logoutDeadlineMs,
  });
  return outcome.kind === 'result' ? undefined : lost.currentAtMs;
}
