import { randomBytes, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createCertificate } from '../../wire/certificate.ts';

/** Makes the directory if need be, for its owner alone: it holds a key, a token and every secret. */
export function prepareDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
}

/** Makes an empty file for its owner alone, unless it is there. */
export function makePrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
}

/** Writes a file that only its owner may read. Whoever reads it finds the old content or the new, never a part. */
export function writePrivately(path: string, text: string): void {
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}

/** The bearer token of this directory, made at the first start. It opens everything, so it comes from the system's generator. */
export function keptToken(directory: string): string {
  const path = join(directory, 'token');
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const token = randomBytes(32).toString('base64url');
  writePrivately(path, `${token}\n`);
  return token;
}

export interface TlsIdentity {
  /** PEM. */
  readonly key: string;
  /** PEM; signed by itself, so it is also the authority that clients trust. */
  readonly cert: string;
}

const dayMs = 24 * 60 * 60 * 1000;
const lifeMs = 10 * 365 * dayMs;

/**
 * The key and certificate of this directory, made at the first start. They are made anew when the address is one that the
 * certificate does not name, or when it is about to expire; then clients need the new kubeconfig.
 */
export async function keptTlsIdentity(
  directory: string,
  { address, wallMs }: { readonly address: string; readonly wallMs: number },
): Promise<TlsIdentity> {
  const [keyPath, certPath] = [join(directory, 'tls.key'), join(directory, 'tls.crt')];
  if (existsSync(keyPath) && existsSync(certPath)) {
    const kept = { key: readFileSync(keyPath, 'utf8'), cert: readFileSync(certPath, 'utf8') };
    if (serves(kept.cert, address, wallMs)) return kept;
  }
  const { key, cert } = await createCertificate({
    name: 'kintsugi standalone',
    addresses: [...new Set(['127.0.0.1', '::1', ...servedAddresses(address)])],
    hostNames: ['localhost', hostname()],
    valid: { fromWallMs: wallMs - dayMs, untilWallMs: wallMs + lifeMs },
    isAuthority: true,
  });
  writePrivately(keyPath, key);
  writePrivately(certPath, cert);
  return { key, cert };
}

const everyAddress = new Set(['0.0.0.0', '::']);

function serves(pem: string, address: string, wallMs: number): boolean {
  const cert = new X509Certificate(pem);
  if (Date.parse(cert.validTo) < wallMs + 30 * dayMs) return false;
  return servedAddresses(address).every((one) => cert.checkIP(one) !== undefined);
}

function servedAddresses(address: string): readonly string[] {
  return everyAddress.has(address) ? localAddresses() : [address];
}

function localAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  // Addresses with a zone (`fe80::1%eth0`) are of no use in a certificate.
  return [...new Set(all.map(({ address }) => address).filter((address) => !address.includes('%')))];
}

/** A kubeconfig with everything in it: server, authority and token. */
export function kubeconfigText(
  origin: string,
  { cert, token }: { readonly cert: string; readonly token: string },
): string {
  const name = 'kintsugi';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: { server: origin, 'certificate-authority-data': Buffer.from(cert).toString('base64') },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  });
}
