import type { Dispatcher } from 'undici';
import type { Clock } from '../../ports/clock.ts';
import { type ExchangeStream, exchange, openStream } from '../network/exchange.ts';
import { TransportError, type TransportFailure } from '../network/transportError.ts';
import type { XapiCall } from './calls.ts';
import { createItemSplitter } from './itemSplitter.ts';

/**
 * One JSON-RPC 2.0 call to one member, without retry and without redirect. Whatever the member does ends in one of
 * four outcomes, and no outcome carries a password or a session reference.
 */
export interface CallRequest {
  readonly method: XapiCall;
  readonly params: readonly unknown[];
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  /** See ExchangeRequest.mayGo. */
  readonly mayGo?: () => string | undefined;
}

/** Where a call goes: one member's connections, or why there can be none. */
export interface CallPath {
  readonly dispatcher: Dispatcher | TransportError;
  readonly clock: Clock;
}

export type CallOutcome<T = unknown> = { readonly kind: 'result'; readonly value: T } | CallFailure;

export type CallFailure =
  /** XAPI answered with one of its errors. */
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly params: readonly string[];
      readonly says: string;
    }
  /** Somebody answered, but not with JSON-RPC: HTML, a broken-off text, another status than 200. It may have been done. */
  | { readonly kind: 'garbled'; readonly says: string }
  | {
      readonly kind: 'unanswered';
      readonly failure: TransportFailure;
      readonly says: string;
      /** False: the member certainly never saw the call. */
      readonly mayHaveArrived: boolean;
    };

/** Where in a streamed reply the items are, one level below `result`. */
export interface ItemStream {
  /** `['result']` for the records of get_all_records, `['result', 'events']` for those of event.from. */
  readonly itemsAt: readonly [string, ...string[]];
  /**
   * Given each item as soon as it has arrived: an array's element, or `{ref: record}` for an object's member. What it
   * throws (a record that lacks a field) makes the whole reply garbled.
   */
  readonly onItem: (item: unknown) => void;
  /** After the head of the reply: how long the body may take. */
  readonly bodyDeadlineMs: number;
}

/** Lists of records may be tens of megabytes and are streamed; everything else is a few kilobytes. */
const wholeReplyMaxBytes = 4 * 1024 * 1024;

export async function call(path: CallPath, request: CallRequest): Promise<CallOutcome> {
  const { dispatcher, clock } = path;
  if (dispatcher instanceof TransportError) return unanswered(request, dispatcher);
  try {
    const reply = await exchange(dispatcher, clock, {
      ...httpRequest(request),
      maxBytes: wholeReplyMaxBytes,
    });
    return readReply(request, reply.status, reply.text);
  } catch (error) {
    return unanswered(request, error);
  }
}

/**
 * The same for replies that hold many records: they are read one by one while they arrive, so that a pool of
 * thousands of virtual machines never stands in memory as one text. The result is what is left when the items are
 * taken out; items given before a reply breaks off are the caller's to throw away.
 */
export async function callForItems(
  path: CallPath,
  request: CallRequest,
  items: ItemStream,
): Promise<CallOutcome> {
  const { dispatcher, clock } = path;
  if (dispatcher instanceof TransportError) return unanswered(request, dispatcher);
  let stream: ExchangeStream;
  try {
    stream = await openStream(dispatcher, clock, httpRequest(request));
  } catch (error) {
    return unanswered(request, error);
  }
  const cancelDeadline = clock.after(items.bodyDeadlineMs, () => stream.close());
  try {
    const splitter = createItemSplitter(items.itemsAt, items.onItem);
    for await (const chunk of stream.chunks) splitter.feed(chunk);
    return readReply(request, stream.status, splitter.outline());
  } catch (error) {
    stream.close();
    if (error instanceof TransportError) return unanswered(request, error);
    return { kind: 'garbled', says: masked(request, `the reply cannot be read: ${messageOf(error)}`) };
  } finally {
    cancelDeadline();
  }
}

function httpRequest(request: CallRequest) {
  return {
    method: 'POST',
    path: '/jsonrpc',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', method: request.method, params: request.params, id: 1 }),
    deadlineMs: request.deadlineMs,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    ...(request.mayGo === undefined ? {} : { mayGo: request.mayGo }),
  } as const;
}

/**
 * Two shapes of error: `{code, message: CODE, data: [params]}`, and, for errors raised before dispatch (a member in
 * emergency mode), a plain array `[CODE, …params]` with the id 0 whatever was sent. So the id is not looked at: one
 * HTTP exchange carries one call.
 */
function readReply(request: CallRequest, status: number, text: string): CallOutcome {
  if (status !== 200) {
    return { kind: 'garbled', says: `answered ${request.method} with HTTP ${status}` };
  }
  const envelope = parseObject(text);
  if (envelope === undefined) {
    return {
      kind: 'garbled',
      says: `answered ${request.method} with ${text.length} characters that are no JSON-RPC reply`,
    };
  }
  const error = envelope['error'];
  if (error !== undefined && error !== null) return refused(request, error);
  if (!('result' in envelope)) {
    return { kind: 'garbled', says: `answered ${request.method} with neither a result nor an error` };
  }
  return { kind: 'result', value: envelope['result'] };
}

function refused(request: CallRequest, error: unknown): CallFailure {
  const list = Array.isArray(error)
    ? error
    : isObject(error)
      ? [error['message'], ...(Array.isArray(error['data']) ? error['data'] : [])]
      : [];
  const [code, ...params] = list.map((part) => masked(request, String(part)));
  if (code === undefined || code === 'undefined') {
    return { kind: 'garbled', says: `answered ${request.method} with an error of unknown shape` };
  }
  return { kind: 'refused', code, params, says: [code, ...params.filter((param) => param !== '')].join(' ') };
}

function unanswered(request: CallRequest, error: unknown): CallFailure {
  if (error instanceof TransportError) {
    if (error.failure === 'tooLong') return { kind: 'garbled', says: error.message };
    return {
      kind: 'unanswered',
      failure: error.failure,
      says: masked(request, error.message),
      mayHaveArrived: error.mayHaveArrived,
    };
  }
  throw error;
}

/** A member that echoes what it was sent must not put a password or a session into a log, a condition or an event. */
function masked(request: CallRequest, text: string): string {
  const secret = request.method === 'session.login_with_password' ? request.params[1] : request.params[0];
  if (typeof secret !== 'string' || secret === '') return text;
  return text.replaceAll(secret, '(secret)');
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
