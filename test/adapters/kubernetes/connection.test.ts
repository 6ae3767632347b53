import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import {
  type Connection,
  explicitConnection,
  inClusterConnection,
} from '../../../src/adapters/kubernetes/connection.ts';
import { kubeconfigConnection } from '../../../src/adapters/kubernetes/kubeconfig.ts';
import { createManualClock } from './manualClock.ts';

let directory: string;
let clock = createManualClock();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kintsugi-connection-'));
  clock = createManualClock();
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const bearer = async (connection: Connection) => (await connection.current()).headers['authorization'];

test('what was told outright is used as it is', async () => {
  const connection = explicitConnection({ origin: 'https://127.0.0.1:6443', caPem: 'CA', token: 't' });
  expect(await connection.current()).toEqual({
    origin: 'https://127.0.0.1:6443',
    pathPrefix: '',
    trust: { kind: 'authority', ca: 'CA' },
    headers: { authorization: 'Bearer t' },
  });
});

describe('in a pod', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT_HTTPS: '6443' };

  test('address, authority and token come from where Kubernetes puts them', async () => {
    write('ca.crt', 'CA');
    write('token', 'first\n');
    expect(await inClusterConnection({ clock, env, directory }).current()).toEqual({
      origin: 'https://10.0.0.1:6443',
      pathPrefix: '',
      trust: { kind: 'authority', ca: 'CA' },
      headers: { authorization: 'Bearer first' },
    });
  });

  test('an IPv6 address gets its brackets', async () => {
    write('ca.crt', 'CA');
    write('token', 't');
    const six = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    const { origin } = await inClusterConnection({ clock, env: six, directory }).current();
    expect(origin).toBe('https://[fd00::1]:443');
  });

  test('a rotated token and authority are seen within a minute', async () => {
    write('ca.crt', 'CA');
    write('token', 'first');
    const connection = inClusterConnection({ clock, env, directory });
    await connection.current();
    write('token', 'second');
    write('ca.crt', 'CA2');
    await clock.advance(59_999);
    expect(await bearer(connection)).toBe('Bearer first');
    await clock.advance(1);
    expect(await connection.current()).toMatchObject({
      trust: { ca: 'CA2' },
      headers: { authorization: 'Bearer second' },
    });
  });

  test('and at once after a 401', async () => {
    write('ca.crt', 'CA');
    write('token', 'first');
    const connection = inClusterConnection({ clock, env, directory });
    const refused = await connection.current();
    write('token', 'second');
    expect((await connection.refresh(refused)).headers['authorization']).toBe('Bearer second');
    expect(await bearer(connection)).toBe('Bearer second');
  });

  test('outside of a pod it says what to do', () => {
    expect(() => inClusterConnection({ clock, env: {}, directory })).toThrow('--kubeconfig');
  });

  test('without a mounted token it says what to do', async () => {
    await expect(inClusterConnection({ clock, env, directory }).current()).rejects.toThrow(
      'automountServiceAccountToken',
    );
  });
});

describe('a kubeconfig', () => {
  function config(over: { cluster?: object; user?: object } = {}): string {
    return write(
      'config',
      stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'lab',
        clusters: [
          {
            name: 'lab',
            cluster: {
              server: 'https://lab.example:6443/k8s/clusters/c-1/',
              'certificate-authority-data': base64('CA'),
              ...over.cluster,
            },
          },
        ],
        users: [{ name: 'me', user: over.user ?? { token: 'secret' } }],
        contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'me' } }],
      }),
    );
  }

  test('with a token: address, path before each request, authority', async () => {
    expect(await kubeconfigConnection({ clock, path: config() }).current()).toEqual({
      origin: 'https://lab.example:6443',
      pathPrefix: '/k8s/clusters/c-1',
      trust: { kind: 'authority', ca: 'CA' },
      headers: { authorization: 'Bearer secret' },
    });
  });

  test('with a client certificate and a name that the server shall prove', async () => {
    const path = config({
      cluster: { 'tls-server-name': 'kubernetes' },
      user: { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') },
    });
    expect(await kubeconfigConnection({ clock, path }).current()).toMatchObject({
      trust: { kind: 'authority', ca: 'CA', serverName: 'kubernetes', cert: 'CERT', key: 'KEY' },
      headers: {},
    });
  });

  test('with files named beside it', async () => {
    write('ca.pem', 'CA from file');
    write('cert.pem', 'CERT from file');
    write('key.pem', 'KEY from file');
    const path = config({
      cluster: { 'certificate-authority-data': undefined, 'certificate-authority': 'ca.pem' },
      user: { 'client-certificate': 'cert.pem', 'client-key': 'key.pem' },
    });
    expect(await kubeconfigConnection({ clock, path }).current()).toMatchObject({
      trust: { ca: 'CA from file', cert: 'CERT from file', key: 'KEY from file' },
    });
  });

  test('with an exec plugin, which is asked again after a 401 (client-node: not before its token expires)', async () => {
    const counter = write('count', '0');
    const plugin = write(
      'plugin.cjs',
      `const fs = require('node:fs');
       const n = Number(fs.readFileSync(${JSON.stringify(counter)}, 'utf8')) + 1;
       fs.writeFileSync(${JSON.stringify(counter)}, String(n));
       console.log(JSON.stringify({ kind: 'ExecCredential', status: { token: 'token-' + n } }));`,
    );
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [plugin] };
    const connection = kubeconfigConnection({ clock, path: config({ user: { exec } }) });
    const refused = await connection.current();
    expect(refused.headers['authorization']).toBe('Bearer token-1');
    const fresh = await Promise.all([connection.refresh(refused), connection.refresh(refused)]);
    expect(fresh.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer token-2',
      'Bearer token-2',
    ]);
    expect(await connection.refresh(refused)).toBe(fresh[0]);
  });

  test('with an exec plugin that hangs is given up after a minute (client-node: never)', async () => {
    const plugin = write('plugin.cjs', `process.stdin.resume(); setTimeout(() => {}, 4000);`);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [plugin] };
    const asked = kubeconfigConnection({ clock, path: config({ user: { exec } }) }).current();
    const refused = expect(asked).rejects.toThrow('no answer within 60 s');
    await clock.advance(60_000);
    await refused;
  });

  test('with an exec plugin that fails says what it said', async () => {
    const plugin = write('plugin.cjs', `console.error('log in first'); process.exit(1);`);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [plugin] };
    await expect(kubeconfigConnection({ clock, path: config({ user: { exec } }) }).current()).rejects.toThrow(
      'log in first',
    );
  });

  test('without a user still has its authority (client-node: none)', async () => {
    const path = config({ user: {} });
    expect(await kubeconfigConnection({ clock, path }).current()).toMatchObject({ trust: { ca: 'CA' } });
  });

  test.each([
    [
      'that skips the proof of who answers',
      { 'insecure-skip-tls-verify': true },
      'certificate-authority-data',
    ],
    ['over plain http', { server: 'http://lab.example:8080' }, 'https only'],
    ['behind a proxy', { 'proxy-url': 'http://proxy:3128' }, 'proxy-url'],
  ])('%s is refused, and says why', async (_, cluster, sentence) => {
    const path = config({ cluster });
    await expect(kubeconfigConnection({ clock, path }).current()).rejects.toThrow(sentence);
  });

  test('that is missing, broken, or lacks the context is refused, and says so', async () => {
    const missing = join(directory, 'missing');
    await expect(kubeconfigConnection({ clock, path: missing }).current()).rejects.toThrow(missing);
    const broken = write('broken', '{');
    await expect(kubeconfigConnection({ clock, path: broken }).current()).rejects.toThrow(broken);
    const connection = kubeconfigConnection({ clock, path: config(), context: 'other' });
    await expect(connection.current()).rejects.toThrow('"other"');
  });

  test('that was mended is read again', async () => {
    const path = config({ cluster: { 'proxy-url': 'http://proxy:3128' } });
    const connection = kubeconfigConnection({ clock, path });
    await expect(connection.current()).rejects.toThrow('proxy-url');
    config();
    expect(await bearer(connection)).toBe('Bearer secret');
  });
});
