/**
 * Acts that could not even be sent (no connection, a device that refuses to be asked) are tried again less and less often:
 * each try is an intent to be written, and nothing says that the next one fares better.
 */
import { catalogue } from '../../domain/acts/catalogue.ts';
import { type Effect, effectKey } from '../../domain/acts/effects.ts';
import type { Decision } from '../../domain/kernel/decide.ts';
import type { Memory } from './memory.ts';

export interface NotSent {
  readonly times: number;
  readonly atMs: number;
  readonly because: string;
}

const firstPauseMs = 1_000;

export function noteNotSent(memory: Memory, key: string, { atMs, because }: Omit<NotSent, 'times'>): void {
  const times = (memory.notSent.get(key)?.times ?? 0) + 1;
  memory.notSent.set(key, { times, atMs, because });
}

/** The decision without the effects whose pause is not over; when that leaves none, what is waited for. */
export function holdBack(decision: Decision, memory: Memory, nowMs: number): Decision {
  if (decision.kind !== 'act') return decision;
  const effects = decision.effects.filter((effect) => {
    const before = memory.notSent.get(effectKey(effect));
    return before === undefined || nowMs - before.atMs >= pauseMs(effect, before.times);
  });
  if (effects.length > 0) return { ...decision, effects };
  const [because = ''] = decision.effects.flatMap(
    (effect) => memory.notSent.get(effectKey(effect))?.because ?? [],
  );
  return {
    kind: 'await',
    step: decision.step,
    because: `It could not be sent: ${because} It is tried again.`,
  };
}

function pauseMs({ kind }: Effect, times: number): number {
  return Math.min(catalogue[kind].longestPauseMs, firstPauseMs * 2 ** (times - 1));
}
