import type { Owner } from './owner.ts';
import { retransmission, type Wire } from './wire.ts';
import { timedOut } from './wireErrors.ts';

export type ReplyPart =
  | { readonly kind: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly error: Error };

/** The way back of one request: parts arrive in their order, none before its time, none while the reader pauses. */
export interface ReplyLeg {
  /** Sends parts that travel together. */
  post(parts: readonly ReplyPart[], delayMs: number): void;
  /** True when the end or the break of the connection was posted. */
  readonly closed: boolean;
  /** Resolves when the reader has taken enough for the sender to go on. */
  room(): Promise<void>;
  /** The reader takes parts again. */
  resume(): void;
  /** Nobody reads any more. */
  discard(): void;
}

const windowParts = 64;

export function createReplyLeg(options: {
  readonly wire: Wire;
  readonly from: Owner;
  readonly origin: string;
  readonly paused: () => boolean;
  readonly take: (part: ReplyPart) => void;
}): ReplyLeg {
  const { wire, from, origin, paused, take } = options;
  const queue: { readonly part: ReplyPart; readonly dueMs: number }[] = [];
  let closed = false;
  let discarded = false;
  let scheduled = false;
  let waitedMs = 0;
  let pauseMs = 200;
  let makeRoom: (() => void) | undefined;

  const schedule = (delayMs: number): void => {
    scheduled = true;
    wire.scheduler.after(delayMs, from, deliver);
  };
  const later = (): void => {
    if (waitedMs >= retransmission.waitedForMs) {
      take({ kind: 'broken', error: timedOut() });
      return;
    }
    waitedMs += pauseMs;
    schedule(pauseMs);
    pauseMs = Math.min(2 * pauseMs, 120_000);
  };
  const deliver = (): void => {
    scheduled = false;
    while (!discarded && !paused()) {
      const next = queue[0];
      if (next === undefined) break;
      const earlyMs = next.dueMs - wire.scheduler.nowMs;
      if (earlyMs > 0) {
        schedule(earlyMs);
        break;
      }
      if (!wire.reachable(from.name, origin)) {
        later();
        return;
      }
      waitedMs = 0;
      pauseMs = 200;
      queue.shift();
      take(next.part);
    }
    if (queue.length < windowParts) makeRoom?.();
  };
  return {
    post: (parts, delayMs) => {
      if (discarded) return;
      const dueMs = wire.scheduler.nowMs + delayMs;
      for (const part of parts) {
        queue.push({ part, dueMs });
        if (part.kind === 'end' || part.kind === 'broken') closed = true;
      }
      if (!scheduled) schedule(delayMs);
    },
    get closed() {
      return closed;
    },
    room: () =>
      queue.length < windowParts || discarded
        ? Promise.resolve()
        : new Promise((resolve) => {
            makeRoom = resolve;
          }),
    resume: () => {
      if (!scheduled && !discarded && queue.length > 0) schedule(0);
    },
    discard: () => {
      discarded = true;
      queue.length = 0;
      makeRoom?.();
    },
  };
}
