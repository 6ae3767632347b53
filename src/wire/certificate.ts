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

export interface CertificateOptions {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly hostNames?: readonly string[];
  /** Default: a year from now by the machine's clock. */
  readonly valid?: { readonly fromWallMs: number; readonly untilWallMs: number };
  /** Clients that trust it as their authority are shown it as the server's own, too. */
  readonly isAuthority?: true;
}

/** A fresh key and a certificate that is signed with it. */
export async function createCertificate({
  name,
  addresses,
  hostNames = [],
  valid,
  isAuthority,
}: CertificateOptions): Promise<Certificate> {
  const altNames = [
    ...hostNames.map((value) => ({ type: 2, value }) as const),
    ...addresses.map((ip) => ({ type: 7, ip }) as const),
  ];
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    ...(valid === undefined
      ? {}
      : { notBeforeDate: new Date(valid.fromWallMs), notAfterDate: new Date(valid.untilWallMs) }),
    extensions: [
      ...(isAuthority === undefined
        ? []
        : ([
            { name: 'basicConstraints', cA: true, critical: true },
            { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
            { name: 'extKeyUsage', serverAuth: true },
          ] as const)),
      { name: 'subjectAltName', altNames },
    ],
  });
  return {
    key: made.private,
    cert: made.cert,
    sha256Fingerprint: new X509Certificate(made.cert).fingerprint256,
  };
}
