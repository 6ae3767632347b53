import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Presence } from './lab.ts';

/**
 * The cable to one server: it carries connections on to where the server really listens, holds them in silence when the
 * machine has no power or no network, and refuses them when nobody listens. TLS runs through it untouched, so that a
 * client cannot tell it from a network.
 */
export interface Gate {
  readonly port: number;
  /** Resolves when the gate behaves so. */
  set(presence: Presence): Promise<void>;
  close(): Promise<void>;
}

export interface GateOptions {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Where the server really listens, on 127.0.0.1. */
  readonly innerPort: number;
}

/** Rejects with a sentence when the address cannot be listened on. */
export async function openGate({ address, port, innerPort }: GateOptions): Promise<Gate> {
  let presence: Presence = 'open';
  const pairs = new Set<Pair>();
  let server = createServer();

  const accept = (outer: Socket): void => {
    const pair: Pair = { outer, inner: undefined };
    pairs.add(pair);
    outer.on('error', () => {});
    outer.once('close', () => {
      pair.inner?.destroy();
      pairs.delete(pair);
    });
    // A black hole still ends in a kernel that has said hello; nothing after that is ever answered.
    if (presence === 'silent') outer.pause();
    else carry(pair, innerPort);
  };
  const listen = async (onPort: number): Promise<number> => {
    server = createServer(accept);
    return listening(server, address, onPort);
  };
  const shut = (): Promise<void> => {
    for (const { outer } of pairs) outer.destroy();
    return new Promise((resolve) => {
      server.close(() => resolve());
    });
  };
  const bound = await listen(port);

  const apply = async (next: Presence): Promise<void> => {
    if (next === presence) return;
    const before = presence;
    presence = next;
    if (next === 'refused') await shut();
    else if (before === 'refused') await listen(bound);
    else if (next === 'silent') for (const pair of pairs) fallSilent(pair);
    // What was held in the dark is stale by now: the client's TCP would find its peer gone.
    else for (const { outer } of pairs) outer.destroy();
  };
  // One change after the other, whatever the callers wait for.
  let last: Promise<void> = Promise.resolve();
  return {
    port: bound,
    set: (next) => {
      last = last.then(() => apply(next));
      return last;
    },
    close: async () => {
      await last.catch(() => {});
      if (presence !== 'refused') await shut();
    },
  };
}

interface Pair {
  readonly outer: Socket;
  inner: Socket | undefined;
}

function carry(pair: Pair, innerPort: number): void {
  const { outer } = pair;
  const inner = connect({ host: '127.0.0.1', port: innerPort });
  pair.inner = inner;
  inner.setNoDelay(true);
  outer.setNoDelay(true);
  inner.on('error', () => {});
  inner.once('close', () => outer.destroy());
  outer.pipe(inner);
  inner.pipe(outer);
}

/** Nothing passes any more in either direction, and neither side is told. */
function fallSilent({ outer, inner }: Pair): void {
  if (inner === undefined) return;
  outer.unpipe(inner);
  inner.unpipe(outer);
  outer.pause();
  inner.pause();
}

function listening(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Error(`cannot listen on ${address} port ${port}: ${error.message}`, { cause: error })),
    );
    server.listen({ host: address, port }, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}
