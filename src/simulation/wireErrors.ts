import { errors } from 'undici';
import { classifyConnectError, type TransportError } from '../adapters/network/transportError.ts';

/** The errors that sockets and undici's Pool raise, with the same codes; measured against the real ones in test/. */

export function connectionRefused(origin: string): TransportError {
  return connectFailed(`connect ECONNREFUSED ${hostOf(origin)}`, 'ECONNREFUSED');
}

export function connectTimedOut(origin: string): TransportError {
  return classifyConnectError(new errors.ConnectTimeoutError(`Connect Timeout Error (${hostOf(origin)})`));
}

/** TLS spoken to a listener of bare HTTP. */
export function notTls(): TransportError {
  return connectFailed('packet length too long', 'ERR_SSL_PACKET_LENGTH_TOO_LONG');
}

export function untrustedAuthority(): TransportError {
  return connectFailed('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT');
}

/** Bare HTTP spoken to a listener of TLS, which breaks the connection at the first byte. */
export function closedByPeer(): Error {
  return new errors.SocketError('other side closed');
}

export function connectionReset(): Error {
  return coded('read ECONNRESET', 'ECONNRESET');
}

/** The kernel gave up sending again what is never acknowledged. */
export function timedOut(): Error {
  return coded('read ETIMEDOUT', 'ETIMEDOUT');
}

function connectFailed(message: string, code: string): TransportError {
  return classifyConnectError(coded(message, code));
}

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

function hostOf(origin: string): string {
  return new URL(origin).host;
}
