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
