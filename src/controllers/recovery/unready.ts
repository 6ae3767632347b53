import { type ConditionNow, conditionsNow } from '../../api/conditions.ts';
import { fitted } from '../../api/fit.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import { recoveryRequestKind } from '../../api/kinds.ts';
import type { Clock } from '../../ports/clock.ts';
import { isFalse, isTrue, isUnknown } from '../judgements.ts';
import type { Status } from './makeRecord.ts';

/** The record of a request whose Host, Pool or session is not there: what was written stays, and the sentence is added. */
export function unready(request: RecoveryRequest, because: string, clock: Clock): Status {
  const now = [
    isUnknown('Ready', 'Pending', because),
    isTrue('Reconciling', 'Pending', because),
    isTrue('Stalled', 'NotReady', because),
  ];
  return asItStood(request, now, clock);
}

/** The record of a request whose whole record the API server refuses: small, so that it is taken. */
export function unrecorded(request: RecoveryRequest, because: string, clock: Clock): Status {
  const now = [
    isFalse('Ready', 'RecordRefused', because),
    isFalse('Reconciling', 'RecordRefused', 'Nothing is done without a record.'),
    isTrue('Stalled', 'RecordRefused', because),
  ];
  return asItStood(request, now, clock);
}

function asItStood(request: RecoveryRequest, conditions: readonly ConditionNow[], clock: Clock): Status {
  const generation = request.metadata.generation ?? 0;
  const kept = (request.status?.conditions ?? []).filter(
    ({ type }) => type === 'Approved' || type === 'Fenced',
  );
  const now = [
    ...conditions,
    ...kept.map(({ type, status, reason, message }) => ({ type, status, reason, message })),
  ];
  const stamp = { nowWallMs: clock.wallMs(), generation };
  return fitted(recoveryRequestKind, {
    ...request.status,
    observedGeneration: generation,
    phase: request.status?.phase ?? 'Pending',
    conditions: [...conditionsNow(request.status?.conditions, now, stamp)],
  });
}
