import type { Hypervisor } from './hypervisor.ts';
import type { Ask } from './people.ts';
import type { Guard, Verdict } from './verdict.ts';

/**
 * A runbook is an ordered table of steps. Where it stands is not stored anywhere: it is read off the world by asking
 * each step whether it is done.
 */
export interface Step<H extends Hypervisor> {
  /** The sentence of the runbook; docs/runbooks has it as a heading. It names the step in the record. */
  readonly title: string;
  /** The kinds of acts that it may decide on; its risk is theirs. None where it only looks, or a person acts. */
  readonly acts: readonly H['act']['kind'][];
  /** Proof that nothing is left to do here, read from the world. */
  readonly done: (facts: H['facts']) => boolean;
  /** All must allow before anything is done, and again at the moment it is done. */
  readonly guards: readonly Guard<H['facts']>[];
  /** What to do next: described, not performed. Or what is being waited for. */
  readonly next: (facts: H['facts']) => Next<H['act']>;
  /** What it wants to know while it is under way. */
  readonly reads?: (facts: H['facts']) => readonly H['read'][];
  /** In how many milliseconds something of it becomes due by time alone; 0 when nothing does. */
  readonly dueInMs?: (facts: H['facts']) => number;
  /** A wait that lasts longer than this calls a person; it goes on waiting. Ten minutes where nothing is said. */
  readonly patienceMs?: (facts: H['facts']) => number;
  /** The moment that is written down when it is reached. */
  readonly marks?: string;
}

export type Runbook<H extends Hypervisor> = readonly Step<H>[];

export type Next<A> =
  | { readonly kind: 'act'; readonly acts: readonly A[] }
  | { readonly kind: 'wait'; readonly because: string }
  /** It is a person's turn. */
  | { readonly kind: 'person'; readonly ask: Ask }
  /** Nothing that this system may do would help; a person has to look for another way. */
  | { readonly kind: 'giveUp'; readonly because: string };

export type Decision<H extends Hypervisor> =
  | { readonly kind: 'finished' }
  | {
      readonly kind: 'act';
      readonly step: Step<H>;
      readonly acts: readonly H['act'][];
      readonly evidence: readonly string[];
    }
  | {
      readonly kind: 'await';
      readonly step: Step<H>;
      readonly because: string;
      readonly ask?: Ask | undefined;
    }
  | { readonly kind: 'refuse'; readonly step: Step<H>; readonly because: string };

/** The first step that is not done decides, and nothing behind it is looked at. */
export function decide<H extends Hypervisor>(runbook: Runbook<H>, facts: H['facts']): Decision<H> {
  const step = runbook.find((candidate) => !candidate.done(facts));
  if (step === undefined) return { kind: 'finished' };
  const evidence: string[] = [];
  for (const guard of step.guards) {
    const verdict = guard.judge(facts);
    if (verdict.kind === 'deny') return { kind: 'refuse', step, because: verdict.because };
    if (verdict.kind === 'unknown')
      return { kind: 'await', step, because: verdict.because, ask: verdict.ask };
    evidence.push(verdict.because);
  }
  const next = step.next(facts);
  if (next.kind === 'giveUp') return { kind: 'refuse', step, because: next.because };
  if (next.kind === 'wait') return { kind: 'await', step, because: next.because };
  if (next.kind === 'person') return { kind: 'await', step, because: next.ask.todo, ask: next.ask };
  return { kind: 'act', step, acts: next.acts, evidence };
}

/** What every guard of a step says, for people to read; `decide` needs only the first that does not allow. */
export function judgeAll<H extends Hypervisor>(
  step: Step<H>,
  facts: H['facts'],
): readonly { readonly guard: Guard<H['facts']>; readonly verdict: Verdict }[] {
  return step.guards.map((guard) => ({ guard, verdict: guard.judge(facts) }));
}
