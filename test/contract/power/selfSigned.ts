import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
  readonly sha256Fingerprint: string;
}

export async function makeCertificate(): Promise<TestCertificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'test' }], { keyType: 'ec' });
  return { key, cert, sha256Fingerprint: new X509Certificate(cert).fingerprint256 };
}
