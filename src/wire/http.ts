/**
 * The seam between a server's behaviour and its transport. The embedded API server, the lab's XAPI members and
 * its BMCs are each one HttpHandler; `serve.ts` puts a handler behind a TLS socket, and the simulation
 * delivers the same requests to it under virtual time.
 */
export interface HttpRequest {
  readonly method: string;
  /** Path with query, as it stands in the request line. */
  readonly path: string;
  /** Lower-case names; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Aborted when the client has gone away; a stream should stop then. */
  readonly signal: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is sent as it comes (chunked) and ends when the iterable ends. */
  readonly body: string | Uint8Array | AsyncIterable<string>;
}

/**
 * Answers one request. A rejection is answered with 500 by the transport. The special reply `hangUp` makes the
 * transport close the connection without an answer, and `silence` makes it never answer (faults of the lab).
 */
export type HttpHandler = (request: HttpRequest) => Promise<HttpReply | 'hangUp' | 'silence'>;
