/** A condition as Kubernetes has them (metav1.Condition), with its observedGeneration always set. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** One word, UpperCamelCase. */
  readonly reason: string;
  /** A sentence. */
  readonly message: string;
  readonly observedGeneration: number;
  /** RFC 3339, of the moment at which `status` became what it is. */
  readonly lastTransitionTime: string;
}

/**
 * The conditions with this one set in its place, or at the end. `lastTransitionTime` becomes `nowIso` only when the
 * status changes, whatever else does: a new reason or message is not a transition. The argument is not changed.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  next: Omit<Condition, 'lastTransitionTime'>,
  nowIso: string,
): readonly Condition[] {
  const present = conditions ?? [];
  const previous = present.find(({ type }) => type === next.type);
  const lastTransitionTime =
    previous !== undefined && previous.status === next.status ? previous.lastTransitionTime : nowIso;
  const condition: Condition = {
    type: next.type,
    status: next.status,
    reason: next.reason,
    message: next.message,
    observedGeneration: next.observedGeneration,
    lastTransitionTime,
  };
  return previous === undefined
    ? [...present, condition]
    : present.map((other) => (other.type === next.type ? condition : other));
}
