/**
 * What comes of a recovery, as people see it: one word, one sentence, and whether it waits for one of them. Every word has
 * one row below that says what follows from it, and nothing else decides that.
 */
import type { RecoveryRequest } from '../../api/generated/types.ts';
import { approvalIsNeeded, isApproved } from './approval.ts';
import type { Decision } from './decide.ts';
import type { Entry, RecoveryFacts } from './facts.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { Ask } from './people.ts';
import type { Procedure } from './procedure.ts';
import { hasBegun } from './tries.ts';

export type Phase = NonNullable<NonNullable<RecoveryRequest['status']>['phase']>;

export interface Outcome {
  readonly phase: Phase;
  readonly message: string;
  readonly stalled: { readonly reason: string; readonly message: string } | undefined;
  /** What a person has to do, where it waits for one. */
  readonly ask?: Ask | undefined;
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

/** A request that nothing harmful was begun for is given up after this, and what its procedure waits for beside. */
export const requestLastsMs = 60 * 60_000;
/** A step that waits longer than this calls a person; it goes on waiting. */
export const stepCallsAfterMs = 10 * 60_000;

export function outcomeOf<H extends Hypervisor>(
  procedure: Procedure<H>,
  decision: Decision<H>,
  facts: H['facts'],
  since: Since,
): Outcome {
  const { telling } = procedure;
  const begun = hasBegun(facts);
  if (facts.request.cancelled && !facts.journal.some((entry) => isFollowed(entry, facts))) {
    return over('Cancelled', cancelled(procedure, facts));
  }
  if (decision.kind === 'finished') {
    const { succeeded, because } = telling.ending(facts);
    return over(succeeded ? 'Succeeded' : 'Failed', because);
  }
  if (!begun && facts.nowMs - since.requestMs > procedure.beginsWithinMs(facts)) {
    return outOfTime(facts.nowMs - since.requestMs, sentenceOf(decision));
  }
  if (facts.request.mode === 'Plan') return planOnly(procedure, facts);
  if (decision.kind === 'refuse' && !begun && isStillAsking(procedure, facts, since.firstLookMs)) {
    const phase = facts.plan === undefined ? 'Pending' : 'Waiting';
    return { phase, message: 'The members of the pool are being asked.', stalled: undefined };
  }
  if (decision.kind === 'refuse') {
    const message = `${decision.because}${telling.leaves(facts, decision.because)}`;
    return { phase: 'Refused', message, stalled: { reason: 'Refused', message } };
  }
  return {
    phase: phaseOf(decision, facts, begun),
    message: sentenceOf(decision),
    stalled: stalledOf(decision, facts, since),
    ask: decision.kind === 'await' ? askOf(decision, facts) : undefined,
  };
}

function over(phase: Phase, message: string): Outcome {
  return { phase, message, stalled: undefined };
}

/** A request for which nothing was begun does not come true one day when nobody thinks of it any more. */
export function outOfTime(ageMs: number, because: string): Outcome {
  const minutes = Math.floor(ageMs / 60_000);
  const age = minutes < 180 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
  return over(
    'Failed',
    `It was made ${age} ago, and it could not begin in time. ${because} Create a new RecoveryRequest if it is still wanted.`,
  );
}

/** How long the first answers to a new request are waited for before a refusal is shown. */
const firstAnswersWithinMs = 10_000;

/** What was known before anybody asked may be about to change, so a refusal is not shown before everybody was asked. */
function isStillAsking<H extends Hypervisor>(
  { telling }: Procedure<H>,
  facts: H['facts'],
  firstLookMs: number | undefined,
): boolean {
  if (firstLookMs === undefined || facts.nowMs - firstLookMs > firstAnswersWithinMs) return false;
  return !telling.hasAsked(facts, firstLookMs);
}

/** What was begun is followed to its end, or for so long that nobody can say any more how it ended. */
export function isFollowed(entry: Entry, { nowMs }: Pick<RecoveryFacts, 'nowMs'>): boolean {
  return entry.outcome === 'Intended' && nowMs - entry.sinceMs < stepCallsAfterMs;
}

/** In mode Plan the guards are shown, and the request is done when the plan is there. */
function planOnly<H extends Hypervisor>({ plan }: Procedure<H>, facts: H['facts']): Outcome {
  if (facts.plan === undefined) {
    const draft = plan.draft(facts);
    const message = 'because' in draft ? `There is no plan yet. ${draft.because}` : 'The plan is being made.';
    return { phase: 'Pending', message, stalled: undefined };
  }
  return over(
    'Planned',
    `This is the plan ${facts.plan.hash}. Nothing is done for a request of mode Plan; create one of mode Execute to carry it out.`,
  );
}

function phaseOf(decision: { readonly kind: 'act' | 'await' }, facts: RecoveryFacts, begun: boolean): Phase {
  if (decision.kind === 'act') return 'Running';
  if (facts.plan === undefined) return 'Pending';
  if (approvalIsNeeded(facts) && !isApproved(facts)) return 'AwaitingApproval';
  return begun ? 'Running' : 'Waiting';
}

/** A person may as well begin while the step waits for something else. */
function askOf<H extends Hypervisor>(
  { ask, step }: Extract<Decision<H>, { kind: 'await' }>,
  facts: H['facts'],
): Ask | undefined {
  if (ask !== undefined) return ask;
  for (const guard of step.guards) {
    const verdict = guard.judge(facts);
    if (verdict.kind === 'unknown' && verdict.ask !== undefined) return verdict.ask;
  }
  return undefined;
}

function stalledOf<H extends Hypervisor>(
  decision: Decision<H>,
  facts: H['facts'],
  since: Since,
): Outcome['stalled'] {
  if (decision.kind !== 'await' || since.step === undefined) return undefined;
  const waitedMs = facts.nowMs - since.step.sinceMs;
  const patienceMs = decision.step.patienceMs?.(facts) ?? stepCallsAfterMs;
  return waitedMs < patienceMs
    ? undefined
    : {
        reason: 'WaitsTooLong',
        message: `The step "${since.step.title}" has waited for more than ${Math.floor(patienceMs / 60_000)} min. ${decision.because}`,
      };
}

function sentenceOf<H extends Hypervisor>(decision: Exclude<Decision<H>, { kind: 'finished' }>): string {
  return decision.kind === 'act' ? `${decision.step.title}.` : decision.because;
}

function cancelled<H extends Hypervisor>({ telling }: Procedure<H>, facts: H['facts']): string {
  if (facts.journal.length === 0) return 'It was cancelled before anything was done.';
  const unknown = facts.journal.some((entry) => entry.outcome === 'Intended');
  const followed = unknown
    ? 'the result of some acts is not known, see the journal'
    : 'what had been begun was followed to its end';
  return `It was cancelled; ${followed}. ${telling.standsAt(facts)}${telling.leaves(facts, '')}`;
}
