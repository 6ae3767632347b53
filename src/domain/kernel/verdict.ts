import type { Ask } from './people.ts';

/** What a guard says. Deny and unknown both stop; each carries the sentence that says why and what would change it. */
export type Verdict =
  | { readonly kind: 'allow'; readonly because: string }
  | { readonly kind: 'deny'; readonly because: string }
  | { readonly kind: 'unknown'; readonly because: string; readonly ask?: Ask };

/** A proposition about the world that must hold for an act. Named by the sentence that it proves. */
export interface Guard<F> {
  readonly name: string;
  readonly judge: (facts: F) => Verdict;
  /** While it does not allow, people hold the recovery: nothing that a machine does will change that. */
  readonly isHeldByPeople?: true;
}

export const allow = (because: string): Verdict => ({ kind: 'allow', because });
export const deny = (because: string): Verdict => ({ kind: 'deny', because });
export const unknown = (because: string, ask?: Ask): Verdict => ({
  kind: 'unknown',
  because,
  ...(ask === undefined ? {} : { ask }),
});
