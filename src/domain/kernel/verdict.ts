import type { Facts } from '../xapi/facts.ts';

/** What a guard says. Deny and unknown both stop; each carries the sentence that says why and what would change it. */
export type Verdict =
  | { readonly kind: 'allow'; readonly because: string }
  | { readonly kind: 'deny'; readonly because: string }
  | { readonly kind: 'unknown'; readonly because: string };

/** A proposition about the world that must hold for an act. Named by the sentence that it proves. */
export interface Guard {
  readonly name: string;
  readonly judge: (facts: Facts) => Verdict;
}

export const allow = (because: string): Verdict => ({ kind: 'allow', because });
export const deny = (because: string): Verdict => ({ kind: 'deny', because });
export const unknown = (because: string): Verdict => ({ kind: 'unknown', because });
