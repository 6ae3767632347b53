/**
 * Something that only a person can do. It is shown in status.asks, with a reminder now and then, until the world shows that it
 * is done. A request that waits for a person does not fail meanwhile.
 */
export interface Ask {
  /** Who can do it: "whoever approves recoveries of this pool". */
  readonly role: string;
  /** What to do, in a sentence. */
  readonly todo: string;
  /** What will be seen when it is done. */
  readonly seenBy: string;
  /** The field of the request that takes the answer; undefined where the world alone shows it. */
  readonly answerIn?: string;
  readonly remindEveryMs: number;
}
