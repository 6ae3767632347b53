import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { TestCertificate } from './certificates.ts';

/** Servers and pools of one test; `closeAll` belongs in afterEach, so that nothing outlives a failing test. */
export interface Bench {
  https(
    options: TlsOptions & { readonly certificate: TestCertificate },
    serve: RequestListener,
  ): Promise<Seen>;
  http(serve: RequestListener): Promise<Seen>;
  tcp(onSocket: (socket: Socket) => void): Promise<Seen>;
  onClose(close: () => Promise<unknown>): void;
  closeAll(): Promise<void>;
}

export interface Seen {
  readonly port: number;
  /** What arrived as HTTP, `METHOD path`, in order. */
  readonly requests: string[];
  /** TCP connections that were accepted. */
  connections: number;
  stop(): Promise<void>;
}

export function createBench(): Bench {
  const closers: (() => Promise<unknown>)[] = [];
  const start = async (server: Server, requests: string[]): Promise<Seen> => {
    const sockets = new Set<Socket>();
    const stop = (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
    closers.push(stop);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    const seen: Seen = { port: address.port, requests, connections: 0, stop };
    server.on('connection', (socket: Socket) => {
      seen.connections++;
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    });
    return seen;
  };
  const noting =
    (requests: string[], serve: RequestListener): RequestListener =>
    (request, response) => {
      requests.push(`${request.method} ${request.url}`);
      serve(request, response);
    };
  return {
    https: ({ certificate, ...options }, serve) => {
      const requests: string[] = [];
      const server = createHttpsServer(
        { cert: certificate.cert, key: certificate.key, ...options },
        noting(requests, serve),
      );
      return start(server, requests);
    },
    http: (serve) => {
      const requests: string[] = [];
      return start(createHttpServer(noting(requests, serve)), requests);
    },
    tcp: (onSocket) => start(createTcpServer(onSocket), []),
    onClose: (close) => closers.push(close),
    closeAll: async () => {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}
