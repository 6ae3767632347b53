import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
  /** As openssl prints it: upper case, with colons. */
  readonly fingerprint: string;
}

/** A certificate for 127.0.0.1, signed by itself or by `authority`. */
export async function makeCertificate(
  options: {
    readonly notBeforeDate?: Date;
    readonly notAfterDate?: Date;
    readonly authority?: TestCertificate;
    readonly isAuthority?: true;
  } = {},
): Promise<TestCertificate> {
  const made = await generate([{ name: 'commonName', value: options.isAuthority ? 'authority' : 'member' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...(options.notBeforeDate ? { notBeforeDate: options.notBeforeDate } : {}),
    ...(options.notAfterDate ? { notAfterDate: options.notAfterDate } : {}),
    ...(options.authority ? { ca: { cert: options.authority.cert, key: options.authority.key } } : {}),
    extensions: [
      { name: 'basicConstraints', cA: options.isAuthority === true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  return {
    cert: made.cert,
    key: made.private,
    fingerprint: new X509Certificate(made.cert).fingerprint256,
  };
}
