import type { RecoveryRequest } from '../../api/generated/types.ts';
import { meaningOf } from '../../domain/kernel/outcome.ts';

/** A finished request is a record: nothing is ever done for it again, whoever applies it again. */
export function isFinished(request: RecoveryRequest): boolean {
  const phase = request.status?.phase;
  return phase !== undefined && meaningOf[phase].over;
}

/** Something harmful was intended for it, so that it has to be followed to its end before another may begin. */
export function hasBegun(request: RecoveryRequest): boolean {
  return (request.status?.journal ?? []).some((entry) => entry.outcome !== 'NotSent');
}
