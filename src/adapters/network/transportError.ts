/**
 * What can go wrong between two machines, before anyone has answered. `mayHaveArrived` is the only thing that an
 * effect cares about: false means the peer certainly never saw the request.
 */
export type TransportFailure =
  | 'deadline' // nobody answered in time
  | 'refused' // the machine is there, nobody listens
  | 'unreachable' // no route, no connection in time
  | 'noName' // its name means no address
  | 'reset' // the connection broke
  | 'certificate' // one side does not accept who the other is
  | 'protocol' // the peer does not speak HTTP, or not TLS
  | 'tooLong'
  | 'closedHere'
  | 'withheld'; // asked when it was about to be sent, this side said no

export class TransportError extends Error {
  readonly failure: TransportFailure;
  readonly mayHaveArrived: boolean;

  constructor(
    failure: TransportFailure,
    message: string,
    options: { readonly mayHaveArrived: boolean; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TransportError';
    this.failure = failure;
    this.mayHaveArrived = options.mayHaveArrived;
  }
}

/** OpenSSL's verdicts on a chain are node's error codes as they stand (`X509_verify_cert_error_string`'s names). */
const certificateCodes: ReadonlySet<string> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const failureByCode: Readonly<Record<string, TransportFailure>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'noName',
  EAI_AGAIN: 'noName',
  EHOSTUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  ETIMEDOUT: 'unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'unreachable',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_DESTROYED: 'closedHere',
  UND_ERR_CLOSED: 'closedHere',
  UND_ERR_ABORTED: 'closedHere',
  UND_ERR_INVALID_ARG: 'protocol',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'protocol',
};

/** Codes that exist only before a connection is there, so that no request can have left. */
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Maps what undici and node throw to the closed list above. Errors that are already classified pass through. Most
 * codes also occur on a connection that was in use (an established connection may die of ETIMEDOUT, EHOSTUNREACH or
 * a TLS alert after the request was written), so all but `neverSent` count as "may have arrived".
 */
export function classifyTransportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  return classified(error, !neverSent.has(codeOf(error)));
}

/** The same for a request that was never given to a connection: whatever went wrong, nothing was sent. */
export function classifyConnectError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  return classified(error, false);
}

function classified(error: unknown, mayHaveArrived: boolean): TransportError {
  const code = codeOf(error);
  const message = (error instanceof Error ? error.message : String(error)) || code;
  const options = { mayHaveArrived, cause: error };
  if (certificateCodes.has(code) || isCertificateAlert(code)) {
    return new TransportError('certificate', `the certificate was not accepted: ${message}`, options);
  }
  const known = failureByCode[code];
  if (known !== undefined) return new TransportError(known, message, options);
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError')) {
    return new TransportError('protocol', `the peer does not speak HTTP: ${message}`, options);
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') {
    return new TransportError('protocol', `TLS failed: ${message}`, options);
  }
  return new TransportError('reset', message, options);
}

/** The other side's alert about our client certificate, such as ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED. */
function isCertificateAlert(code: string): boolean {
  return code.startsWith('ERR_SSL') && code.includes('ALERT') && /CERTIFICATE|UNKNOWN_CA/.test(code);
}

/** A connection tried on several addresses fails with an AggregateError, whose own code is that of the attempts. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return '';
}

/** Its reason comes back as the outcome of whatever call is under way, as for any other broken connection. */
export function closedHere(because: string): TransportError {
  return new TransportError('closedHere', because, { mayHaveArrived: true });
}
