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
  /** Replies longer than this are cut off and refused; default 64 MiB. */
  readonly maxBytes?: number;
}

export interface ExchangeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Reply whose body is read piece by piece by the caller; `close` must be called when it is no longer wanted. */
export interface ExchangeStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: AsyncIterable<string>;
  close(): void;
}

const maxBytesDefault = 64 * 1024 * 1024;

/** Sends one request and reads the whole reply. Throws TransportError, or the caller's own abort reason. */
export async function exchange(
  dispatcher: Dispatcher,
  clock: Clock,
  request: ExchangeRequest,
): Promise<ExchangeReply> {
  const guard = deadlineGuard(clock, request);
  try {
    return await guard.race(readWhole(dispatcher, request, guard.signal));
  } catch (error) {
    throw guard.explain(error);
  } finally {
    guard.clear();
  }
}

/**
 * Sends one request and returns as soon as the reply's head is there; the deadline covers up to then. Reading the
 * body is the caller's to bound (a watch has its own idle limit).
 */
export async function openStream(
  dispatcher: Dispatcher,
  clock: Clock,
  request: ExchangeRequest,
): Promise<ExchangeStream> {
  const guard = deadlineGuard(clock, request);
  const stop = new AbortController();
  const signal = AbortSignal.any([guard.signal, stop.signal]);
  try {
    const reply = await guard.race(dispatcher.request({ ...wireOptions(request), signal }), (late) =>
      late.body.destroy(),
    );
    reply.body.setEncoding('utf8');
    return {
      status: reply.statusCode,
      headers: flatHeaders(reply.headers),
      chunks: explainedChunks(reply.body, request.signal),
      close: () => {
        stop.abort(
          new TransportError('closedHere', 'the stream was closed on this side', { mayHaveArrived: true }),
        );
        reply.body.on('error', () => {});
        reply.body.destroy();
      },
    };
  } catch (error) {
    throw guard.explain(error);
  } finally {
    guard.clear({ keepCallerSignal: true });
  }
}

async function* explainedChunks(
  body: AsyncIterable<string>,
  callerSignal: AbortSignal | undefined,
): AsyncIterable<string> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    if (callerSignal?.aborted) throw callerSignal.reason;
    throw classifyTransportError(error);
  }
}

function wireOptions(request: ExchangeRequest): Dispatcher.RequestOptions {
  return {
    method: request.method,
    path: request.path,
    headers: { 'accept-encoding': 'identity', ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
  };
}

async function readWhole(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  signal: AbortSignal,
): Promise<ExchangeReply> {
  const reply = await dispatcher.request({ ...wireOptions(request), signal });
  const limit = request.maxBytes ?? maxBytesDefault;
  const pieces: string[] = [];
  let length = 0;
  reply.body.setEncoding('utf8');
  for await (const piece of reply.body as AsyncIterable<string>) {
    length += piece.length;
    if (length > limit) {
      reply.body.destroy();
      throw new TransportError('tooLong', `the reply is longer than ${limit} bytes`, {
        mayHaveArrived: true,
      });
    }
    pieces.push(piece);
  }
  return { status: reply.statusCode, headers: flatHeaders(reply.headers), text: pieces.join('') };
}

interface DeadlineGuard {
  readonly signal: AbortSignal;
  race<T>(work: Promise<T>, abandon?: (late: T) => void): Promise<T>;
  explain(error: unknown): unknown;
  clear(how?: { keepCallerSignal: boolean }): void;
}

function deadlineGuard(clock: Clock, request: ExchangeRequest): DeadlineGuard {
  const controller = new AbortController();
  const caller = request.signal;
  const onCallerAbort = (): void => controller.abort(caller?.reason);
  let rejectRace: (reason: unknown) => void = () => {};
  const lost = new Promise<never>((_, reject) => {
    rejectRace = reject;
  });
  lost.catch(() => {});
  const cancelTimer = clock.after(request.deadlineMs, () => {
    controller.abort(
      new TransportError('deadline', `no answer within ${request.deadlineMs} ms`, { mayHaveArrived: true }),
    );
  });
  controller.signal.addEventListener('abort', () => rejectRace(controller.signal.reason), { once: true });
  if (caller?.aborted) onCallerAbort();
  else caller?.addEventListener('abort', onCallerAbort, { once: true });
  return {
    signal: controller.signal,
    race: async (work, abandon) => {
      work.then(
        (late) => {
          if (controller.signal.aborted) abandon?.(late);
        },
        () => {},
      );
      return await Promise.race([work, lost]);
    },
    explain: (error) => (caller?.aborted ? caller.reason : classifyTransportError(error)),
    clear: (how) => {
      cancelTimer();
      if (how?.keepCallerSignal !== true) caller?.removeEventListener('abort', onCallerAbort);
    },
  };
}

function flatHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
