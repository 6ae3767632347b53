import type { Clock } from '../ports/clock.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';

/** A status that the API server refused, since it last took one: how often, and when and for which spec it was last. */
export interface Refused {
  readonly times: number;
  readonly atMs: number;
  readonly generation: number;
}

const firstPauseMs = 2_000;
const longestPauseMs = 5 * 60_000;

export function refusedOnceMore(
  before: Refused | undefined,
  object: KubernetesObject,
  clock: Clock,
): Refused {
  return {
    times: (before?.times ?? 0) + 1,
    atMs: clock.monotonicMs(),
    generation: object.metadata.generation ?? 0,
  };
}

/** What was refused is refused again, unless something has changed: an edit shows, a schema or a right that was mended does not. */
export function mayBeTriedInMs(refused: Refused | undefined, object: KubernetesObject, clock: Clock): number {
  if (refused === undefined || refused.generation !== (object.metadata.generation ?? 0)) return 0;
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (refused.times - 1));
  return Math.max(0, refused.atMs + pauseMs - clock.monotonicMs());
}
