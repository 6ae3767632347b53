/**
 * When to ask a power device again while a recovery waits for it. An act may rest on a reading that was asked for at most 5 s
 * ago, so a device that answers at once is asked one question after the other; one that needs seconds is asked again
 * while the answer to the last question is still out, so that a fresh answer is always at hand. Some controllers answer one
 * question at a time and are slower still when asked so: these are asked alone again.
 */
export interface ReadingPace {
  /** A question goes out. */
  started(nowMs: number): void;
  /** `ageMs` of a reading when it came; undefined when none did. */
  ended(nowMs: number, ageMs: number | undefined): void;
  /** When the next question may go out; undefined while an answer has to come first. */
  nextMs(nowMs: number): number | undefined;
  readonly underWay: number;
  /** The newest answer that was asked for alone was too old for any act when it came; two in a row are no accident. */
  slow(): 'no' | 'once' | { readonly tookMs: number };
}

/** An answer that is older than this when it comes leaves no time to act on it before it is 5 s old. */
export const answersForActsWithinMs = 4_500;

const pauseMs = 500;
const mostUnderWay = 6;
/** The oldest that the newest answer should ever be, a little less than what acts may rest on. */
const freshForMs = 4_750;
/** Beside a question that brings nothing another one is asked after this time. */
const besideNothingMs = 5_000;
const aloneForMs = 60_000;

export function createReadingPace(): ReadingPace {
  let underWay = 0;
  let startedMs = Number.NEGATIVE_INFINITY;
  let endedMs = Number.NEGATIVE_INFINITY;
  let lastAgeMs: number | undefined;
  let aloneUntilMs = Number.NEGATIVE_INFINITY;
  /** No other question was out with the one that is. */
  let alone = true;
  let slowInRow: readonly number[] = [];

  const besideMs = (): number =>
    lastAgeMs === undefined || lastAgeMs > answersForActsWithinMs
      ? besideNothingMs
      : Math.max(pauseMs, lastAgeMs / mostUnderWay, freshForMs - lastAgeMs);

  return {
    started: (nowMs) => {
      alone = underWay === 0;
      underWay += 1;
      startedMs = nowMs;
    },
    ended: (nowMs, ageMs) => {
      underWay -= 1;
      endedMs = nowMs;
      lastAgeMs = ageMs;
      if (ageMs === undefined) return;
      const slow = ageMs > answersForActsWithinMs;
      if (alone) slowInRow = slow ? [...slowInRow, ageMs].slice(-2) : [];
      else if (slow) aloneUntilMs = nowMs + aloneForMs;
    },
    nextMs: (nowMs) => {
      if (underWay === 0) return endedMs + pauseMs;
      const waits = underWay >= mostUnderWay || nowMs < aloneUntilMs;
      return waits ? undefined : startedMs + besideMs();
    },
    get underWay() {
      return underWay;
    },
    slow: () => {
      const [first, second] = slowInRow;
      if (second !== undefined) return { tookMs: second };
      return first === undefined ? 'no' : 'once';
    },
  };
}
