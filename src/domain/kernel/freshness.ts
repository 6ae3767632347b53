import type { Known, Reading } from './reading.ts';

/** How old a reading may be where an act rests on it. Each bound is the place to look when somebody asks "why 5 s". */
export const oldestMs = {
  /** The power and the silence of a fenced member, at every act that relies on them (law of the fence certificate). */
  powerAtEffect: 5_000,
  silenceAtEffect: 5_000,
  /** The pool's database by its event stream, which is pushed but may hang for one poll before that is noticed. */
  poolBelief: 60_000,
  /** Whether the other members answer. */
  otherMembers: 45_000,
  /** Who answers as master, at every act: all others are asked every 5 s while a recovery runs. */
  mastersAtEffect: 15_000,
  /** Whether the master reaches the member: the master itself may take a minute to find that it does not. */
  masterContact: 120_000,
  /** What is about to be started: its record, its locks, its place. */
  start: 10_000,
  locks: 10_000,
  /** What the pool counts as free memory; without it the plan reckons with what each host last reported. */
  freeMemory: 60_000,
  /** The locks that a plan rests on: what they tell is read again before each start. */
  locksOfThePlan: 60_000,
} as const;

export type Fresh<T> =
  | { readonly kind: 'fresh'; readonly value: T; readonly source: string }
  | { readonly kind: 'missing'; readonly because: string };

/** A reading that is known and not older than the bound; otherwise the sentence that says what is missing. */
export function freshOnly<T>(
  reading: Reading<T> | undefined,
  bound: { readonly nowMs: number; readonly oldestMs: number; readonly what: string },
): Fresh<T> {
  if (reading === undefined) return { kind: 'missing', because: `${bound.what} has not been read yet.` };
  if (reading.kind === 'unknown') return { kind: 'missing', because: reading.because };
  if (isOlder(reading, bound)) {
    // The bound, and not the age: the same trouble has the same words a second later.
    const seconds = Math.floor(bound.oldestMs / 1000);
    return {
      kind: 'missing',
      because: `${bound.what} was last read more than ${seconds} s ago; it is being read again.`,
    };
  }
  return { kind: 'fresh', value: reading.value, source: reading.source };
}

function isOlder<T>(
  reading: Known<T>,
  bound: { readonly nowMs: number; readonly oldestMs: number },
): boolean {
  return bound.nowMs - reading.atMs > bound.oldestMs;
}
