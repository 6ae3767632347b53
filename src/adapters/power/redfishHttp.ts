import type { Dispatcher } from 'undici';
import type { Clock } from '../../ports/clock.ts';
import { exchange } from '../network/exchange.ts';
import { TransportError } from '../network/transportError.ts';

/**
 * One Redfish request to one management controller: no retry, no redirect, JSON both ways. Whatever comes back is one
 * of the kinds below, and none of them carries a password or a token.
 */
export interface RedfishRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
}

export type RedfishReply =
  | {
      readonly kind: 'done';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** Undefined when the reply has no body, or one that is no JSON object. */
      readonly resource: Resource | undefined;
    }
  | RedfishFailure;

export type Resource = Readonly<Record<string, unknown>>;

export type RedfishFailure =
  /** It answered with an error status. `code` is its own message id, or "HTTP 500". */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly says: string }
  /** Nobody answered, or not under the pinned certificate. */
  | { readonly kind: 'unreachable'; readonly says: string; readonly mayHaveArrived: boolean };

/** A dispatcher, or why none could be made of what is configured (a fingerprint that is none). */
export interface RedfishPath {
  readonly origin: string;
  readonly dispatcher: Dispatcher | TransportError;
  readonly clock: Clock;
  /** What must never show in a sentence. */
  readonly secrets: () => readonly string[];
}

const replyMaxBytes = 1024 * 1024;

export async function request(path: RedfishPath, wanted: RedfishRequest): Promise<RedfishReply> {
  const { dispatcher, clock, origin } = path;
  if (dispatcher instanceof TransportError) return unreachable(path, dispatcher);
  try {
    const reply = await exchange(dispatcher, clock, {
      method: wanted.method,
      path: wanted.path,
      headers: {
        accept: 'application/json',
        'odata-version': '4.0',
        ...contentType(wanted),
        ...wanted.headers,
      },
      ...(wanted.body === undefined ? {} : { body: JSON.stringify(wanted.body) }),
      deadlineMs: wanted.deadlineMs,
      maxBytes: replyMaxBytes,
    });
    const { status, headers } = reply;
    const resource = parseResource(reply.text);
    if (status >= 200 && status < 300) return { kind: 'done', status, headers, resource };
    if (status >= 300 && status < 400) {
      const says = `${origin} redirects ${wanted.path} to ${headers['location']}, and redirects are not followed`;
      return { kind: 'refused', status, code: `HTTP ${status}`, says: masked(path, says) };
    }
    return refused(path, wanted, status, resource);
  } catch (error) {
    if (error instanceof TransportError) return unreachable(path, error);
    throw error;
  }
}

/**
 * The path that a link or a Location header names on this very origin; undefined for one that leads elsewhere. A
 * controller whose answers were tampered with must not be able to send our token to somebody else.
 */
export function pathOn(origin: string, link: unknown): string | undefined {
  if (typeof link !== 'string') return undefined;
  const path = link.startsWith(`${origin}/`) ? link.slice(origin.length) : link;
  const plain = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*$/.test(path) && !path.startsWith('//');
  return plain && !path.split('/').includes('..') ? path : undefined;
}

/** The path behind `{"@odata.id": "/redfish/v1/…"}`. */
export function linkIn(origin: string, value: unknown): string | undefined {
  return pathOn(origin, asResource(value)?.['@odata.id']);
}

export function asResource(value: unknown): Resource | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Resource)
    : undefined;
}

function contentType(wanted: RedfishRequest): Readonly<Record<string, string>> {
  return wanted.body === undefined ? {} : { 'content-type': 'application/json' };
}

function parseResource(text: string): Resource | undefined {
  try {
    return asResource(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** DSP0266 §8.6: errors are {"error": {"@Message.ExtendedInfo": [{"MessageId", "Message"}], "message"}}. */
function refused(
  path: RedfishPath,
  wanted: RedfishRequest,
  status: number,
  resource: Resource | undefined,
): RedfishFailure {
  const error = asResource(resource?.['error']);
  const extended = error?.['@Message.ExtendedInfo'];
  const first = Array.isArray(extended) ? asResource(extended[0]) : undefined;
  const code = text(first?.['MessageId']) ?? text(error?.['code']) ?? `HTTP ${status}`;
  const words = text(first?.['Message']) ?? text(error?.['message']);
  const says = `${path.origin} answers ${wanted.method} ${wanted.path} with HTTP ${status}${words === undefined ? '' : `: ${words}`}`;
  return { kind: 'refused', status, code: masked(path, code), says: masked(path, says) };
}

function unreachable(path: RedfishPath, error: TransportError): RedfishFailure {
  const says =
    error.failure === 'certificate' ? error.message : `${path.origin} cannot be reached: ${error.message}`;
  return { kind: 'unreachable', says: masked(path, says), mayHaveArrived: error.mayHaveArrived };
}

function masked(path: RedfishPath, words: string): string {
  let safe = words;
  for (const secret of path.secrets()) if (secret !== '') safe = safe.replaceAll(secret, '(secret)');
  return safe;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
