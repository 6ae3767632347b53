import type { Runbook } from './decide.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { Planning } from './plan.ts';

/** What a procedure is about. */
export type TargetKind = 'Host' | 'Pool' | 'VirtualServer' | 'StorageRepository';

/** What a request names in spec.procedure: one file in ../procedures, one page in docs/runbooks. */
export interface Procedure<H extends Hypervisor> {
  readonly name: string;
  readonly target: TargetKind;
  readonly steps: Runbook<H>;
  readonly plan: Planning<H>;
  readonly telling: Telling<H>;
  /** UUIDs of the hosts that have to be proven off: they are watched closely, and their proofs are made and kept. */
  readonly provenOff: (facts: H['facts']) => readonly string[];
  /** What shows how acts that were begun have ended, whatever step is under way. */
  readonly followReads: (facts: H['facts']) => readonly H['read'][];
  /** For how long a new request waits for its beginning; then it is over. */
  readonly beginsWithinMs: (facts: H['facts']) => number;
}

/** What a procedure says of itself to people. */
export interface Telling<H extends Hypervisor> {
  /** How far it is, in a few words: the Progress column. */
  readonly progress: (facts: H['facts']) => string;
  /** How it ended, once every step is done. */
  readonly ending: (facts: H['facts']) => { readonly succeeded: boolean; readonly because: string };
  /** Where it stands when it is cancelled after it has begun. */
  readonly standsAt: (facts: H['facts']) => string;
  /**
   * What it leaves undone when it stops in the middle, with the way out; empty where nothing is. `because` has been said
   * already.
   */
  readonly leaves: (facts: H['facts'], because: string) => string;
  /** Everybody who matters has been asked since that moment, so that a refusal is worth showing. */
  readonly hasAsked: (facts: H['facts'], sinceMs: number) => boolean;
  /** The moments of it that the facts show, by name; each is written down once. Wall milliseconds. */
  readonly moments: (facts: H['facts']) => Readonly<Record<string, number>>;
}
