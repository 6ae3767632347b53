/**
 * Writes down a recovery as the status of its request: the form that people read and that a restarted process goes on
 * from. It notes in the memory since when each guard says what it says, and changes nothing else.
 */
import { type ConditionNow, conditionsNow, isoMillis, isoSeconds } from '../../api/conditions.ts';
import { fitted } from '../../api/fit.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import { recoveryRequestKind } from '../../api/kinds.ts';
import { riskOf } from '../../domain/acts/catalogue.ts';
import { approvalIsNeeded, isApproved } from '../../domain/kernel/approval.ts';
import { judgeAll } from '../../domain/kernel/decide.ts';
import { meaningOf, type Outcome } from '../../domain/kernel/outcome.ts';
import type { Facts } from '../../domain/xapi/facts.ts';
import type { Decision, Procedure } from '../../domain/xapi/form.ts';
import { isFalse, isTrue } from '../judgements.ts';
import { asksOf } from './asks.ts';
import { itemRecord, smallEnough } from './itemRecord.ts';
import { journalOf } from './journal.ts';
import type { Memory, PlanRecord } from './memory.ts';
import { proofsOf } from './proofRecord.ts';

export type Status = NonNullable<RecoveryRequest['status']>;

export interface RecordInput {
  readonly procedure: Procedure;
  readonly request: RecoveryRequest;
  readonly memory: Memory;
  readonly facts: Facts;
  readonly decision: Decision;
  readonly outcome: Outcome;
}

export function makeRecord(input: RecordInput): Status {
  return smallEnough(fitted(recoveryRequestKind, wholeRecord(input)));
}

function wholeRecord(input: RecordInput): Status {
  const { procedure, request, memory, facts, outcome } = input;
  const generation = request.metadata.generation ?? 0;
  const { plan } = memory;
  const stamp = { nowWallMs: facts.nowWallMs, generation };
  return {
    observedGeneration: generation,
    phase: outcome.phase,
    progress: procedure.telling.progress(facts),
    ...(plan === undefined
      ? {}
      : {
          target: targetOf(facts, plan),
          plan: planOf(plan, input),
          items: plan.items.map((item) => itemRecord(item, facts)),
        }),
    gates: gatesOf(input),
    asks: asksOf(memory),
    proofs: proofsOf(memory),
    journal: journalOf(memory.journal),
    moments: Object.entries(memory.moments).map(([name, atWallMs]) => ({ name, at: isoMillis(atWallMs) })),
    conditions: [...conditionsNow(request.status?.conditions, conditionsOf(input), stamp)],
  };
}

function targetOf({ target }: Facts, plan: PlanRecord): NonNullable<Status['target']> {
  const hostName = plan.hosts.find((host) => host.uuid === target.hostUUID)?.name ?? target.name;
  return {
    poolUUID: target.poolUUID,
    hostUUID: target.hostUUID,
    hostName,
    ...(target.serial === undefined ? {} : { serial: target.serial }),
  };
}

function planOf(plan: PlanRecord, input: RecordInput): NonNullable<Status['plan']> {
  return {
    hash: plan.hash,
    madeAt: isoSeconds(plan.madeAtWallMs),
    steps: stepsOf(input),
    hosts: plan.hosts.map((host) => ({ ...host })),
    restsOn: plan.restsOn.map(({ fact, source, atWallMs }) => ({ fact, source, at: isoSeconds(atWallMs) })),
  };
}

function stepsOf({
  procedure: { steps },
  memory,
  facts,
  decision,
  outcome,
}: RecordInput): NonNullable<NonNullable<Status['plan']>['steps']> {
  const current = decision.kind === 'finished' ? undefined : decision.step;
  const at = current === undefined ? steps.length : steps.indexOf(current);
  const since =
    memory.step === undefined
      ? {}
      : { since: isoSeconds(facts.momentMs - (facts.nowMs - memory.step.sinceMs)) };
  return steps.map((step, index) => {
    const of = { title: step.title, risk: riskOf(step) };
    if (index < at) return { ...of, state: 'Done' as const };
    return index === at && !meaningOf[outcome.phase].over
      ? { ...of, state: 'Active' as const, ...since }
      : { ...of, state: 'Pending' as const };
  });
}

/** What the guards of the step say that is under way, with since when. A finished recovery keeps none. */
function gatesOf({ memory, facts, decision, outcome }: RecordInput): NonNullable<Status['gates']> {
  if (decision.kind === 'finished' || meaningOf[outcome.phase].over) return [];
  return judgeAll(decision.step, facts).map(({ guard, verdict }) => {
    const word = verdict.kind === 'allow' ? 'Allow' : verdict.kind === 'deny' ? 'Deny' : 'Unknown';
    const before = memory.gates.get(guard.name);
    if (before?.verdict !== word)
      memory.gates.set(guard.name, { verdict: word, sinceWallMs: facts.momentMs });
    return {
      guard: guard.name,
      verdict: word,
      sentence: verdict.because,
      since: isoSeconds(memory.gates.get(guard.name)?.sinceWallMs ?? facts.momentMs),
    };
  });
}

function conditionsOf({ facts, outcome }: RecordInput): readonly ConditionNow[] {
  return [readyOf(outcome), reconcilingOf(outcome), stalledOf(outcome), approvedOf(facts), fencedOf(facts)];
}

function readyOf({ phase, message }: Outcome): ConditionNow {
  return { type: 'Ready', status: meaningOf[phase].ready, reason: phase, message };
}

function reconcilingOf({ phase, message }: Outcome): ConditionNow {
  return meaningOf[phase].reconciling
    ? isTrue('Reconciling', phase, message)
    : isFalse('Reconciling', phase, 'Nothing is under way.');
}

function stalledOf(outcome: Outcome): ConditionNow {
  return outcome.stalled === undefined
    ? isFalse('Stalled', 'NotStalled', 'Nothing has held it up for long.')
    : isTrue('Stalled', outcome.stalled.reason, outcome.stalled.message);
}

function approvedOf(facts: Facts): ConditionNow {
  if (!approvalIsNeeded(facts))
    return isTrue('Approved', 'NotNeeded', 'The Pool asks for no approval of this plan.');
  const { approval } = facts.request;
  if (facts.plan === undefined || approval === undefined) {
    return isFalse(
      'Approved',
      'Missing',
      `Set spec.approval with planHash ${facts.plan?.hash ?? '(when the plan is made)'} and your name.`,
    );
  }
  return isApproved(facts)
    ? isTrue('Approved', 'Approved', `Approved by ${approval.by}.`)
    : isFalse(
        'Approved',
        'AnotherPlan',
        `The approval by ${approval.by} is for another plan; the plan is now ${facts.plan.hash}.`,
      );
}

function fencedOf({ certificate }: Facts): ConditionNow {
  if (certificate === undefined)
    return isFalse('Fenced', 'NoProof', 'There is no proof that the member has no power.');
  if (certificate.voidBecause !== undefined) return isFalse('Fenced', 'ProofEnded', certificate.voidBecause);
  return isTrue(
    'Fenced',
    certificate.method === 'Redfish' ? 'ReadOffTwice' : 'Attested',
    certificate.method === 'Redfish'
      ? `${certificate.device} said off twice, at least 10 s apart.`
      : `${certificate.attestedBy ?? ''} states: ${certificate.statement ?? ''}`,
  );
}
