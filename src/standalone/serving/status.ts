import type { HttpReply } from '../../wire/http.ts';

/**
 * Refusals in the words of Kubernetes (metav1.Status), since kubectl and every client library show or match them.
 * A refusal is a value: functions return it in place of their result.
 */
export interface Refusal {
  readonly refused: StatusBody;
}

export interface StatusBody {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** One thing wrong with one field. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** What a Status needs to name a resource: `pools.kintsugi.dev`, or `secrets` in the core group. */
export interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value;
}

export function refuse(
  code: number,
  reason: string,
  told: { readonly message: string; readonly details?: StatusDetails },
): Refusal {
  return {
    refused: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: told.message,
      ...(reason === '' ? {} : { reason }),
      ...(told.details === undefined ? {} : { details: told.details }),
      code,
    },
  };
}

export function qualified({ group, plural }: GroupResource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function detailsOf({ group, plural }: GroupResource, name: string): StatusDetails {
  return { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural };
}

export function notFound(resource: GroupResource, name: string): Refusal {
  return refuse(404, 'NotFound', {
    message: `${qualified(resource)} "${name}" not found`,
    details: detailsOf(resource, name),
  });
}

export function alreadyExists(resource: GroupResource, name: string): Refusal {
  return refuse(409, 'AlreadyExists', {
    message: `${qualified(resource)} "${name}" already exists`,
    details: detailsOf(resource, name),
  });
}

export function conflict(resource: GroupResource, name: string, because: string): Refusal {
  return refuse(409, 'Conflict', {
    message: `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${because}`,
    details: detailsOf(resource, name),
  });
}

export const modifiedMeanwhile =
  'the object has been modified; please apply your changes to the latest version and try again';

export function badRequest(message: string): Refusal {
  return refuse(400, 'BadRequest', { message });
}

export function unauthorized(): Refusal {
  return refuse(401, 'Unauthorized', { message: 'Unauthorized' });
}

export function forbidden(resource: GroupResource, name: string, because: string): Refusal {
  const named = name === '' ? '' : ` "${name}"`;
  return refuse(403, 'Forbidden', {
    message: `${qualified(resource)}${named} is forbidden: ${because}`,
    details: detailsOf(resource, name),
  });
}

/** 422 with one cause per field; the message lists them all. */
export function invalid(of: GroupKind, name: string, causes: readonly Cause[]): Refusal {
  const sentences = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const kind = of.group === '' ? of.kind : `${of.kind}.${of.group}`;
  const list = sentences.length === 1 ? sentences[0] : `[${sentences.join(', ')}]`;
  return refuse(422, 'Invalid', {
    message: `${kind} "${name}" is invalid: ${list}`,
    details: {
      ...(name === '' ? {} : { name }),
      ...(of.group === '' ? {} : { group: of.group }),
      kind: of.kind,
      causes,
    },
  });
}

export function unsupportedMediaType(message: string): Refusal {
  return refuse(415, 'UnsupportedMediaType', { message });
}

export function methodNotAllowed(): Refusal {
  return refuse(405, 'MethodNotAllowed', {
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
}

/** The verb exists for the resource, but not for this part of it. */
export function verbNotSupported(resource: GroupResource, verb: string): Refusal {
  return refuse(405, 'MethodNotAllowed', {
    message: `${verb} is not supported on resources of kind "${qualified(resource)}"`,
    details: detailsOf(resource, ''),
  });
}

export function expired(message: string): Refusal {
  return refuse(410, 'Expired', { message });
}

/** The store could not take the write: a full disk or a failing one. Nothing was changed. */
export function storeRefused(because: string): Refusal {
  return refuse(507, 'InternalError', {
    message: `nothing was written, since the server's store cannot be written to: ${because}. Free space on its disk (or mend it) and try again`,
    details: { causes: [{ reason: 'UnexpectedServerResponse', message: because, field: '' }] },
  });
}

export function statusReply(refusal: Refusal): HttpReply {
  return {
    status: refusal.refused.code,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(refusal.refused)}\n`,
  };
}
