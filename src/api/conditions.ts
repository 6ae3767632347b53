/** Conditions in the form that kubectl wait, kstatus and Argo CD understand. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

export type ConditionNow = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>;

/**
 * The conditions as they are now, computed from scratch; only the time of the last transition is kept from before, for
 * those whose status did not change.
 */
export function conditionsNow(
  before: readonly Condition[] | undefined,
  now: readonly ConditionNow[],
  stamp: { readonly nowWallMs: number; readonly generation: number },
): readonly Condition[] {
  return now.map((condition) => {
    const previous = before?.find((candidate) => candidate.type === condition.type);
    const kept = previous?.status === condition.status ? previous.lastTransitionTime : undefined;
    return {
      ...condition,
      lastTransitionTime: kept ?? isoSeconds(stamp.nowWallMs),
      observedGeneration: stamp.generation,
    };
  });
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function isoSeconds(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 with milliseconds, for moments that are compared with each other. */
export function isoMillis(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
