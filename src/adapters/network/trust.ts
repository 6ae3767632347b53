import type { Peer } from '../../ports/network.ts';
import { TransportError } from './transportError.ts';

/**
 * Brings a SHA-256 fingerprint to one form: 64 lower-case hex digits. People paste what openssl, a browser or
 * XenCenter shows, so colons, blanks and either case are taken. Undefined when it is not a SHA-256 fingerprint.
 */
export function normalFingerprint(written: string): string | undefined {
  const digits = written.replace(/[\s:]/g, '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
}

/**
 * Throws a TransportError `certificate` when a peer's trust cannot be kept over its origin: TLS to "anyone", or a
 * pin or authority that a plaintext connection would silently ignore while the password goes out readable.
 */
export function checkTrust(peer: Peer): void {
  const encrypted = new URL(peer.origin).protocol === 'https:';
  const { trust } = peer;
  if (encrypted && trust.kind === 'plaintext') {
    throw refusal(`${peer.origin} is encrypted, so it needs a pinned fingerprint or an authority to trust`);
  }
  if (!encrypted && trust.kind !== 'plaintext') {
    throw refusal(`${peer.origin} is not encrypted, so its ${trust.kind} cannot be checked: use https`);
  }
  if (trust.kind === 'pin' && normalFingerprint(trust.sha256Fingerprint) === undefined) {
    throw refusal(
      `the fingerprint pinned for ${peer.origin} is not a SHA-256 fingerprint (64 hex digits, colons allowed)`,
    );
  }
}

/** Undefined when the certificate seen is the pinned one, else the error that names both. */
export function pinMismatch(
  origin: string,
  pinned: string,
  seen: string | undefined,
): TransportError | undefined {
  const expected = normalFingerprint(pinned);
  const actual = seen === undefined ? undefined : normalFingerprint(seen);
  if (expected !== undefined && expected === actual) return undefined;
  return refusal(
    `${origin} showed the certificate ${actual ?? 'none'}, expected was ${expected ?? pinned}; nothing was sent. ` +
      'If its certificate was renewed on purpose, pin the new fingerprint',
  );
}

function refusal(message: string): TransportError {
  return new TransportError('certificate', message, { mayHaveArrived: false });
}
