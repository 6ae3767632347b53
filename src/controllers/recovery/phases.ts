import type { RecoveryRequest } from '../../api/generated/types.ts';

export type Phase = NonNullable<NonNullable<RecoveryRequest['status']>['phase']>;

const ended: ReadonlySet<string> = new Set<Phase>(['Succeeded', 'Failed', 'Cancelled', 'Planned']);

/** A finished request is a record: nothing is ever done for it again, whoever applies it again. */
export function isFinished(request: RecoveryRequest): boolean {
  const phase = request.status?.phase;
  return phase !== undefined && ended.has(phase);
}

/** Something harmful was intended for it, so that it has to be followed to its end before another may begin. */
export function hasBegun(request: RecoveryRequest): boolean {
  return (request.status?.journal ?? []).some((entry) => entry.outcome !== 'NotSent');
}
