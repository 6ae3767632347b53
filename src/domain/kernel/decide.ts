import type { Act } from '../acts/act.ts';
import type { Facts } from '../xapi/facts.ts';
import type { Read } from '../xapi/reads.ts';
import type { Guard, Verdict } from './verdict.ts';

/**
 * A runbook is an ordered table of steps. Where it stands is not stored anywhere: it is read off the world by asking
 * each step whether it is done.
 */
export interface Step {
  /** The sentence of the runbook; docs/runbooks has it as a heading. */
  readonly title: string;
  readonly risk: 'Read' | 'Reversible' | 'Disruptive' | 'Destructive';
  /** Proof that nothing is left to do here, read from the world. */
  readonly done: (facts: Facts) => boolean;
  /** All must allow before anything is done, and again at the moment it is done. */
  readonly guards: readonly Guard[];
  /** What to do next: described, not performed. Or what is being waited for. */
  readonly next: (facts: Facts) => Next;
  /** What it wants to know while it is under way. */
  readonly reads?: (facts: Facts) => readonly Read[];
  /** In how many milliseconds something of it becomes due by time alone; 0 when nothing does. */
  readonly dueInMs?: (facts: Facts) => number;
  /** The moment of the timeline at which it is reached. */
  readonly marks?: 'releasedAt';
}

export type Runbook = readonly Step[];

/** What a request names in spec.procedure. One file here, one page in docs/runbooks. */
export interface Procedure {
  readonly name: string;
  readonly steps: Runbook;
  /** What its plan rests on, for as long as that may still change. */
  readonly planReads: (facts: Facts) => readonly Read[];
  /** What shows how acts that were begun have ended, whatever step is under way. */
  readonly followReads: (facts: Facts) => readonly Read[];
}

export type Next =
  | { readonly kind: 'act'; readonly acts: readonly Act[] }
  | { readonly kind: 'wait'; readonly because: string }
  /** Nothing that this system may do would help; a person has to. */
  | { readonly kind: 'giveUp'; readonly because: string };

export type Decision =
  | { readonly kind: 'finished' }
  | {
      readonly kind: 'act';
      readonly step: Step;
      readonly acts: readonly Act[];
      readonly evidence: readonly string[];
    }
  | { readonly kind: 'await'; readonly step: Step; readonly because: string }
  | { readonly kind: 'refuse'; readonly step: Step; readonly because: string };

/** The first step that is not done decides, and nothing behind it is looked at. */
export function decide(runbook: Runbook, facts: Facts): Decision {
  const step = runbook.find((candidate) => !candidate.done(facts));
  if (step === undefined) return { kind: 'finished' };
  const evidence: string[] = [];
  for (const guard of step.guards) {
    const verdict = guard.judge(facts);
    if (verdict.kind === 'deny') return { kind: 'refuse', step, because: verdict.because };
    if (verdict.kind === 'unknown') return { kind: 'await', step, because: verdict.because };
    evidence.push(verdict.because);
  }
  const next = step.next(facts);
  if (next.kind === 'giveUp') return { kind: 'refuse', step, because: next.because };
  if (next.kind === 'wait') return { kind: 'await', step, because: next.because };
  return { kind: 'act', step, acts: next.acts, evidence };
}

/** What every guard of a step says, for people to read; `decide` needs only the first that does not allow. */
export function judgeAll(
  step: Step,
  facts: Facts,
): readonly { readonly guard: Guard; readonly verdict: Verdict }[] {
  return step.guards.map((guard) => ({ guard, verdict: guard.judge(facts) }));
}
