import type { Clock } from '../../ports/clock.ts';
import { withDeadline } from '../../runtime/deadline.ts';
import type { ExchangeStream } from '../network/exchange.ts';

/** An object of at most 1.5 MB fits into etcd; a line that outgrows this many characters is no watch event. */
const longestLine = 16 * 1024 * 1024;

/** A watch's answer, line by line. */
export interface WatchLines {
  /**
   * The lines that have arrived whole, at least one; waits for them no longer than `idleMs`. `ended` when the
   * server has ended the answer; a half line at its end was cut off and is not given out. Rejects with
   * WatchSilent, with what broke the connection, or with the signal's reason.
   */
  next(idleMs: number): Promise<readonly string[] | 'ended'>;
  /** Whether the answer was ended in the middle of a line. */
  endedHalfway(): boolean;
  close(): void;
}

/** Nothing came for longer than a live server is ever silent: the connection may be dead without anybody saying so. */
export class WatchSilent extends Error {
  constructor(idleMs: number) {
    super(`the watch was silent for ${idleMs} ms`);
    this.name = 'WatchSilent';
  }
}

export function readWatchLines(options: {
  readonly stream: ExchangeStream;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onClose: () => void;
}): WatchLines {
  const { stream, clock, signal } = options;
  const chunks = stream.chunks[Symbol.asyncIterator]();
  /** Pieces of the line that is still arriving; joined once, so that a long line costs no quadratic copying. */
  let pieces: string[] = [];
  let pending = 0;

  const wholeLines = (chunk: string): readonly string[] => {
    const last = chunk.lastIndexOf('\n');
    if (last < 0) {
      pieces.push(chunk);
      pending += chunk.length;
      if (pending > longestLine) throw new Error(`a watch line is longer than ${longestLine} characters`);
      return [];
    }
    const text = pieces.join('') + chunk.slice(0, last);
    const rest = chunk.slice(last + 1);
    pieces = rest === '' ? [] : [rest];
    pending = rest.length;
    return text.split('\n').filter((line) => line.trim() !== '');
  };

  return {
    next: async (idleMs) => {
      for (;;) {
        const step = await withDeadline(chunks.next(), {
          clock,
          deadlineMs: idleMs,
          signal,
          late: () => new WatchSilent(idleMs),
        });
        if (step.done === true) return 'ended';
        const lines = wholeLines(step.value);
        if (lines.length > 0) return lines;
      }
    },
    endedHalfway: () => pending > 0,
    close: () => {
      stream.close();
      options.onClose();
    },
  };
}
