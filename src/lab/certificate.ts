import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

export interface Certificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
  /** `AA:BB:…` */
  readonly sha256Fingerprint: string;
}

/** A fresh key and a self-signed certificate for an IP address, as a new XAPI host or BMC makes for itself. */
export async function createCertificate(name: string, address: string): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: address }] }],
  });
  return {
    key: made.private,
    cert: made.cert,
    sha256Fingerprint: new X509Certificate(made.cert).fingerprint256,
  };
}
