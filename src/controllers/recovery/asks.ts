/** What a person is asked for, since when, and the reminders: Events, since somebody may have been told to watch for them. */
import { isoSeconds } from '../../api/conditions.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { Outcome } from '../../domain/kernel/outcome.ts';
import type { Ask } from '../../domain/kernel/people.ts';
import type { EventRecorder } from '../../ports/kubernetes.ts';
import type { Memory } from './memory.ts';

interface About {
  readonly request: RecoveryRequest;
  readonly events: EventRecorder;
}

/** Takes note of what the outcome asks of people. */
export function noteAsk(
  memory: Memory,
  { ask }: Pick<Outcome, 'ask'>,
  now: { readonly nowMs: number; readonly momentMs: number },
  about: About,
): void {
  if (ask === undefined) {
    memory.ask = undefined;
    return;
  }
  const before = memory.ask?.ask.todo === ask.todo ? memory.ask : undefined;
  memory.ask = {
    step: memory.step?.title ?? '',
    ask,
    sinceWallMs: before?.sinceWallMs ?? now.momentMs,
    remindedMs: before?.remindedMs ?? now.nowMs,
  };
  if (before === undefined) tell('WaitsForPerson', ask, about);
}

/** Says again what a person was asked for, when it is time. */
export function remind(memory: Memory, nowMs: number, about: About): void {
  const { ask: asking } = memory;
  if (asking === undefined || nowMs - asking.remindedMs < asking.ask.remindEveryMs) return;
  memory.ask = { ...asking, remindedMs: nowMs };
  tell('StillWaitsForPerson', asking.ask, about);
}

function tell(reason: string, { role, todo }: Ask, { request, events }: About): void {
  events.record({
    regarding: request,
    type: 'Normal',
    reason,
    action: request.spec.procedure,
    note: `${role}: ${todo}`,
  });
}

export function asksOf({
  ask: asking,
}: Pick<Memory, 'ask'>): NonNullable<NonNullable<RecoveryRequest['status']>['asks']> {
  if (asking === undefined) return [];
  const { remindEveryMs: _, ...ask } = asking.ask;
  return [{ step: asking.step, ...ask, since: isoSeconds(asking.sinceWallMs) }];
}
