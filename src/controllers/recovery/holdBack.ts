/**
 * Acts that could not even be sent (no connection, a device that refuses to be asked) are tried again less and less often:
 * each try is an intent to be written, and nothing says that the next one fares better.
 */

import { type Act, actKey } from '../../domain/acts/act.ts';
import { catalogue } from '../../domain/acts/catalogue.ts';
import type { Decision } from '../../domain/xapi/form.ts';
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

/** The decision without the acts whose pause is not over; when that leaves none, what is waited for. */
export function holdBack(decision: Decision, memory: Memory, nowMs: number): Decision {
  if (decision.kind !== 'act') return decision;
  const acts = decision.acts.filter((act) => {
    const before = memory.notSent.get(actKey(act));
    return before === undefined || nowMs - before.atMs >= pauseMs(act, before.times);
  });
  if (acts.length > 0) return { ...decision, acts };
  const [because = ''] = decision.acts.flatMap((act) => memory.notSent.get(actKey(act))?.because ?? []);
  return {
    kind: 'await',
    step: decision.step,
    because: `It could not be sent: ${because} It is tried again.`,
  };
}

function pauseMs({ kind }: Act, times: number): number {
  return Math.min(catalogue[kind].longestPauseMs, firstPauseMs * 2 ** (times - 1));
}
