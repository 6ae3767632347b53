import type { Entry } from './facts.ts';
import type { Risk } from './risk.ts';

/** One kind of harmful act. Everything that is to be known about it stands in its file. */
export interface ActKind<A, F> {
  readonly risk: Exclude<Risk, 'Read'>;
  /** How long it may be under way after it was sent: so long its reply is waited for, and so long nobody repeats it blindly. */
  readonly mayRunForMs: number;
  /** Where it could not even be sent: the longest pause before it is tried again. */
  readonly longestPauseMs: number;
  /** One of many that are done side by side; a person need not learn of each at once. */
  readonly isOneOfMany?: true;
  /** It is done to a host, and what it is judged and read back by are the facts about that host. */
  readonly isAboutHost?: true;
  /** Why this one must not be sent now although its step may act, or undefined. Asked in the instant of its sending. */
  readonly objection: (act: A, now: F) => string | undefined;
  /** Who found out by it that the machine it was about lives, or undefined: a sign of life that only this act brings. */
  readonly tellsOfLife?: (entry: Entry) => string | undefined;
  /** How one of them ended, read from the world and never from its reply. `subject` is what it was done to. */
  readonly shows: (entry: Entry, subject: string, facts: F) => Settled;
}

/** Proven: its postcondition was read after it. NotDone: nothing of it happened, and nothing of it can be under way. */
export type Settled = 'Proven' | 'NotDone' | 'open';
