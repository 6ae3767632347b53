import { STATUS_CODES } from 'node:http';
import type { Dispatcher } from 'undici';
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

/** Starts a request on a connection that is there. A request whose waiter has given up is not written. */
export function takeOff(plan: FlightPlan): void {
  const { wire, from, listener, ask } = plan;
  let told = 'open' as 'open' | 'settled';
  let abortReason: Error | null = null;
  let paused = false;
  let farEnd: FarEnd | undefined;

  const settle = (connection: 'kept' | 'broken', tell: () => void): void => {
    if (told === 'settled') return;
    told = 'settled';
    wire.flights.delete(flight);
    reply.discard();
    if (connection === 'broken') farEnd?.clientGone();
    tell();
    plan.free(connection);
  };
  const controller: Dispatcher.DispatchController = {
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
      abortReason ??= reason ?? new Error('aborted');
      // Aborted before it was written, the connection has not been used and stays.
      if (farEnd === undefined) {
        settle('kept', () => ask.handler.onResponseError?.(controller, reason));
        return;
      }
      farEnd.note('x aborted by the sender');
      settle('broken', () => ask.handler.onResponseError?.(controller, reason));
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      reply.resume();
    },
  };
  const fail = (error: Error): void => {
    farEnd?.note(`! ${codeOf(error)}`);
    settle('broken', () => ask.handler.onResponseError?.(controller, error));
  };
  const take = (part: ReplyPart): void => {
    if (part.kind === 'head') {
      ask.handler.onResponseStart?.(
        controller,
        part.status,
        { ...part.headers },
        STATUS_CODES[part.status] ?? '',
      );
    } else if (part.kind === 'bytes') {
      ask.handler.onResponseData?.(controller, part.bytes);
    } else if (part.kind === 'end') {
      settle('kept', () => ask.handler.onResponseEnd?.(controller, {}));
    } else {
      fail(part.error);
    }
  };
  const reply = createReplyLeg({ wire, from, origin: plan.origin, paused: () => paused, take });
  const flight: Flight = {
    pool: plan.pool,
    from,
    listener,
    fail,
    senderDied: () => settle('broken', () => {}),
    serverDied: () => farEnd?.died(),
  };
  ask.handler.onRequestStart?.(controller, {});
  if (told === 'settled') return;
  wire.flights.add(flight);
  farEnd = write(plan, reply, fail);
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.name;
}
