import { STATUS_CODES } from 'node:http';
import { type Dispatcher, errors } from 'undici';
import { type FarEnd, write } from './delivery.ts';
import type { Listener } from './listeners.ts';
import type { Owner } from './owner.ts';
import { createReplyLeg, type ReplyPart } from './replyLeg.ts';
import type { Wire } from './wire.ts';

/** One request on a connection, from the moment it is written until its reply has ended or nobody waits for it. */
export interface Flight {
  readonly pool: object;
  readonly from: Owner;
  readonly listener: Listener;
  /** The pool that it belongs to was destroyed. */
  fail(error: Error): void;
  /** The sender was killed: nothing of it is told, and the server sees the connection close. */
  senderDied(): void;
  /** The listener's process has ended, and its kernel closes the connection. */
  serverDied(): void;
}

export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly handler: Dispatcher.DispatchHandler;
}

export interface FlightPlan {
  readonly wire: Wire;
  readonly from: Owner;
  readonly origin: string;
  /** Whose connection it is. */
  readonly pool: object;
  readonly listener: Listener;
  readonly ask: Ask;
  /** The connection is free for the next request, or it is gone. */
  readonly free: (connection: 'kept' | 'broken') => void;
}

/** Starts a request on a connection that is there, in the instant in which it is written. One that must not go any more,
 * or whose waiter has given up, is not written. */
export function takeOff(plan: FlightPlan): void {
  const { wire, from, listener, ask } = plan;
  const { handler } = ask;
  let state: 'open' | 'settled' = 'open';
  let farEnd: FarEnd | undefined;

  const settle = (connection: 'kept' | 'broken', tell: () => void): void => {
    if (state === 'settled') return;
    state = 'settled';
    wire.flights.delete(flight);
    reply.discard();
    if (connection === 'broken') farEnd?.clientGone();
    tell();
    plan.free(connection);
  };
  const controller = createController({
    onAbort: (reason) => {
      if (state === 'settled') return;
      farEnd?.note('x aborted by the sender');
      settle('broken', () => handler.onResponseError?.(controller, reason));
    },
    onResume: () => reply.resume(),
  });
  const fail = (error: Error): void => {
    farEnd?.note(`! ${codeOf(error)}`);
    settle('broken', () => handler.onResponseError?.(controller, error));
  };
  const take = (part: ReplyPart): void => {
    if (part.kind === 'bytes') handler.onResponseData?.(controller, part.bytes);
    else if (part.kind === 'end') settle('kept', () => handler.onResponseEnd?.(controller, {}));
    else if (part.kind === 'broken') fail(part.error);
    else {
      const { status, headers } = part;
      handler.onResponseStart?.(controller, status, { ...headers }, STATUS_CODES[status] ?? '');
    }
  };
  const paused = (): boolean => controller.paused;
  const reply = createReplyLeg({ wire, from, origin: plan.origin, paused, take });
  const flight: Flight = {
    pool: plan.pool,
    from,
    listener,
    fail,
    senderDied: () => settle('broken', () => {}),
    serverDied: () => farEnd?.died(),
  };
  wire.flights.add(flight);
  try {
    handler.onRequestStart?.(controller, {});
  } catch (error) {
    // As undici does: nothing was written, so the connection stays.
    settle('kept', () => handler.onResponseError?.(controller, error as Error));
  }
  if (wire.flights.has(flight)) farEnd = write(plan, reply, fail);
}

function createController(on: {
  readonly onAbort: (reason: Error) => void;
  readonly onResume: () => void;
}): Dispatcher.DispatchController {
  let abortReason: Error | null = null;
  let paused = false;
  return {
    get aborted() {
      return abortReason !== null;
    },
    get paused() {
      return paused;
    },
    get reason() {
      return abortReason;
    },
    abort: (reason) => {
      abortReason ??= reason ?? new errors.RequestAbortedError();
      on.onAbort(abortReason);
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      on.onResume();
    },
  };
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.name;
}
