import { type ConditionNow, conditionsNow } from '../../api/conditions.ts';
import { fitted } from '../../api/fit.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import { recoveryRequestKind } from '../../api/kinds.ts';
import {
  isFollowed,
  meaningOf,
  type Outcome,
  outOfTime,
  type Phase,
  requestLastsMs,
} from '../../domain/kernel/outcome.ts';
import type { Clock } from '../../ports/clock.ts';
import { isFalse, isTrue } from '../judgements.ts';
import type { Status } from './makeRecord.ts';
import type { Memory } from './memory.ts';
import { hasBegun } from './phases.ts';

/** As long as the silence that a Pool asks for where it says nothing; the Pool itself may be what is missing. */
const memberTimeoutMs = 600_000;

/**
 * The record of a request whose Host, Pool or session is not there: what was written stays, and the sentence is added. It can be
 * cancelled, and it ends when nothing was begun in time, like any other.
 */
export function unready(request: RecoveryRequest, because: string, memory: Memory, clock: Clock): Status {
  const { phase, message, stalled } = outcomeOfUnready(request, because, memory, clock);
  const { ready, reconciling } = meaningOf[phase];
  const now = [
    { type: 'Ready', status: ready, reason: phase, message },
    reconciling
      ? isTrue('Reconciling', phase, message)
      : isFalse('Reconciling', phase, 'Nothing is under way.'),
    stalled === undefined
      ? isFalse('Stalled', 'NotStalled', 'Nothing has held it up for long.')
      : isTrue('Stalled', stalled.reason, stalled.message),
  ];
  return asItStood(request, phase, now, clock);
}

/** The record of a request whose whole record the API server refuses: small, so that it is taken. */
export function unrecorded(request: RecoveryRequest, because: string, clock: Clock): Status {
  const now = [
    isFalse('Ready', 'RecordRefused', because),
    isFalse('Reconciling', 'RecordRefused', 'Nothing is done without a record.'),
    isTrue('Stalled', 'RecordRefused', because),
  ];
  return asItStood(request, request.status?.phase ?? 'Pending', now, clock);
}

function outcomeOfUnready(request: RecoveryRequest, because: string, memory: Memory, clock: Clock): Outcome {
  const nowMs = clock.monotonicMs();
  const begun = hasBegun(request) || memory.journal.some((entry) => entry.outcome !== 'NotSent');
  if (request.spec.cancel === true && !memory.journal.some((entry) => isFollowed(entry, { nowMs }))) {
    const what = begun
      ? 'It was cancelled. How what had been begun ended is in the journal, as far as it could be learned.'
      : 'It was cancelled before anything was done.';
    return { phase: 'Cancelled', message: `${what} ${because}`, stalled: undefined };
  }
  const ageMs = nowMs - memory.sinceMs;
  if (!begun && ageMs > requestLastsMs + memberTimeoutMs) return outOfTime(ageMs, because);
  const phase = begun ? 'Running' : 'Pending';
  return { phase, message: because, stalled: { reason: 'NotReady', message: because } };
}

function asItStood(
  request: RecoveryRequest,
  phase: Phase,
  conditions: readonly ConditionNow[],
  clock: Clock,
): Status {
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
    // Nobody is asked for anything any more, and nothing is judged, for a request that is over.
    ...(meaningOf[phase].over ? { asks: [], gates: [] } : {}),
    observedGeneration: generation,
    phase,
    conditions: [...conditionsNow(request.status?.conditions, now, stamp)],
  });
}
