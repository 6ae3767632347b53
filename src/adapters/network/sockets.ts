import { connect as connectTcp, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import type { Network, Peer } from '../../ports/network.ts';
import { classifyConnectError } from './transportError.ts';
import { checkTrust, pinMismatch } from './trust.ts';

const connectTimeoutMs = 10_000;

/**
 * The network of the machine: one undici Pool of TCP or TLS connections per peer. undici's own header and body
 * timeouts are off, because deadlines belong to the Clock (see exchange.ts); only the connect timeout stays, as a
 * bound for connections that nobody waits for any more.
 */
export function createSocketNetwork(): Network {
  return { open: openPool, answersTcp };
}

function openPool(peer: Peer): Dispatcher {
  checkTrust(peer);
  return new Pool(peer.origin, {
    connect: connectorFor(peer),
    connections: peer.connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function connectorFor(peer: Peer): buildConnector.connector {
  const connect = buildConnector(connectOptions(peer));
  return (options, done) => {
    connect(options, (...[error, socket]) => {
      if (error !== null) {
        done(classifyConnectError(error), null);
        return;
      }
      const mismatch = peer.trust.kind === 'pin' ? checkPin(peer.origin, peer.trust, socket) : undefined;
      if (mismatch === undefined) {
        done(null, socket);
        return;
      }
      socket.destroy();
      done(mismatch, null);
    });
  };
}

/**
 * HTTP/1.1 alone: that is what XAPI and BMCs speak, and one transport is easier to reason about than two. With a
 * pin, the certificate's chain, name and dates do not matter, only its fingerprint does; checkServerIdentity would
 * be the obvious place to compare it, but node never calls that with `rejectUnauthorized: false`.
 */
function connectOptions(peer: Peer): buildConnector.BuildOptions {
  const common = { timeout: connectTimeoutMs, allowH2: false, maxCachedSessions: 0 };
  const { trust } = peer;
  if (trust.kind === 'plaintext') return common;
  if (trust.kind === 'pin') return { ...common, rejectUnauthorized: false };
  return {
    ...common,
    rejectUnauthorized: true,
    ca: trust.ca,
    ...(trust.serverName === undefined ? {} : { servername: trust.serverName }),
    ...(trust.cert === undefined ? {} : { cert: trust.cert }),
    ...(trust.key === undefined ? {} : { key: trust.key }),
  };
}

/** A resumed session has no peer certificate to compare; none is cached here, and one would be refused anyway. */
function checkPin(
  origin: string,
  trust: { readonly sha256Fingerprint: string },
  socket: Socket,
): Error | undefined {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return pinMismatch(origin, trust.sha256Fingerprint, certificate?.fingerprint256);
}

function answersTcp(address: string, port: number, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: address, port });
    const settle = (answered: boolean): void => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(answered);
    };
    const deadline = setTimeout(() => settle(false), Math.max(0, deadlineMs));
    socket.once('connect', () => settle(true));
    socket.on('error', () => settle(false));
  });
}
