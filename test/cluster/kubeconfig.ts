import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a kubeconfig (JSON is YAML) with one context into `directory`, readable by its owner alone; returns its path. */
export function writeKubeconfig(access: {
  readonly directory: string;
  readonly origin: string;
  readonly caPem: string;
  readonly token: string;
}): string {
  const path = join(access.directory, `kubeconfig-${randomBytes(4).toString('hex')}`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: {
          server: access.origin,
          'certificate-authority-data': Buffer.from(access.caPem).toString('base64'),
        },
      },
    ],
    users: [{ name: 'test', user: { token: access.token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
