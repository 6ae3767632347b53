/**
 * Sends acts. This is the only place of the operator that changes a pool or a machine. The intent has been written down
 * before; here everything is asked once more, for each act by itself, in the instant in which it is handed to its
 * connection, so that nothing can change in between.
 */

import type { Act } from '../../domain/acts/act.ts';
import { catalogue, objectionTo } from '../../domain/acts/catalogue.ts';
import type { Facts } from '../../domain/xapi/facts.ts';
import type { Step } from '../../domain/xapi/form.ts';
import type { MayGo } from '../../ports/acts.ts';
import type { ActReply } from '../../ports/hypervisor.ts';
import type { PoolSession } from '../poolDirectory.ts';

/** Why this one act must not be sent now although it was decided, or undefined. Asked in the instant of its sending. */
export function objection(step: Step, act: Act, now: Facts): string | undefined {
  return objectionToStep(step, now) ?? objectionTo(act, now);
}

/** Only speed: the acts of a wave that are sent in one instant rest on the same facts. */
const judged = new WeakMap<Facts, Map<Step, string | undefined>>();

function objectionToStep(step: Step, now: Facts): string | undefined {
  const verdicts = judged.get(now) ?? new Map<Step, string | undefined>();
  judged.set(now, verdicts);
  if (!verdicts.has(step)) verdicts.set(step, firstObjection(step, now));
  return verdicts.get(step);
}

function firstObjection(step: Step, now: Facts): string | undefined {
  for (const guard of step.guards) {
    const verdict = guard.judge(now);
    if (verdict.kind !== 'allow') return verdict.because;
  }
  return undefined;
}

/**
 * Sends one act, at most once. `mayGo` is asked when it is handed to its connection, which may be later than now. The reply
 * is a hint; the world is read afterwards.
 */
export function send(act: Act, session: PoolSession, mayGo: MayGo): Promise<ActReply> {
  const carryOut = session.acts[act.kind] as CarryOut;
  return carryOut(act, catalogue[act.kind].mayRunForMs, mayGo);
}

type CarryOut = (act: Act, deadlineMs: number, mayGo: MayGo) => Promise<ActReply>;
