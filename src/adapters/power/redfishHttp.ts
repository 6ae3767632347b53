import type { Dispatcher } from 'undici';
import type { MayGo } from '../../ports/acts.ts';
import type { Clock } from '../../ports/clock.ts';
import { type ExchangeReply, exchange } from '../network/exchange.ts';
import { TransportError } from '../network/transportError.ts';
import { asResource, movedTo, type Resource } from './redfishLinks.ts';

/**
 * One Redfish request to one management controller: no retry, JSON both ways. Whatever comes back is one of the kinds
 * below, and none of them carries a password or a token.
 *
 * A redirect is followed to another Redfish path of the same origin, since some controllers want a closing slash and
 * some none; an effect only where the redirect says that nothing was done and that the method stays (301, 307, 308).
 */
export interface RedfishRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly mayGo?: MayGo;
}

export type RedfishReply =
  | {
      readonly kind: 'done';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** Undefined when the reply has no body, or one that is no JSON object. */
      readonly resource: Resource | undefined;
      /** Where it was found in the end. */
      readonly path: string;
    }
  | RedfishFailure;

export interface RedfishRefusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly code: string;
  readonly says: string;
}

export type RedfishFailure =
  /** It answered with an error status. `code` is its own message id, or "HTTP 500". */
  | RedfishRefusal
  /** Nobody answered, or not under the pinned certificate, or not in time; or it was not allowed to go. */
  | {
      readonly kind: 'unreachable';
      readonly why: TransportError['failure'];
      readonly says: string;
      readonly mayHaveArrived: boolean;
    };

/** A dispatcher, or why none could be made of what is configured (a fingerprint that is none). */
export interface RedfishPath {
  readonly origin: string;
  readonly dispatcher: Dispatcher | TransportError;
  readonly clock: Clock;
  /** How long one answer may take, as it is declared; people who meet this bound should know its name. */
  readonly answersWithinMs: number;
  /** What must never show in a sentence. */
  readonly secrets: () => readonly string[];
}

const replyMaxBytes = 1024 * 1024;
/** What an error says in its body is for people; its status is enough, and some bodies never end. */
const errorBodyWithinMs = 500;
const mostRedirects = 3;

export async function request(path: RedfishPath, wanted: RedfishRequest): Promise<RedfishReply> {
  const { dispatcher, clock, origin } = path;
  if (dispatcher instanceof TransportError) return unreachable(path, dispatcher);
  const endAtMs = clock.monotonicMs() + wanted.deadlineMs;
  let at = wanted.path;
  try {
    for (let redirects = 0; ; redirects += 1) {
      const deadlineMs = Math.max(1, endAtMs - clock.monotonicMs());
      const reply = await send(dispatcher, clock, { ...wanted, path: at, deadlineMs });
      const { status, headers } = reply;
      const resource = parseResource(reply.text);
      if (status >= 200 && status < 300) return { kind: 'done', status, headers, resource, path: at };
      if (status < 300 || status >= 400)
        return refused(path, { ...wanted, path: at }, { ...reply, resource });
      const next = movedTo(origin, at, headers['location']);
      const follows = next !== undefined && mayFollow(wanted.method, status) && redirects < mostRedirects;
      if (!follows) return notFollowed(path, at, reply);
      at = next;
    }
  } catch (error) {
    if (error instanceof TransportError) return unreachable(path, error, wanted.deadlineMs);
    throw error;
  }
}

/** A question, wherever it leads; an effect, where nothing was done and the method stays. */
function mayFollow(method: RedfishRequest['method'], status: number): boolean {
  return method === 'GET' || (method === 'POST' && [301, 307, 308].includes(status));
}

function send(dispatcher: Dispatcher, clock: Clock, wanted: RedfishRequest): Promise<ExchangeReply> {
  const { method, path, body, deadlineMs, mayGo } = wanted;
  return exchange(dispatcher, clock, {
    method,
    path,
    headers: {
      accept: 'application/json',
      'odata-version': '4.0',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...wanted.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    deadlineMs,
    maxBytes: replyMaxBytes,
    bodyWithinMs: (status) => (status >= 300 ? errorBodyWithinMs : undefined),
    ...(mayGo === undefined ? {} : { mayGo }),
  });
}

function parseResource(text: string): Resource | undefined {
  try {
    return asResource(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function notFollowed(path: RedfishPath, at: string, { status, headers }: ExchangeReply): RedfishRefusal {
  const says = `${path.origin} redirects ${at} to ${headers['location'] ?? 'nowhere'}, and that is not followed`;
  return { kind: 'refused', status, code: `HTTP ${status}`, says: masked(path, says) };
}

/** DSP0266 §8.6: errors are {"error": {"@Message.ExtendedInfo": [{"MessageId", "Message"}], "message"}}. */
function refused(
  path: RedfishPath,
  wanted: RedfishRequest,
  { status, headers, resource }: ExchangeReply & { readonly resource: Resource | undefined },
): RedfishRefusal {
  const error = asResource(resource?.['error']);
  const extended = error?.['@Message.ExtendedInfo'];
  const first = Array.isArray(extended) ? asResource(extended[0]) : undefined;
  const code = text(first?.['MessageId']) ?? text(error?.['code']) ?? `HTTP ${status}`;
  const words = text(first?.['Message']) ?? text(error?.['message']);
  const says = [
    `${path.origin} answers ${wanted.method} ${wanted.path} with HTTP ${status}`,
    ...(words === undefined ? [] : [`: ${words}`]),
    ...(headers['retry-after'] === undefined ? [] : [` (Retry-After: ${headers['retry-after']})`]),
  ].join('');
  return { kind: 'refused', status, code: masked(path, code), says: masked(path, says) };
}

function unreachable(path: RedfishPath, error: TransportError, deadlineMs = 0): RedfishFailure {
  const { failure: why, mayHaveArrived, message } = error;
  // A machine that is gone shows itself in turns as no route and as no answer to the connect: the same words for both.
  const noConnection = why === 'unreachable' || (why === 'deadline' && !mayHaveArrived);
  const says = noConnection
    ? `${path.origin} cannot be reached: no connection to it comes about`
    : why === 'certificate' || why === 'withheld'
      ? message
      : why === 'deadline'
        ? `${path.origin} did not answer within ${Math.round(deadlineMs / 100) / 10} s${deadlineMs === path.answersWithinMs ? ' (answersWithinSeconds)' : ''}`
        : `${path.origin} cannot be reached: ${message}`;
  return { kind: 'unreachable', why, says: masked(path, says), mayHaveArrived };
}

function masked(path: RedfishPath, words: string): string {
  let safe = words;
  for (const secret of path.secrets()) if (secret !== '') safe = safe.replaceAll(secret, '(secret)');
  return safe;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
