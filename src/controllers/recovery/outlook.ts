/** Where a recovery stands, in one word and one sentence for people, and whether it waits for one of them. */
import type { Decision } from '../../domain/decide.ts';
import type { Act, Facts, Victim } from '../../domain/facts.ts';
import { makePlan } from '../../domain/plan.ts';
import { isUp } from '../../domain/progress.ts';
import type { Memory } from './memory.ts';
import type { Phase } from './phases.ts';

export interface Outlook {
  readonly phase: Phase;
  readonly message: string;
  readonly stalled: { readonly reason: string; readonly message: string } | undefined;
}

/** A request that nothing harmful was begun for is given up after this much more than the silence it waits for. */
export const requestLastsMs = 60 * 60_000;
/** A step that waits longer than this calls a person; it goes on waiting. */
export const stepCallsAfterMs = 10 * 60_000;

export function isOver(phase: Phase): boolean {
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Cancelled' || phase === 'Planned';
}

export function outlook(decision: Decision, facts: Facts, memory: Memory): Outlook {
  const begun = memory.acts.some((act) => act.outcome !== 'NotSent');
  if (facts.request.cancelled && !memory.acts.some((act) => isFollowed(act, facts))) {
    return { phase: 'Cancelled', message: cancelledMessage(memory), stalled: undefined };
  }
  if (decision.kind === 'finished') return finished(facts.plan?.victims ?? []);
  if (!begun && facts.nowMs - memory.sinceMs > requestLastsMs + facts.policy.memberTimeoutMs) {
    return {
      phase: 'Failed',
      message: `Nothing could be begun in time, and the request ends. ${sentenceOf(decision)}`,
      stalled: undefined,
    };
  }
  if (facts.request.mode === 'Plan') return planOnly(facts);
  if (decision.kind === 'refuse') {
    const message = decision.because;
    return { phase: 'Refused', message, stalled: { reason: 'Refused', message } };
  }
  const phase = phaseOf(decision, facts, begun);
  return { phase, message: sentenceOf(decision), stalled: stalledOf(decision, facts, memory) };
}

/** What was begun is followed to its end, or for so long that nobody can say any more how it ended. */
function isFollowed(act: Act, facts: Facts): boolean {
  return act.outcome === 'Intended' && facts.nowMs - act.sinceMs < stepCallsAfterMs;
}

/** In mode Plan the guards are shown, and the request is done when the plan is there. */
function planOnly(facts: Facts): Outlook {
  if (facts.plan === undefined) {
    const draft = makePlan(facts);
    const message = 'missing' in draft ? `There is no plan yet. ${draft.missing}` : 'The plan is being made.';
    return { phase: 'Pending', message, stalled: undefined };
  }
  return {
    phase: 'Planned',
    message: `This is the plan ${facts.plan.hash}. Nothing is done for a request of mode Plan; create one of mode Execute to carry it out.`,
    stalled: undefined,
  };
}

function phaseOf(decision: Decision, facts: Facts, begun: boolean): Phase {
  if (decision.kind === 'act') return 'Running';
  if (facts.plan === undefined) return 'Pending';
  if (facts.policy.approval === 'Always' && facts.request.approval?.planHash !== facts.plan.hash)
    return 'AwaitingApproval';
  return begun ? 'Running' : 'Waiting';
}

function stalledOf(decision: Decision, facts: Facts, memory: Memory): Outlook['stalled'] {
  if (decision.kind !== 'await' || memory.step === undefined) return undefined;
  const waitedMs = facts.nowMs - memory.step.sinceMs;
  const patienceMs = stepCallsAfterMs + (memory.acts.length === 0 ? facts.policy.memberTimeoutMs : 0);
  return waitedMs < patienceMs
    ? undefined
    : {
        reason: 'WaitsTooLong',
        message: `The step "${memory.step.title}" has waited for more than ${Math.floor(patienceMs / 60_000)} min. ${decision.missing}`,
      };
}

function finished(victims: readonly Victim[]): Outlook {
  const failed = victims.filter((victim) => victim.state === 'Failed');
  const notHere = victims.filter((victim) => victim.state === 'NotRecoverable');
  const up = victims.filter(isUp).length;
  const rest = notHere.length === 0 ? '' : ` ${names(notHere)} cannot be recovered here; each says why.`;
  return failed.length === 0
    ? {
        phase: 'Succeeded',
        message: `${up} virtual machines run on other members.${rest}`,
        stalled: undefined,
      }
    : {
        phase: 'Failed',
        message: `${up} virtual machines run on other members, and ${names(failed)} could not be started; each says why.${rest}`,
        stalled: undefined,
      };
}

function names(victims: readonly Victim[]): string {
  const shown = victims.slice(0, 5).map((victim) => victim.name);
  return victims.length > shown.length
    ? `${shown.join(', ')} and ${victims.length - shown.length} more`
    : shown.join(', ');
}

function sentenceOf(decision: Decision): string {
  switch (decision.kind) {
    case 'finished':
      return 'Everything is done.';
    case 'act':
      return `${decision.step.title}.`;
    case 'await':
      return decision.missing;
    case 'refuse':
      return decision.because;
  }
}

function cancelledMessage(memory: Memory): string {
  const victims = memory.plan?.victims ?? [];
  const up = victims.filter(isUp).length;
  if (memory.acts.length === 0) return 'It was cancelled before anything was done.';
  const unknown = memory.acts.some((act) => act.outcome === 'Intended');
  const followed = unknown
    ? 'of what had been begun it could not be learned how it ended, see the journal'
    : 'what had been begun was followed to its end';
  return `It was cancelled; ${followed}. ${up} of ${victims.length} virtual machines run on other members.`;
}
