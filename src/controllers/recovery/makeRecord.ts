/**
 * Writes down a recovery as the status of its request: the form that people read and that a restarted process goes on
 * from. It notes in the memory since when each guard says what it says, and changes nothing else.
 */
import { type ConditionNow, conditionsNow, isoMillis, isoSeconds } from '../../api/conditions.ts';
import { cutText, fitted } from '../../api/fit.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import { recoveryRequestKind } from '../../api/kinds.ts';
import type { WordRecord } from '../../domain/fence/words.ts';
import { type Decision, judgeAll, type Runbook, type Step } from '../../domain/kernel/decide.ts';
import { meaningOf, type Outcome } from '../../domain/kernel/outcome.ts';
import { procedureNamed } from '../../domain/procedures/procedures.ts';
import type { Facts, PlannedMachine } from '../../domain/xapi/facts.ts';
import { isUp } from '../../domain/xapi/progress.ts';
import { isFalse, isTrue } from '../judgements.ts';
import { journalOf } from './journal.ts';
import type { Memory } from './memory.ts';

export type Status = NonNullable<RecoveryRequest['status']>;

export interface RecordInput {
  readonly request: RecoveryRequest;
  readonly memory: Memory;
  readonly facts: Facts;
  readonly decision: Decision;
  readonly outcome: Outcome;
}

export function makeRecord(input: RecordInput): Status {
  return smallEnough(fitted(recoveryRequestKind, wholeRecord(input)));
}

/** etcd takes objects of 1.5 MiB; the words of many virtual machines are cut before the record comes near that. */
const mostBytes = 1024 * 1024;
const wordsOfMany = 96;

function smallEnough(status: Status): Status {
  const machines = status.virtualMachines ?? [];
  if (machines.length < 500 || new TextEncoder().encode(JSON.stringify(status)).length <= mostBytes)
    return status;
  return {
    ...status,
    virtualMachines: machines.map((machine) => ({
      ...machine,
      name: cutText(machine.name, wordsOfMany),
      ...(machine.why === undefined ? {} : { why: cutText(machine.why, wordsOfMany) }),
      ...(machine.hostName === undefined ? {} : { hostName: cutText(machine.hostName, wordsOfMany) }),
    })),
  };
}

function wholeRecord(input: RecordInput): Status {
  const { request, memory, facts, decision, outcome } = input;
  const generation = request.metadata.generation ?? 0;
  const { plan } = memory;
  const stamp = { nowWallMs: facts.nowWallMs, generation };
  return {
    observedGeneration: generation,
    phase: outcome.phase,
    progress: progressOf(plan?.items ?? []),
    ...(plan === undefined
      ? {}
      : {
          target: {
            poolUUID: facts.target.poolUUID,
            hostUUID: facts.target.hostUUID,
            hostRef: plan.hostRef,
            hostName: plan.hostName,
            ...(facts.target.serial === undefined ? {} : { serial: facts.target.serial }),
          },
          plan: {
            hash: plan.hash,
            madeAt: isoSeconds(plan.madeAtWallMs),
            steps: stepsOf(procedureNamed(request.spec.procedure).steps, decision, outcome),
            restsOn: plan.restsOn.map((one) => ({
              fact: one.fact,
              source: one.source,
              at: isoSeconds(one.atWallMs),
            })),
          },
          virtualMachines: plan.items.map((item) => machineOf(item, facts)),
        }),
    gates: gatesOf(input),
    ...evidenceOf(memory),
    journal: journalOf(memory.journal),
    timeline: Object.fromEntries(
      Object.entries(memory.timeline).map(([moment, at]) => [moment, isoMillis(at as number)]),
    ),
    conditions: [...conditionsNow(request.status?.conditions, conditionsOf(input), stamp)],
  };
}

function stepsOf(
  steps: Runbook,
  decision: Decision,
  outcome: Outcome,
): NonNullable<NonNullable<Status['plan']>['steps']> {
  const current: Step | undefined = decision.kind === 'finished' ? undefined : decision.step;
  const at = current === undefined ? steps.length : steps.indexOf(current);
  return steps.map((step, index) => ({
    title: step.title,
    risk: step.risk,
    state:
      index < at
        ? ('Done' as const)
        : index === at && !meaningOf[outcome.phase].over
          ? ('Active' as const)
          : ('Pending' as const),
  }));
}

function machineOf(item: PlannedMachine, facts: Facts): NonNullable<Status['virtualMachines']>[number] {
  return {
    uuid: item.id,
    name: item.name,
    order: item.order,
    ...(item.delaySeconds === 0 ? {} : { delaySeconds: item.delaySeconds }),
    priority: item.priority,
    state: item.state,
    ...(item.host === undefined ? {} : { host: item.host, hostName: hostNameOf(item.host, facts) }),
    ...(item.onlyOn === undefined ? {} : { onlyOn: item.onlyOn }),
    ...(item.why === undefined ? {} : { why: item.why }),
    ...(item.attempts === 0 ? {} : { attempts: item.attempts }),
    ...(item.runningAtWallMs === undefined ? {} : { runningAt: isoMillis(item.runningAtWallMs) }),
  };
}

function hostNameOf(hostUUID: string, facts: Facts): string {
  const declared = facts.hosts.get(hostUUID)?.name;
  return (
    declared ??
    (facts.pool.kind === 'known' ? facts.pool.value.hosts.get(hostUUID)?.name : undefined) ??
    hostUUID
  );
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

function evidenceOf({ certificate, words }: Memory): Pick<Status, 'evidence'> {
  if (certificate === undefined && words.length === 0) return {};
  return {
    evidence: {
      ...(words.length === 0 ? {} : { words: words.map(wordOf) }),
      ...(certificate === undefined ? {} : { certificate: certificateOf(certificate) }),
    },
  };
}

function wordOf(word: WordRecord): NonNullable<NonNullable<Status['evidence']>['words']>[number] {
  return {
    by: word.by,
    at: isoSeconds(word.atWallMs),
    seenAt: isoMillis(word.seenWallMs),
    ...(word.endedBecause === undefined ? {} : { endedBecause: word.endedBecause }),
    ...(word.endedWallMs === undefined ? {} : { endedAt: isoMillis(word.endedWallMs) }),
  };
}

function certificateOf(
  certificate: NonNullable<Memory['certificate']>,
): NonNullable<NonNullable<Status['evidence']>['certificate']> {
  return {
    hostUUID: certificate.hostUUID,
    ...(certificate.serial === undefined ? {} : { serial: certificate.serial }),
    method: certificate.method,
    device: certificate.device,
    ...(certificate.attestedBy === undefined ? {} : { attestedBy: certificate.attestedBy }),
    ...(certificate.statement === undefined ? {} : { statement: certificate.statement }),
    readings: certificate.readings.map((reading) => ({
      power: reading.says,
      at: isoMillis(reading.atWallMs),
    })),
    issuedAt: isoMillis(certificate.issuedWallMs),
    validUntil: isoMillis(certificate.validUntilWallMs),
    ...(certificate.voidBecause === undefined ? {} : { voidBecause: certificate.voidBecause }),
  };
}

/** "22 of 24 up, 2 not recoverable here": the words of the Progress column. */
export function progressOf(items: readonly PlannedMachine[]): string {
  if (items.length === 0) return '';
  const count = (states: readonly PlannedMachine['state'][]): number =>
    items.filter((item) => states.includes(item.state)).length;
  const toStart = items.length - count(['NotRecoverable', 'LeftHalted']);
  // Before anything was started they may well run where they are: "0 of 8 up" would read as if they were lost.
  const begun = count(['Starting', 'Running', 'Serving', 'Failed']) > 0;
  const parts = [begun ? `${items.filter(isUp).length} of ${toStart} up` : `${toStart} to start`];
  const starting = count(['Starting']);
  const failed = count(['Failed']);
  const notHere = count(['NotRecoverable']);
  const halted = count(['LeftHalted']);
  if (starting > 0) parts.push(`${starting} starting`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (notHere > 0) parts.push(`${notHere} not recoverable here`);
  if (halted > 0) parts.push(`${halted} left halted`);
  return parts.join(', ');
}

function conditionsOf({ memory, facts, outcome }: RecordInput): readonly ConditionNow[] {
  return [readyOf(outcome), reconcilingOf(outcome), stalledOf(outcome), approvedOf(facts), fencedOf(memory)];
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
  if (facts.policy.approval !== 'Always')
    return isTrue('Approved', 'NotNeeded', 'The Pool asks for no approval of this plan.');
  const { approval } = facts.request;
  if (facts.plan === undefined || approval === undefined) {
    return isFalse(
      'Approved',
      'Missing',
      `Set spec.approval with planHash ${facts.plan?.hash ?? '(when the plan is made)'} and your name.`,
    );
  }
  return approval.planHash === facts.plan.hash
    ? isTrue('Approved', 'Approved', `Approved by ${approval.by}.`)
    : isFalse(
        'Approved',
        'AnotherPlan',
        `The approval by ${approval.by} is for another plan; the plan is now ${facts.plan.hash}.`,
      );
}

function fencedOf({ certificate }: Memory): ConditionNow {
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
