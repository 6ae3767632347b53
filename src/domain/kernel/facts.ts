/**
 * What every decision about a recovery rests on, whatever procedure it follows and whatever hypervisor it is about: the time,
 * what was asked for, what the Pool allows, the plan, and what was done so far. Plain data; nothing here was inferred.
 */
import type { Item, Plan } from './item.ts';
import type { Risk } from './risk.ts';

export interface RecoveryFacts<I extends Item = Item> {
  /** Monotonic now. Ages are differences to it. */
  readonly nowMs: number;
  /** Wall now, only for what people wrote down with a date (attestations, the end of a certificate). */
  readonly nowWallMs: number;
  /** Wall time by a clock that does not jump while a process runs: for the moments that are written down. */
  readonly momentMs: number;
  /** The greatest risk among the acts that the procedure may use. */
  readonly risk: Risk;
  readonly request: RequestFacts;
  readonly policy: PolicyFacts;
  readonly plan: Plan<I> | undefined;
  readonly journal: readonly Entry[];
}

export interface RequestFacts {
  readonly mode: 'Plan' | 'Execute';
  readonly cancelled: boolean;
  readonly approval: { readonly planHash: string; readonly by: string } | undefined;
  readonly attestations: readonly Attestation[];
  /** Names of other requests on this pool that go first: those that have begun, and earlier ones that are about to act. */
  readonly waitsFor: readonly string[];
}

/** A person's word that one machine has no power. */
export interface Attestation {
  readonly statement: string;
  readonly hostUUID: string;
  readonly by: string;
  readonly atWallMs: number;
  readonly validForMs: number;
}

/** What the Pool allows, whoever asks. */
export interface PolicyFacts {
  readonly mode: 'Observe' | 'Manual';
  readonly approval: 'WhenDestructive' | 'Always';
  readonly pausedBecause: readonly string[];
}

/** One harmful act of the journal, as far as it is known how it ended. */
export interface Entry {
  /** Kind of the act and what it was done to; see actKey. */
  readonly key: string;
  readonly attempt: number;
  /** Monotonic: when it was sent, or when this process first read of it in the journal. */
  readonly sinceMs: number;
  /** When it was written down. */
  readonly atWallMs: number;
  /** Monotonic: when this process knew how it had ended; undefined while it is open, and for what an earlier process knew. */
  readonly endedMs?: number;
  /** Host UUID of the pool master that was followed when it was decided; undefined where no pool was in sight. */
  readonly master?: string | undefined;
  readonly outcome: 'Intended' | 'Proven' | 'NotDone' | 'NotSent';
  /** What the reply said; undefined while this process waits for it, `lost` when it cannot come any more. */
  readonly reply: 'succeeded' | 'failed' | 'lost' | undefined;
  readonly says: string | undefined;
}
