import type { Clock, Random } from '../../ports/clock.ts';
import { KubernetesError } from '../../ports/kubernetes.ts';
import { backoffDelayMs } from './backoff.ts';
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

/** A watch that lasted this long was well; what happens next is a new trouble. */
export const healthyMs = 30_000;
const afterFailure = { baseMs: 800, maxMs: 30_000 };

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
 * Where to go on after a failure, and how long to wait first. The wait grows with each failure and starts over only
 * after a watch that was well, so that a server which accepts and drops watches is asked every half minute, not
 * tens of times a second (kubernetes-client/javascript issue 1933).
 */
export interface Recovery {
  after(trouble: Trouble): Advice;
  /** An event or a bookmark arrived: resuming works. */
  progressed(): void;
}

export function createRecovery(options: { readonly clock: Clock; readonly random: Random }): Recovery {
  let waits = 0;
  let stuckAt: string | undefined;

  /** A silent watch, or a line that is bad each time, repeats for ever when it is resumed at the same version. */
  const resumingCannotHelp = ({ error, resourceVersion }: Trouble): boolean => {
    const mayRepeat = error instanceof WatchSilent || error instanceof BadLine || error instanceof ErrorEvent;
    if (!mayRepeat) return false;
    const again = stuckAt === resourceVersion;
    stuckAt = again ? undefined : resourceVersion;
    return again;
  };

  return {
    after: (trouble) => {
      const { error, watchedMs } = trouble;
      if (watchedMs !== undefined && watchedMs >= healthyMs) waits = 0;
      const mustList = isExpired(error) || isExpired(causeOf(error)) || error instanceof TimeWentBack;
      // The first one is nobody's fault and costs no wait: it comes after every long interruption.
      const grown = mustList && waits === 0 ? 0 : backoffDelayMs(afterFailure, waits, options.random);
      waits += 1;
      const asked = error instanceof KubernetesError ? (error.retryAfterMs ?? 0) : 0;
      const waitMs = Math.max(grown, Math.min(asked, afterFailure.maxMs));
      const fromHere = watchedMs !== undefined && resumingCannotHelp(trouble);
      const next = mustList || fromHere || trouble.resourceVersion === undefined ? 'list' : 'resume';
      return { next, waitMs };
    },
    progressed: () => {
      stuckAt = undefined;
    },
  };
}

function causeOf(error: unknown): unknown {
  return error instanceof ErrorEvent ? error.cause : undefined;
}
