import type { Dispatcher } from 'undici';
import type { Clock } from '../../ports/clock.ts';
import { classifyTransportError, TransportError } from './transportError.ts';

/**
 * One HTTP request with a deadline that always holds. undici's own signal does nothing while a request waits for a
 * connection or in the queue (nodejs/undici issue 386), so the promise is raced against the deadline as well as
 * being handed the signal: whoever waits is let go in time, and a request still in the queue is never sent.
 */
export interface ExchangeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  /** Replies longer than this are cut off and refused; default 64 MiB. A stream has no limit. */
  readonly maxBytes?: number;
}

export interface ExchangeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/**
 * Reply whose body is read piece by piece by the caller; `close` must be called when it is no longer wanted, and
 * ends a reading that is under way with a TransportError `closedHere`.
 */
export interface ExchangeStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: AsyncIterable<string>;
  close(): void;
}

type Body = Dispatcher.ResponseData['body'];

const maxBytesDefault = 64 * 1024 * 1024;

/** Sends one request and reads the whole reply. Throws TransportError, or the caller's own abort reason. */
export async function exchange(
  dispatcher: Dispatcher,
  clock: Clock,
  request: ExchangeRequest,
): Promise<ExchangeReply> {
  const guard = deadlineGuard(clock, request);
  try {
    return await guard.race(readWhole(dispatcher, request, guard));
  } catch (error) {
    throw guard.explain(error);
  } finally {
    guard.cancelDeadline();
    guard.release();
  }
}

/**
 * Sends one request and returns as soon as the reply's head is there; the deadline covers up to then. Reading the
 * body is the caller's to bound (a watch has its own idle limit). The caller's signal is let go of when the body
 * has ended, failed or was closed, so that a long-lived signal does not gather listeners.
 */
export async function openStream(
  dispatcher: Dispatcher,
  clock: Clock,
  request: ExchangeRequest,
): Promise<ExchangeStream> {
  const guard = deadlineGuard(clock, request);
  try {
    const reply = await guard.race(send(dispatcher, request, guard));
    reply.body.setEncoding('utf8');
    reply.body.once('close', guard.release);
    return {
      status: reply.statusCode,
      headers: flatHeaders(reply.headers),
      chunks: explainedChunks(reply.body, guard),
      close: () => {
        guard.abort(
          new TransportError('closedHere', 'the stream was closed on this side', { mayHaveArrived: true }),
        );
        discard(reply.body);
      },
    };
  } catch (error) {
    guard.release();
    throw guard.explain(error);
  } finally {
    guard.cancelDeadline();
  }
}

async function* explainedChunks(body: AsyncIterable<string>, guard: DeadlineGuard): AsyncIterable<string> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw guard.explain(error);
  }
}

async function readWhole(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  guard: DeadlineGuard,
): Promise<ExchangeReply> {
  const reply = await send(dispatcher, request, guard);
  const limit = request.maxBytes ?? maxBytesDefault;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of reply.body as AsyncIterable<Uint8Array>) {
    length += piece.byteLength;
    if (length > limit) {
      throw new TransportError('tooLong', `the reply is longer than ${limit} bytes`, {
        mayHaveArrived: true,
      });
    }
    pieces.push(piece);
  }
  return {
    status: reply.statusCode,
    headers: flatHeaders(reply.headers),
    text: Buffer.concat(pieces).toString('utf8'),
  };
}

/** Sends, and notes when the request is given to a connection: up to then it certainly has not arrived. */
async function send(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  guard: DeadlineGuard,
): Promise<Dispatcher.ResponseData> {
  guard.signal.throwIfAborted();
  const noting: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      if (!guard.signal.aborted) guard.noteSent();
      start?.(controller, context);
    };
    return dispatch(options, handler);
  };
  const reply = await dispatcher.compose(noting).request({
    method: request.method,
    path: request.path,
    headers: { 'accept-encoding': 'identity', ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
    signal: guard.signal,
  });
  if (guard.signal.aborted) discard(reply.body);
  return reply;
}

/** A body that is destroyed unread emits an error, which ends the process when nobody listens. */
function discard(body: Body): void {
  body.on('error', () => {});
  body.destroy();
}

interface DeadlineGuard {
  /** Aborted by the deadline, by the caller's signal and by `abort`, with the reason that is to be thrown. */
  readonly signal: AbortSignal;
  noteSent(): void;
  abort(reason: unknown): void;
  race<T>(work: Promise<T>): Promise<T>;
  explain(error: unknown): unknown;
  cancelDeadline(): void;
  release(): void;
}

function deadlineGuard(clock: Clock, request: ExchangeRequest): DeadlineGuard {
  const controller = new AbortController();
  const { signal } = controller;
  const caller = request.signal;
  let sent = false;
  const onCallerAbort = (): void => controller.abort(caller?.reason);
  if (caller?.aborted) onCallerAbort();
  else caller?.addEventListener('abort', onCallerAbort, { once: true });
  const cancelDeadline = clock.after(request.deadlineMs, () => {
    controller.abort(
      new TransportError('deadline', `no answer within ${request.deadlineMs} ms`, { mayHaveArrived: sent }),
    );
  });
  return {
    signal,
    noteSent: () => {
      sent = true;
    },
    abort: (reason) => controller.abort(reason),
    race: (work) => raceAgainst(work, signal),
    explain: (error) => (signal.aborted ? signal.reason : classifyTransportError(error)),
    cancelDeadline,
    release: () => caller?.removeEventListener('abort', onCallerAbort),
  };
}

/** Settles as `work` does, or rejects with the signal's reason as soon as that is aborted. */
function raceAgainst<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function flatHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
