import type { ConditionNow } from '../api/conditions.ts';

export function isTrue(type: string, reason: string, message: string): ConditionNow {
  return { type, status: 'True', reason, message };
}

export function isFalse(type: string, reason: string, message: string): ConditionNow {
  return { type, status: 'False', reason, message };
}

export function isUnknown(type: string, reason: string, message: string): ConditionNow {
  return { type, status: 'Unknown', reason, message };
}

/** True when all are; otherwise the first that is False, then the first that is Unknown, speaks for it. */
export function allOf(type: string, parts: readonly ConditionNow[], whenTrue: string): ConditionNow {
  const spoiler =
    parts.find((part) => part.status === 'False') ?? parts.find((part) => part.status === 'Unknown');
  return spoiler === undefined ? isTrue(type, 'AllIsWell', whenTrue) : { ...spoiler, type };
}

/** The Pool itself says why; its sentence on each of its hosts and virtual machines would only be noise. */
export function poolNotKnown(object: {
  readonly spec: { readonly poolRef: { readonly name: string } };
}): string {
  return `The Pool ${object.spec.poolRef.name} is not known now; its conditions say why.`;
}
