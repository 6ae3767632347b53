import { type Condition, conditionsNow } from '../api/conditions.ts';
import { cutText, fitted } from '../api/fit.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventRecorder, Kind } from '../ports/kubernetes.ts';
import type { Log } from '../ports/log.ts';
import type { StatusWriter, WithStatus } from '../runtime/statusWriter.ts';
import { type Cached, keyOfObject } from './cluster.ts';
import { isUnknown } from './judgements.ts';
import { mayBeTriedInMs, type Refused, refusedOnceMore } from './refusals.ts';

interface Target<T extends WithStatus> {
  readonly writer: StatusWriter;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly kind: Kind;
  readonly store: Cached<T>;
  /** By the object's key. */
  readonly refusals: Map<string, Refused>;
}

/**
 * Writes a status when it differs from what is stored, and not otherwise. A conflict or a vanished object needs nothing:
 * the change that caused it brings the object back to its reconcile. One that the API server refuses is told on the object
 * itself, and tried again less and less often: after what is returned.
 */
export async function writeIfChanged<T extends WithStatus>(
  target: Target<T>,
  object: T,
  status: NonNullable<T['status']>,
): Promise<{ readonly requeueAfterMs?: number }> {
  const { refusals, clock, log } = target;
  const key = `${target.kind.kind} ${keyOfObject(object)}`;
  const refused = refusals.get(key);
  const inMs = mayBeTriedInMs(refused, object, clock);
  if (inMs > 0) return { requeueAfterMs: inMs };
  const outcome = await target.writer.write(target.kind, object, fitted(target.kind, status));
  if (outcome.kind !== 'refused') {
    refusals.delete(key);
    if (outcome.kind === 'written') target.store.absorb(outcome.object);
    return {};
  }
  const now = refusedOnceMore(refused, object, clock);
  refusals.set(key, now);
  log.error('the API server refused a status', { object: key, message: outcome.message });
  await tellRefusal(target, object, outcome.message);
  return { requeueAfterMs: mayBeTriedInMs(now, object, clock) };
}

/** What was stored stays, with a sentence over it that says why it is not newer. */
async function tellRefusal<T extends WithStatus>(
  { writer, events, clock, kind, store }: Target<T>,
  object: T,
  message: string,
): Promise<void> {
  const because = cutText(`The API server refuses the status of this ${kind.kind}: ${message}`, 1000);
  events.record({
    regarding: object,
    type: 'Warning',
    reason: 'StatusRefused',
    action: 'ShowStatus',
    note: because,
  });
  const before = object.status as { readonly conditions?: readonly Condition[] } | undefined;
  const stamp = { nowWallMs: clock.wallMs(), generation: object.metadata.generation ?? 0 };
  const ready = conditionsNow(before?.conditions, [isUnknown('Ready', 'StatusRefused', because)], stamp);
  const others = (before?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  const told = await writer.write(kind, object, {
    ...before,
    conditions: [...ready, ...others],
  } as unknown as NonNullable<T['status']>);
  if (told.kind === 'written') store.absorb(told.object);
}
