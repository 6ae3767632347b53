/**
 * What can go wrong between two machines, before anyone has answered. `mayHaveArrived` is the only thing that an
 * effect cares about: false means the peer certainly never saw the request.
 */
export type TransportFailure =
  | 'deadline' // nobody answered in time
  | 'refused' // the machine is there, nobody listens
  | 'unreachable' // no route, no name, no connection in time
  | 'reset' // the connection broke
  | 'certificate' // the peer is not who it should be; nothing was sent
  | 'protocol' // the peer does not speak HTTP
  | 'tooLong'
  | 'closedHere';

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

const byCode: Readonly<Record<string, readonly [TransportFailure, boolean]>> = {
  ECONNREFUSED: ['refused', false],
  ENOTFOUND: ['unreachable', false],
  EAI_AGAIN: ['unreachable', false],
  EHOSTUNREACH: ['unreachable', false],
  ENETUNREACH: ['unreachable', false],
  ETIMEDOUT: ['unreachable', false],
  UND_ERR_CONNECT_TIMEOUT: ['unreachable', false],
  ECONNRESET: ['reset', true],
  EPIPE: ['reset', true],
  UND_ERR_SOCKET: ['reset', true],
  UND_ERR_DESTROYED: ['closedHere', true],
  UND_ERR_CLOSED: ['closedHere', true],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['certificate', false],
  SELF_SIGNED_CERT_IN_CHAIN: ['certificate', false],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['certificate', false],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['certificate', false],
  CERT_HAS_EXPIRED: ['certificate', false],
  ERR_TLS_CERT_ALTNAME_INVALID: ['certificate', false],
};

/** Maps what undici and node throw to the closed list above. Errors that are already classified pass through. */
export function classifyTransportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const known = byCode[code];
  if (known !== undefined) {
    const [failure, mayHaveArrived] = known;
    return new TransportError(failure, message || code, { mayHaveArrived, cause: error });
  }
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError')) {
    return new TransportError('protocol', `the peer does not speak HTTP: ${message}`, {
      mayHaveArrived: true,
      cause: error,
    });
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
    return new TransportError('protocol', `TLS failed: ${message}`, { mayHaveArrived: false, cause: error });
  }
  return new TransportError('reset', message, { mayHaveArrived: true, cause: error });
}

function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return '';
}
