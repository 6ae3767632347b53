/**
 * Sends effects. This is the only place of the operator that changes a pool or a machine. The intent has been written down
 * before; here everything is asked once more, for each act by itself, in the instant in which it is handed to its
 * connection, so that nothing can change in between.
 */
import { assertNever } from '../../domain/assertNever.ts';
import type { Step } from '../../domain/decide.ts';
import { type Effect, effectKey, mayRunForMs } from '../../domain/effects.ts';
import type { Facts } from '../../domain/facts.ts';
import { showsThisMachine, whatIsDeclared, whatItShows } from '../../domain/identity.ts';
import { startIsSafe } from '../../domain/startIsSafe.ts';
import type { EffectReply, MayGo } from '../../ports/hypervisor.ts';
import type { PoolSession } from '../poolDirectory.ts';

/** Why this one effect must not be sent now although it was decided, or undefined. Asked in the instant of its sending. */
export function objection(step: Step, effect: Effect, now: Facts): string | undefined {
  return objectionToStep(step, now) ?? objectionToOne(effect, now);
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
    if (verdict.kind === 'deny') return verdict.because;
    if (verdict.kind === 'unknown') return verdict.missing;
  }
  return undefined;
}

/** Identity is pinned and checked again at the effect: it is about the target, or about a machine of its plan. */
function objectionToOne(effect: Effect, now: Facts): string | undefined {
  switch (effect.kind) {
    case 'cutPower': {
      const last = now.powerReadings.at(-1);
      const { declared } = now.identity;
      if (last === undefined || effect.hostUUID !== now.target.hostUUID)
        return 'The power that would be cut has not been read.';
      return showsThisMachine(last, declared)
        ? undefined
        : `The power that would be cut is that of ${whatItShows(last)}, not of ${whatIsDeclared(declared)}.`;
    }
    case 'declareDead':
      return effect.hostUUID === now.target.hostUUID
        ? undefined
        : 'The effect is about another host than the target.';
    case 'removeLock':
      return effect.hostRef === now.plan?.hostRef ? undefined : 'The lock is not one of the target.';
    case 'start':
      return objectionToStart(effect, now);
    default:
      return assertNever(effect);
  }
}

function objectionToStart(effect: Effect & { readonly kind: 'start' }, now: Facts): string | undefined {
  const victim = now.plan?.victims.find((candidate) => candidate.uuid === effect.vmUUID);
  const reading = now.starts.get(effect.vmUUID);
  if (victim === undefined || reading === undefined || victim.host !== effect.hostUUID) {
    return 'The virtual machine is not in the plan for this host.';
  }
  if (effect.hostUUID === now.target.hostUUID) return 'It would start on the failed member.';
  const verdict = startIsSafe(victim, reading, now);
  if (verdict.kind === 'allow') return undefined;
  return verdict.kind === 'deny' ? verdict.because : verdict.missing;
}

/**
 * Sends one effect, at most once. `mayGo` is asked when it is handed to its connection, which may be later than now. The reply
 * is a hint; the world is read afterwards.
 */
export function send(effect: Effect, session: PoolSession, mayGo: MayGo): Promise<EffectReply> {
  switch (effect.kind) {
    case 'cutPower':
      return (
        session.power(effect.hostUUID)?.cut(mayRunForMs.cutPower, mayGo) ??
        Promise.resolve({ kind: 'notSent', because: 'No power controller is declared.' })
      );
    case 'declareDead':
      return session.link.declareDead(effect.hostUUID, mayRunForMs.declareDead, mayGo);
    case 'removeLock':
      return session.link.removeLock(effect.vdiUUID, effect.hostRef, mayRunForMs.removeLock, mayGo);
    case 'start':
      return session.link.startOn(effect.vmUUID, effect.hostUUID, mayRunForMs.start, mayGo);
    default:
      return assertNever(effect);
  }
}

export function targetOfEffect(effect: Effect): string {
  return effectKey(effect).slice(effect.kind.length + 1);
}
