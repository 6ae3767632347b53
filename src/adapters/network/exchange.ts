import type { Dispatcher } from 'undici';
import type { Clock } from '../../ports/clock.ts';
import { classifyConnectError, classifyTransportError, TransportError } from './transportError.ts';

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
  /**
   * The last question, asked synchronously when the request is given to a connection that is there, before a byte of it
   * is written: waiting for a connection, or for its turn, is over then. A sentence says why the request must not go
   * any more; it fails with a TransportError `withheld` of that sentence, and the connection stays for others.
   */
  readonly mayGo?: () => string | undefined;
  /** Replies longer than this are cut off and refused; default 64 MiB. A stream has no limit. */
  readonly maxBytes?: number;
  /**
   * For how long the body of a reply of this status is waited for once its head is there; undefined: to its end. After
   * that the reply is what came of it, and its connection is closed. Default: every body to its end. A stream has none.
   */
  readonly bodyWithinMs?: (status: number) => number | undefined;
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

const maxBytesDefault = 64 * 1024 * 1024;

/** Sends one request and reads the whole reply. Throws TransportError, or the caller's own abort reason. */
export function exchange(
  dispatcher: Dispatcher,
  clock: Clock,
  request: ExchangeRequest,
): Promise<ExchangeReply> {
  return new Promise((resolve, reject) => {
    let connection: Dispatcher.DispatchController | undefined;
    const guard = createGuard(clock, request, (reason) => {
      reject(reason);
      connection?.abort(reason as Error);
    });
    const limit = request.maxBytes ?? maxBytesDefault;
    const pieces: Buffer[] = [];
    let length = 0;
    let head: { readonly status: number; readonly headers: ExchangeReply['headers'] } | undefined;
    let cancelBody = (): void => {};
    const finish = (): void => {
      cancelBody();
      guard.release();
      if (head !== undefined) resolve({ ...head, text: Buffer.concat(pieces).toString('utf8') });
    };
    if (guard.ended !== undefined) return;
    dispatcher.dispatch(wireOptions(request), {
      onRequestStart: (controller) => {
        connection = controller;
        guard.letGo();
      },
      onResponseStart: (_, status, headers) => {
        // Replies such as 103 come before the one that counts.
        if (status < 200) return;
        head = { status, headers: flatHeaders(headers) };
        const withinMs = request.bodyWithinMs?.(status);
        if (withinMs === undefined) return;
        cancelBody = clock.after(withinMs, () => {
          finish();
          connection?.abort(closedHere());
        });
      },
      onResponseData: (_, piece) => {
        length += piece.byteLength;
        if (length > limit) guard.end(tooLong(limit));
        else pieces.push(piece);
      },
      onResponseEnd: finish,
      onResponseError: (_, error) => {
        cancelBody();
        guard.release();
        reject(guard.explain(error));
      },
    });
  });
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
  const stop = new AbortController();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  const guard = createGuard(clock, request, (reason) => {
    stop.abort(reason);
    ended.reject(reason);
  });
  try {
    stop.signal.throwIfAborted();
    const asked = asking(dispatcher, guard).request({ ...wireOptions(request), signal: stop.signal });
    const reply = await Promise.race([asked, ended.promise]);
    guard.cancelDeadline();
    reply.body.setEncoding('utf8');
    reply.body.once('close', guard.release);
    return {
      status: reply.statusCode,
      headers: flatHeaders(reply.headers),
      chunks: explainedChunks(reply.body, guard),
      close: () => {
        guard.end(closedHere());
        // A body that is destroyed unread emits an error, which ends the process when nobody listens.
        reply.body.on('error', () => {});
        reply.body.destroy();
      },
    };
  } catch (error) {
    guard.release();
    throw guard.explain(error);
  }
}

async function* explainedChunks(body: AsyncIterable<string>, guard: Guard): AsyncIterable<string> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw guard.explain(error);
  }
}

function wireOptions(request: ExchangeRequest): Dispatcher.DispatchOptions {
  return {
    method: request.method,
    path: request.path,
    headers: { 'accept-encoding': 'identity', ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
  };
}

/** Asks and notes when the request is given to a connection, which undici's `request` does not tell. */
function asking(dispatcher: Dispatcher, guard: Guard): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      guard.letGo();
      start?.(controller, context);
    };
    return dispatch(options, handler);
  });
}

/** Ends a request at its deadline or when the caller gives up, whichever comes first, and only once. */
interface Guard {
  /** Why it was ended from this side; undefined as long as it was not. */
  readonly ended: { readonly reason: unknown } | undefined;
  /**
   * Called when the request is given to a connection; unless it throws, the request may have arrived from here on. What
   * a handler throws at this moment ends its request unwritten and leaves the connection to others, where an abort
   * would close it.
   */
  letGo(): void;
  end(reason: unknown): void;
  /** What to throw for an error: the reason from this side, if there is one, or what went wrong on the wire. */
  explain(error: unknown): unknown;
  cancelDeadline(): void;
  /** Lets go of the clock and of the caller's signal. */
  release(): void;
}

function createGuard(clock: Clock, request: ExchangeRequest, onEnd: (reason: unknown) => void): Guard {
  const caller = request.signal;
  let ended: { readonly reason: unknown } | undefined;
  let sent = false;
  const onCallerAbort = (): void => end(caller?.reason);
  const cancelDeadline = clock.after(request.deadlineMs, () => end(deadlinePassed(request.deadlineMs, sent)));
  const release = (): void => {
    cancelDeadline();
    caller?.removeEventListener('abort', onCallerAbort);
  };
  const end = (reason: unknown): void => {
    if (ended !== undefined) return;
    ended = { reason };
    release();
    onEnd(reason);
  };
  if (caller?.aborted) onCallerAbort();
  else caller?.addEventListener('abort', onCallerAbort, { once: true });
  return {
    get ended() {
      return ended;
    },
    letGo: () => {
      if (ended !== undefined) throw ended.reason;
      const because = request.mayGo?.();
      if (because !== undefined) throw new TransportError('withheld', because, { mayHaveArrived: false });
      sent = true;
    },
    end,
    explain: (error) => {
      if (ended !== undefined) return ended.reason;
      return sent ? classifyTransportError(error) : classifyConnectError(error);
    },
    cancelDeadline,
    release,
  };
}

function deadlinePassed(deadlineMs: number, mayHaveArrived: boolean): TransportError {
  return new TransportError('deadline', `no answer within ${Math.round(deadlineMs)} ms`, { mayHaveArrived });
}

function tooLong(limit: number): TransportError {
  return new TransportError('tooLong', `the reply is longer than ${limit} bytes`, { mayHaveArrived: true });
}

function closedHere(): TransportError {
  return new TransportError('closedHere', 'the stream was closed on this side', { mayHaveArrived: true });
}

function flatHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
