/**
 * Sends effects. This is the only place of the operator that changes a pool or a machine. The intent has been written down
 * before; here everything is asked once more, synchronously, and between that question and the sending there is no
 * await, so that nothing can change in between.
 */
import { assertNever } from '../../domain/assertNever.ts';
import type { Step } from '../../domain/decide.ts';
import { type Effect, effectKey } from '../../domain/effects.ts';
import type { Facts } from '../../domain/facts.ts';
import { startIsSafe } from '../../domain/startIsSafe.ts';
import type { EffectReply } from '../../ports/hypervisor.ts';
import type { PoolSession } from '../poolDirectory.ts';

export const effectDeadlineMs = {
  cutPower: 30_000,
  declareDead: 300_000,
  removeLock: 30_000,
  start: 180_000,
} as const;

/** Why the effects must not be sent now although they were decided, or undefined. Asked right before sending. */
export function objection(step: Step, effects: readonly Effect[], now: Facts): string | undefined {
  for (const guard of step.guards) {
    const verdict = guard.judge(now);
    if (verdict.kind === 'deny') return verdict.because;
    if (verdict.kind === 'unknown') return verdict.missing;
  }
  return effects.map((effect) => objectionToOne(effect, now)).find((sentence) => sentence !== undefined);
}

/** Identity is pinned and checked again at the effect: it is about the target, or about a machine of its plan. */
function objectionToOne(effect: Effect, now: Facts): string | undefined {
  switch (effect.kind) {
    case 'cutPower': {
      const last = now.powerReadings.at(-1);
      return last?.serial === effect.serial && effect.hostUUID === now.target.hostUUID
        ? undefined
        : `The power that would be cut is that of the serial ${last?.serial ?? 'unknown'}, not ${effect.serial}.`;
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

/** Sends one effect, at most once. The reply is a hint; the world is read afterwards. */
export function send(effect: Effect, session: PoolSession): Promise<EffectReply> {
  switch (effect.kind) {
    case 'cutPower':
      return (
        session.power(effect.hostUUID)?.cut(effectDeadlineMs.cutPower) ??
        Promise.resolve({ kind: 'notSent', because: 'No power controller is declared.' })
      );
    case 'declareDead':
      return session.link.declareDead(effect.hostUUID, effectDeadlineMs.declareDead);
    case 'removeLock':
      return session.link.removeLock(effect.vdiUUID, effect.hostRef, effectDeadlineMs.removeLock);
    case 'start':
      return session.link.startOn(effect.vmUUID, effect.hostUUID, effectDeadlineMs.start);
    default:
      return assertNever(effect);
  }
}

export function targetOfEffect(effect: Effect): string {
  return effectKey(effect).slice(effect.kind.length + 1);
}
