import type { Clock, Random } from '../../ports/clock.ts';
import { KubernetesError } from '../../ports/kubernetes.ts';
import { backoffDelayMs } from '../../runtime/backoff.ts';
import { isExpired } from './statusError.ts';
import { WatchSilent } from './watchLines.ts';

/** The server's versions went back: its store was restored from a backup, and what was written since is lost. */
export class TimeWentBack extends Error {}

/** A line of a watch that cannot be understood. */
export class BadLine extends Error {}

/** An `ERROR` event inside a watch that was well until then. */
export class ErrorEvent extends Error {
  constructor(cause: KubernetesError) {
    super(cause.message, { cause });
  }
}

/** A watch that lasted this long was well although it brought nothing; what happens next is a new trouble. */
export const healthyMs = 30_000;
/** A server that opens watches is asked for the next one at most so often, and never less often. */
export const paceMs = 1_000;
const afterFailure = { baseMs: 800, maxMs: 30_000 };
/** A version that is too old again after this long is a new trouble as well. */
const listTroubleLastsMs = 120_000;

export interface Trouble {
  readonly error: unknown;
  /** How far the server had been heard; undefined before the first list. */
  readonly resourceVersion: string | undefined;
  /** Since the watch was opened; undefined when the failure was in a list or in opening the watch. */
  readonly watchedMs: number | undefined;
}

export interface Advice {
  /** A new list, or a watch from the version that was heard last. */
  readonly next: 'list' | 'resume';
  readonly waitMs: number;
}

/**
 * Where to go on after a failure, and how long to wait first. The wait grows with each refusal and starts over after a
 * watch that was well. A watch that was opened and cut is no refusal: something between here and the server may allow no
 * connection more than some seconds, and then only opening the next one at once keeps up with what happens. No more
 * than one a second, though, or a server that drops what it accepts would be asked tens of times a second
 * (kubernetes-client/javascript issue 1933).
 */
export interface Recovery {
  after(trouble: Trouble): Advice;
  /** An event or a bookmark arrived, or a quiet watch lasted: it is well. */
  progressed(): void;
}

export function createRecovery(options: { readonly clock: Clock; readonly random: Random }): Recovery {
  const { clock, random } = options;
  let waits = 0;
  let lists = 0;
  let listTroubleAtMs = Number.NEGATIVE_INFINITY;
  let stuckAt: string | undefined;

  /** A silent watch, or a line that is bad each time, repeats for ever when it is resumed at the same version. */
  const resumingCannotHelp = ({ error, resourceVersion }: Trouble): boolean => {
    const mayRepeat = error instanceof WatchSilent || error instanceof BadLine || error instanceof ErrorEvent;
    if (!mayRepeat) return false;
    const again = stuckAt === resourceVersion;
    stuckAt = again ? undefined : resourceVersion;
    return again;
  };

  /** The first one is nobody's fault and costs no wait: it comes after every long interruption. */
  const beforeListMs = (): number => {
    const nowMs = clock.monotonicMs();
    if (nowMs - listTroubleAtMs >= listTroubleLastsMs) lists = 0;
    listTroubleAtMs = nowMs;
    lists += 1;
    return lists === 1 ? 0 : backoffDelayMs(afterFailure, lists - 1, random);
  };
  const grownMs = (): number => {
    waits += 1;
    return backoffDelayMs(afterFailure, waits - 1, random);
  };
  const beforeNextWatchMs = (watchedMs: number): number =>
    Math.max(0, Math.round(paceMs * (0.75 + 0.5 * random.next())) - watchedMs);

  return {
    after: (trouble) => {
      const { error, watchedMs } = trouble;
      if (watchedMs !== undefined && watchedMs >= healthyMs) waits = 0;
      const mustList = isExpired(error) || isExpired(causeOf(error)) || error instanceof TimeWentBack;
      const waited = mustList
        ? beforeListMs()
        : watchedMs !== undefined && wasCut(error)
          ? beforeNextWatchMs(watchedMs)
          : grownMs();
      const asked = error instanceof KubernetesError ? (error.retryAfterMs ?? 0) : 0;
      const waitMs = Math.max(waited, Math.min(asked, afterFailure.maxMs));
      const fromHere = watchedMs !== undefined && resumingCannotHelp(trouble);
      const next = mustList || fromHere || trouble.resourceVersion === undefined ? 'list' : 'resume';
      return { next, waitMs };
    },
    progressed: () => {
      stuckAt = undefined;
      waits = 0;
    },
  };
}

/** An open watch ended or its connection broke; nobody said that anything is wrong with it. */
function wasCut(error: unknown): boolean {
  return !(error instanceof WatchSilent || error instanceof BadLine || error instanceof ErrorEvent);
}

function causeOf(error: unknown): unknown {
  return error instanceof ErrorEvent ? error.cause : undefined;
}
