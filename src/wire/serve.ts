import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';
import type { Log } from '../ports/log.ts';
import type { HttpHandler, HttpReply } from './http.ts';

/** Where to listen. Port 0 takes a free one; the origin that is returned says which. */
export interface Listen {
  readonly address: string;
  readonly port: number;
  /** Longer request bodies are answered with 413 and never reach the handler; default 4 MiB. */
  readonly maxBodyBytes?: number;
  /** Told about handlers that rejected and streams that broke: both are bugs of the handler. */
  readonly log?: Log;
}

export interface ListenTls extends Listen {
  /** PEM. */
  readonly key: string;
  /** PEM; may hold a chain. */
  readonly cert: string;
}

export interface Served {
  /** `https://127.0.0.1:40123`, without a path. */
  readonly origin: string;
  readonly port: number;
  /** Stops listening, breaks every open connection (handlers see their signal abort) and frees the port. */
  close(): Promise<void>;
}

const maxBodyBytesDefault = 4 * 1024 * 1024;

/** Puts a handler behind TLS. Rejects with a sentence when the address cannot be listened on. */
export function serveTls(handler: HttpHandler, listen: ListenTls): Promise<Served> {
  const server = createTlsServer({ key: listen.key, cert: listen.cert }, (request, response) => {
    void answer({ handler, listen, request, response });
  });
  // A peer that speaks no TLS, or does not trust the certificate, is that peer's trouble.
  server.on('tlsClientError', () => {});
  return open(server, 'https', listen);
}

/** Puts a handler behind bare HTTP, as many BMCs do. Rejects with a sentence when the address cannot be listened on. */
export function serveHttp(handler: HttpHandler, listen: Listen): Promise<Served> {
  const server = createPlainServer((request, response) => {
    void answer({ handler, listen, request, response });
  });
  return open(server, 'http', listen);
}

function open(
  server: Server & { closeAllConnections(): void },
  scheme: 'http' | 'https',
  { address, port }: Listen,
): Promise<Served> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Error(`cannot listen on ${address} port ${port}: ${error.message}`, { cause: error })),
    );
    server.listen({ host: address, port }, () => {
      const bound = server.address();
      const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
      const host = address.includes(':') ? `[${address}]` : address;
      resolve({
        origin: `${scheme}://${host}:${boundPort}`,
        port: boundPort,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

interface Call {
  readonly handler: HttpHandler;
  readonly listen: Listen;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers one request and never rejects: whatever goes wrong ends in a status or a broken connection. */
async function answer({ handler, listen, request, response }: Call): Promise<void> {
  const gone = new AbortController();
  // `close` also comes after a complete answer; then nobody listens any more and the abort is harmless.
  response.once('close', () => gone.abort(new Error('the client has gone away')));
  response.on('error', () => {});
  try {
    const body = await readBody(request, listen.maxBodyBytes ?? maxBodyBytesDefault);
    if (body === undefined) return;
    if (body === 'tooLong') {
      const text = 'the request body is longer than this server takes';
      response.writeHead(413, { 'content-type': 'text/plain', connection: 'close' }).end(text);
      return;
    }
    const reply = await handler({
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: flatHeaders(request),
      body,
      signal: gone.signal,
    });
    if (reply === 'silence') return;
    if (reply === 'hangUp') {
      response.socket?.destroy();
      return;
    }
    await send(response, reply, gone.signal);
  } catch (error) {
    if (gone.signal.aborted) return;
    listen.log?.error('a request handler failed', { error, method: request.method, path: request.url });
    if (response.headersSent) response.socket?.destroy();
    else response.writeHead(500, { 'content-type': 'text/plain' }).end('internal error');
  }
}

async function send(response: ServerResponse, reply: HttpReply, gone: AbortSignal): Promise<void> {
  if (typeof reply.body === 'string' || reply.body instanceof Uint8Array) {
    const bytes = Buffer.from(reply.body);
    response.writeHead(reply.status, { ...reply.headers, 'content-length': bytes.length }).end(bytes);
    return;
  }
  response.writeHead(reply.status, reply.headers);
  // A watch may be quiet for minutes; its head must not wait for the first event.
  response.flushHeaders();
  for await (const chunk of reply.body) {
    if (gone.aborted) return;
    if (!response.write(chunk)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/** Undefined when the client broke off before it had sent everything. */
async function readBody(
  request: IncomingMessage,
  limit: number,
): Promise<Uint8Array | 'tooLong' | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      length += piece.length;
      // The rest is read and dropped, since many clients read the answer only after they have sent everything.
      if (length <= limit) pieces.push(piece);
    }
  } catch {
    return undefined;
  }
  return length > limit ? 'tooLong' : Buffer.concat(pieces);
}

function flatHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
