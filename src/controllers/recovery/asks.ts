/** What a person is asked for, since when, and the reminders: Events, since somebody may have been told to watch for them. */
import { isoSeconds } from '../../api/conditions.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { Outcome } from '../../domain/kernel/outcome.ts';
import type { EventRecorder } from '../../ports/kubernetes.ts';
import type { Memory } from './memory.ts';

/** Takes note of what the outcome asks of people, and reminds them when it is time. */
export function noteAsk(
  memory: Memory,
  { ask }: Pick<Outcome, 'ask'>,
  now: { readonly nowMs: number; readonly momentMs: number },
  about: { readonly request: RecoveryRequest; readonly events: EventRecorder },
): void {
  if (ask === undefined) {
    memory.ask = undefined;
    return;
  }
  const { remindEveryMs, ...told } = ask;
  const before = memory.ask?.ask.todo === told.todo ? memory.ask : undefined;
  if (before !== undefined && now.nowMs - before.remindedMs < remindEveryMs) return;
  memory.ask = {
    step: memory.step?.title ?? '',
    ask: told,
    sinceWallMs: before?.sinceWallMs ?? now.momentMs,
    remindedMs: now.nowMs,
  };
  about.events.record({
    regarding: about.request,
    type: 'Normal',
    reason: before === undefined ? 'WaitsForPerson' : 'StillWaitsForPerson',
    action: about.request.spec.procedure,
    note: `${told.role}: ${told.todo}`,
  });
}

export function asksOf({
  ask: asking,
}: Pick<Memory, 'ask'>): NonNullable<NonNullable<RecoveryRequest['status']>['asks']> {
  if (asking === undefined) return [];
  return [{ step: asking.step, ...asking.ask, since: isoSeconds(asking.sinceWallMs) }];
}
