import { KubernetesError } from '../../ports/kubernetes.ts';
import type { TransportError } from '../network/transportError.ts';

/**
 * What an API server says when it refuses (a `Status` object), read once: nobody else parses an error body.
 * Proxies and load balancers answer without one; then the reason comes from the HTTP code.
 */
export class StatusError extends KubernetesError {
  /** The server's own sentence, without the request in front of it. */
  readonly serverMessage: string;
  readonly causes: readonly StatusCause[];

  constructor(
    message: string,
    details: {
      readonly status: number;
      readonly reason: string;
      readonly mayHaveArrived: boolean;
      readonly retryAfterMs?: number;
      readonly serverMessage: string;
      readonly causes: readonly StatusCause[];
    },
  ) {
    super(message, details);
    this.name = 'StatusError';
    this.serverMessage = details.serverMessage;
    this.causes = details.causes;
  }

  /** The first field that the server named, such as `spec.power`. */
  get field(): string | undefined {
    return this.causes.find((cause) => cause.field !== undefined)?.field;
  }
}

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string | undefined;
}

export interface RefusedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/**
 * A refusal as an error. A write that met 5xx may have been applied: 504 says so in words, and a proxy's 502 or 503
 * may have lost the answer. 4xx and 429 are given before anything is stored.
 */
export function statusError(
  reply: RefusedReply,
  request: { readonly label: string; readonly isWrite: boolean; readonly wallMs: number },
): StatusError {
  const body = statusBody(reply.text);
  const reason = textOf(body['reason']) ?? reasonByCode[reply.status] ?? `HTTP${reply.status}`;
  const serverMessage = textOf(body['message']) ?? (reply.text.slice(0, 200).trim() || reason);
  const retryAfterMs = retryAfter(reply.headers['retry-after'], request.wallMs);
  return new StatusError(`${request.label}: ${reply.status} ${reason}: ${serverMessage}`, {
    status: reply.status,
    reason,
    mayHaveArrived: request.isWrite && reply.status >= 500,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    serverMessage,
    causes: causesOf(body),
  });
}

/** An `ERROR` event of a watch carries a Status as its object, with the code inside and HTTP 200 outside. */
export function statusErrorOfEvent(object: unknown, label: string): StatusError {
  const body = isRecord(object) ? object : {};
  const code = typeof body['code'] === 'number' ? body['code'] : 500;
  const reason = textOf(body['reason']) ?? reasonByCode[code] ?? 'Unknown';
  const serverMessage = textOf(body['message']) ?? reason;
  return new StatusError(`${label}: the watch was ended with ${code} ${reason}: ${serverMessage}`, {
    status: code,
    reason,
    mayHaveArrived: false,
    serverMessage,
    causes: causesOf(body),
  });
}

/** What happened to the connection, in the words of the port. */
export function connectionError(label: string, error: TransportError): KubernetesError {
  return new KubernetesError(`${label}: ${error.message}`, {
    reason: `connection ${error.failure}`,
    mayHaveArrived: error.mayHaveArrived,
    cause: error,
  });
}

/** The resource version asked for is no longer kept; the only way on is a new list. */
export function isExpired(error: unknown): boolean {
  return error instanceof KubernetesError && (error.status === 410 || error.reason === 'Expired');
}

/**
 * There is no such object. A 404 without a Status is another matter: the path itself is unknown to the server,
 * because the kind is not installed there, and says nothing about the object.
 */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === 404 && error.reason === 'NotFound';
}

const reasonByCode: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function statusBody(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) && body['kind'] === 'Status' ? body : {};
  } catch {
    return {};
  }
}

function causesOf(body: Readonly<Record<string, unknown>>): readonly StatusCause[] {
  const details = body['details'];
  const causes = isRecord(details) ? details['causes'] : undefined;
  if (!Array.isArray(causes)) return [];
  return causes.filter(isRecord).map((cause) => {
    const field = textOf(cause['field']);
    return {
      reason: textOf(cause['reason']) ?? '',
      message: textOf(cause['message']) ?? '',
      // The server writes <nil> for a cause about no field (CEL rules not run because the schema failed).
      field: field === '<nil>' || field === '' ? undefined : field,
    };
  });
}

/** Seconds, or an HTTP date. Nonsense and the past count as not given. */
function retryAfter(header: string | undefined, wallMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) || at < wallMs ? undefined : at - wallMs;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
