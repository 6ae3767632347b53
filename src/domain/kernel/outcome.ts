/**
 * What comes of a recovery, as people see it: one word, one sentence, and whether it waits for one of them. Every word has
 * one row below that says what follows from it, and nothing else decides that.
 */
import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { Entry, Facts, PlannedMachine } from '../xapi/facts.ts';
import { isLocalToTheMember } from '../xapi/obstacles.ts';
import { isUp } from '../xapi/progress.ts';
import { makePlan, releaseHasBegun } from '../xapi/releasePlan.ts';
import type { Decision } from './decide.ts';

export type Phase = NonNullable<NonNullable<RecoveryRequest['status']>['phase']>;

export interface Outcome {
  readonly phase: Phase;
  readonly message: string;
  readonly stalled: { readonly reason: string; readonly message: string } | undefined;
}

/** Since when the request is there, and the step that is under way; monotonic. */
export interface Since {
  readonly requestMs: number;
  /** This process's first look at a request of which nothing has been shown yet. */
  readonly firstLookMs?: number | undefined;
  readonly step: { readonly title: string; readonly sinceMs: number } | undefined;
}

interface Meaning {
  /** Nothing is ever done for it again. */
  readonly over: boolean;
  readonly ready: 'True' | 'False' | 'Unknown';
  readonly reconciling: boolean;
  /** Looked at again after this at the latest, however quiet the world is. */
  readonly againAfterMs: number | undefined;
}

const soonMs = 1_000;
const laterMs = 5_000;

export const meaningOf: Readonly<Record<Phase, Meaning>> = {
  Pending: { over: false, ready: 'Unknown', reconciling: true, againAfterMs: laterMs },
  AwaitingApproval: { over: false, ready: 'Unknown', reconciling: true, againAfterMs: laterMs },
  Waiting: { over: false, ready: 'Unknown', reconciling: true, againAfterMs: soonMs },
  Running: { over: false, ready: 'Unknown', reconciling: true, againAfterMs: soonMs },
  Refused: { over: false, ready: 'False', reconciling: false, againAfterMs: laterMs },
  Planned: { over: true, ready: 'True', reconciling: false, againAfterMs: undefined },
  Succeeded: { over: true, ready: 'True', reconciling: false, againAfterMs: undefined },
  Failed: { over: true, ready: 'False', reconciling: false, againAfterMs: undefined },
  Cancelled: { over: true, ready: 'False', reconciling: false, againAfterMs: undefined },
};

/** A request that nothing harmful was begun for is given up after this much more than the silence it waits for. */
export const requestLastsMs = 60 * 60_000;
/** A step that waits longer than this calls a person; it goes on waiting. */
export const stepCallsAfterMs = 10 * 60_000;

export function outcomeOf(decision: Decision, facts: Facts, since: Since): Outcome {
  const begun = facts.journal.some((entry) => entry.outcome !== 'NotSent');
  if (facts.request.cancelled && !facts.journal.some((entry) => isFollowed(entry, facts))) {
    return { phase: 'Cancelled', message: cancelledMessage(facts), stalled: undefined };
  }
  if (decision.kind === 'finished') return finished(facts);
  if (!begun && facts.nowMs - since.requestMs > requestLastsMs + facts.policy.memberTimeoutMs) {
    return outOfTime(facts.nowMs - since.requestMs, sentenceOf(decision));
  }
  if (facts.request.mode === 'Plan') return planOnly(facts);
  if (decision.kind === 'refuse' && !begun && stillAsking(facts, since.firstLookMs)) {
    const message = 'The members of the pool are being asked.';
    return { phase: facts.plan === undefined ? 'Pending' : 'Waiting', message, stalled: undefined };
  }
  if (decision.kind === 'refuse') {
    const message = `${decision.because}${leftHalted(facts)}${begun ? caughtOnTheWay(facts, decision.because) : ''}`;
    return { phase: 'Refused', message, stalled: { reason: 'Refused', message } };
  }
  const phase = phaseOf(decision, facts, begun);
  return { phase, message: sentenceOf(decision), stalled: stalledOf(decision, facts, since) };
}

/** A request for which nothing was begun does not come true one day when nobody thinks of it any more. */
export function outOfTime(ageMs: number, because: string): Outcome {
  const minutes = Math.floor(ageMs / 60_000);
  const age = minutes < 180 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
  return {
    phase: 'Failed',
    message: `It was made ${age} ago, and nothing could be begun in time. ${because} Create a new RecoveryRequest if it is still wanted.`,
    stalled: undefined,
  };
}

/** How long the first answers to a new request are waited for before a refusal is shown. */
const firstAnswersWithinMs = 10_000;

/**
 * What was known before anybody asked may be about to change: a refusal is shown when every member has been asked since the
 * request was first looked at.
 */
function stillAsking(facts: Facts, firstLookMs: number | undefined): boolean {
  if (firstLookMs === undefined || facts.nowMs - firstLookMs > firstAnswersWithinMs) return false;
  return [...facts.answers.values()].some((answer) => answer.kind === 'unknown' || answer.atMs < firstLookMs);
}

/** What was begun is followed to its end, or for so long that nobody can say any more how it ended. */
export function isFollowed(entry: Entry, { nowMs }: Pick<Facts, 'nowMs'>): boolean {
  return entry.outcome === 'Intended' && nowMs - entry.sinceMs < stepCallsAfterMs;
}

/** What a recovery that stops after the release leaves undone, with the way out; nothing when it leaves nothing. */
function leftHalted(facts: Facts): string {
  const left = (facts.plan?.items ?? []).filter(
    (item) => !isUp(item) && item.state !== 'LeftHalted' && !isLost(item, facts),
  );
  if (left.length === 0 || !releaseHasBegun(facts)) return '';
  const { name } = facts.target;
  return ` ${names(left)} may be left halted by it: keep ${name} without power and create a new RecoveryRequest, or start them by hand when you know that they run nowhere, ${name} included.`;
}

/** The pool has it on a member that lives, so that nobody would miss it; but its move may have ended on the one that was cut. */
function caughtOnTheWay(facts: Facts, because: string): string {
  if (facts.pool.kind === 'unknown') return '';
  const { name, hostUUID } = facts.target;
  const caught = [...facts.pool.value.virtualMachines.values()].filter(
    (machine) =>
      machine.scheduledOn === hostUUID && machine.residentOn !== hostUUID && !because.includes(machine.name),
  );
  return caught.length === 0
    ? ''
    : ` ${names(caught)} was being moved to ${name}: look whether it runs at either end.`;
}

/** In mode Plan the guards are shown, and the request is done when the plan is there. */
function planOnly(facts: Facts): Outcome {
  if (facts.plan === undefined) {
    const draft = makePlan(facts);
    const message = 'because' in draft ? `There is no plan yet. ${draft.because}` : 'The plan is being made.';
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

function stalledOf(decision: Decision, facts: Facts, since: Since): Outcome['stalled'] {
  if (decision.kind !== 'await' || since.step === undefined) return undefined;
  const waitedMs = facts.nowMs - since.step.sinceMs;
  const patienceMs = stepCallsAfterMs + (facts.journal.length === 0 ? facts.policy.memberTimeoutMs : 0);
  return waitedMs < patienceMs
    ? undefined
    : {
        reason: 'WaitsTooLong',
        message: `The step "${since.step.title}" has waited for more than ${Math.floor(patienceMs / 60_000)} min. ${decision.because}`,
      };
}

/** Success is that what can run elsewhere does, and that something does where there was something. */
function finished(facts: Facts): Outcome {
  const items = facts.plan?.items ?? [];
  const up = items.filter(isUp).length;
  const lost = items.filter((item) => item.state === 'NotRecoverable' && isLost(item, facts));
  const left = items.filter(
    (item) => item.state === 'Failed' || (item.state === 'NotRecoverable' && !lost.includes(item)),
  );
  const toStart = items.some((item) => item.state !== 'LeftHalted');
  const failed = left.length > 0 || (toStart && up === 0);
  return {
    phase: failed ? 'Failed' : 'Succeeded',
    message: [
      items.length === 0 ? nothingWasThere : `${running(up)} on other members.`,
      ...(left.length === 0 ? [] : [`${names(left)} could not be started; each says why and what to do.`]),
      ...(lost.length === 0
        ? []
        : [`${names(lost)} cannot be recovered here, since the disks are lost with the member.`]),
      ...remarks(facts, items),
    ].join(' '),
    stalled: undefined,
  };
}

const nothingWasThere =
  'The member is fenced and released. The pool had no virtual machines on it when the plan was made; where some should run, look for ones that are halted.';

/** For want of its disk and of nothing else: no room, no eject and no person's work would let it start elsewhere. */
function isLost(item: PlannedMachine, facts: Facts): boolean {
  if (facts.pool.kind === 'unknown') return false;
  const machine = facts.pool.value.virtualMachines.get(item.id);
  return machine !== undefined && isLocalToTheMember(machine, facts.pool.value);
}

/** What a person has to know although it fails nothing. */
function remarks(facts: Facts, items: readonly PlannedMachine[]): readonly string[] {
  if (facts.pool.kind === 'unknown') return [];
  const { virtualMachines } = facts.pool.value;
  const stray = items.filter(
    (item) =>
      isUp(item) && item.onlyOn !== undefined && virtualMachines.get(item.id)?.powerState === 'Halted',
  );
  const unclear = items.filter(
    (item) => item.state === 'LeftHalted' && facts.declared.get(item.id)?.powerState !== 'Halted',
  );
  const planned = new Set(items.map((item) => item.id));
  const down = [...facts.declared].flatMap(([uuid, declared]) => {
    const machine = virtualMachines.get(uuid);
    const halted = machine?.powerState === 'Halted' && machine.residentOn === undefined;
    if (!halted || planned.has(uuid) || declared.powerState !== 'Running') return [];
    return declared.lastHost === undefined ? [machine] : [];
  });
  return [
    ...(stray.length === 0
      ? []
      : [
          `${names(stray)} runs on the host that it was being moved to, and the pool does not know it; why in status.virtualMachines says what to do.`,
        ]),
    ...(unclear.length === 0
      ? []
      : [`${names(unclear)} was left halted, since nothing tells whether it should run.`]),
    ...(down.length === 0
      ? []
      : [
          `${names(down)} is declared Running and is halted, and nobody knows where it ran; start it by hand.`,
        ]),
  ];
}

function names(items: readonly { readonly name: string }[]): string {
  const shown = items.slice(0, 5).map((item) => item.name);
  return items.length > shown.length
    ? `${shown.join(', ')} and ${items.length - shown.length} more`
    : shown.join(', ');
}

function sentenceOf(decision: Decision): string {
  switch (decision.kind) {
    case 'finished':
      return 'Everything is done.';
    case 'act':
      return `${decision.step.title}.`;
    case 'await':
      return decision.because;
    case 'refuse':
      return decision.because;
  }
}

function cancelledMessage(facts: Facts): string {
  const items = facts.plan?.items ?? [];
  const up = items.filter(isUp).length;
  if (facts.journal.length === 0) return 'It was cancelled before anything was done.';
  const unknown = facts.journal.some((entry) => entry.outcome === 'Intended');
  const followed = unknown
    ? 'of what had been begun it could not be learned how it ended, see the journal'
    : 'what had been begun was followed to its end';
  return `It was cancelled; ${followed}. ${up} of ${items.length} virtual machines run on other members.${leftHalted(facts)}${caughtOnTheWay(facts, '')}`;
}

function running(up: number): string {
  return up === 1 ? '1 virtual machine runs' : `${up} virtual machines run`;
}
