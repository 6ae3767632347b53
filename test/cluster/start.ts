import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { type ClusterBinaries, ensureBinaries } from './build.ts';
import { type GuardedProcess, startGuarded } from './guardedProcess.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';

/** A real kube-apiserver with RBAC on and the project's CRDs and manifests installed. */
export interface Cluster {
  /** `https://127.0.0.1:PORT` */
  readonly origin: string;
  readonly caPem: string;
  /** A user in system:masters, named `admin`. */
  readonly adminToken: string;
  /** Path of a kubeconfig for `admin`. */
  readonly adminKubeconfig: string;
  /** A port of 127.0.0.1 where etcd answers its own clients without TLS (to compact its history). */
  readonly etcdOrigin: string;
  readonly kubectl: Kubectl;
  /** A short-lived token of a ServiceAccount, asked for with TokenRequest as a kubelet does. */
  serviceAccountToken(namespace: string, name: string): Promise<string>;
  /** Writes a kubeconfig for a token and returns its path; it disappears with the cluster. */
  kubeconfigFor(token: string): string;
  /** Kills both servers and removes every file. May be called twice. */
  stop(): Promise<void>;
}

const repositoryRoot = join(import.meta.dirname, '..', '..');
const readyDeadlineMs = 120_000;
const portAttempts = 5;

/** Starts etcd and kube-apiserver on free ports and installs `manifests/`. Cleans up after itself when it fails. */
export async function startCluster(): Promise<Cluster> {
  const binaries = await ensureBinaries();
  const directory = mkdtempSync(join(tmpdir(), 'kintsugi-cluster-'));
  const running: GuardedProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((server) => server.stop()));
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const etcdOrigin = await startEtcd({ binaries, directory, running });
    const adminToken = randomBytes(24).toString('hex');
    const server = await startApiserver({ binaries, directory, running, etcdOrigin, adminToken });
    const home = join(directory, 'home');
    mkdirSync(home);
    const kubeconfigFor = (token: string): string => writeKubeconfig({ directory, ...server, token });
    const adminKubeconfig = kubeconfigFor(adminToken);
    const kubectl = createKubectl({ binary: binaries.kubectl, kubeconfig: adminKubeconfig, home });
    await install(kubectl);
    return {
      ...server,
      adminToken,
      adminKubeconfig,
      etcdOrigin,
      kubectl,
      serviceAccountToken: async (namespace, name) => {
        const { stdout } = await mustSucceed(kubectl, ['create', 'token', name, '--namespace', namespace]);
        return stdout.trim();
      },
      kubeconfigFor,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Start {
  readonly binaries: ClusterBinaries;
  readonly directory: string;
  /** Every process is added here the moment it runs, so that a failure half way leaves none behind. */
  readonly running: GuardedProcess[];
}

async function startEtcd({ binaries, directory, running }: Start): Promise<string> {
  return onFreePort(async (port) => {
    const peerPort = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const peers = `http://127.0.0.1:${peerPort}`;
    const etcd = startGuarded({
      command: binaries.etcd,
      args: [
        `--data-dir=${join(directory, `etcd-${port}`)}`,
        `--listen-client-urls=${origin}`,
        `--advertise-client-urls=${origin}`,
        `--listen-peer-urls=${peers}`,
        `--initial-advertise-peer-urls=${peers}`,
        `--initial-cluster=default=${peers}`,
        '--unsafe-no-fsync',
        '--log-level=warn',
      ],
      directory,
      logFile: join(directory, `etcd-${port}.log`),
    });
    running.push(etcd);
    await untilReady(etcd, async () => (await request(`${origin}/health`)).statusCode);
    return origin;
  });
}

async function startApiserver(
  start: Start & { readonly etcdOrigin: string; readonly adminToken: string },
): Promise<{ readonly origin: string; readonly caPem: string }> {
  const { binaries, directory, running, etcdOrigin, adminToken } = start;
  const keyFile = join(directory, 'service-account.key');
  const tokenFile = join(directory, 'tokens.csv');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(keyFile, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  writeFileSync(tokenFile, `${adminToken},admin,admin,"system:masters"\n`, { mode: 0o600 });
  return onFreePort(async (port) => {
    const certificates = join(directory, `certificates-${port}`);
    const apiserver = startGuarded({
      command: binaries.kubeApiserver,
      args: [
        `--etcd-servers=${etcdOrigin}`,
        `--cert-dir=${certificates}`,
        `--secure-port=${port}`,
        '--bind-address=127.0.0.1',
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${keyFile}`,
        `--service-account-signing-key-file=${keyFile}`,
        `--token-auth-file=${tokenFile}`,
        '--authorization-mode=RBAC',
        '--service-cluster-ip-range=10.0.0.0/24',
        // Nobody runs pods here, and nobody creates the default ServiceAccount that this plug-in would demand.
        '--disable-admission-plugins=ServiceAccount',
      ],
      directory,
      logFile: join(directory, `kube-apiserver-${port}.log`),
    });
    running.push(apiserver);
    const origin = `https://127.0.0.1:${port}`;
    const caPem = await untilReady(apiserver, async () => {
      // The server writes its certificate before it listens, so whoever has the port but not this key is not it.
      const ca = readFileSync(join(certificates, 'apiserver.crt'), 'utf8');
      const status = await readyzStatus({ origin, ca, token: adminToken });
      return status === 200 ? ca : status;
    });
    return { origin, caPem };
  });
}

async function readyzStatus(at: {
  readonly origin: string;
  readonly ca: string;
  readonly token: string;
}): Promise<number> {
  const agent = new Agent({ connect: { ca: at.ca } });
  try {
    const headers = { authorization: `Bearer ${at.token}` };
    const reply = await request(`${at.origin}/readyz`, { dispatcher: agent, headers });
    await reply.body.dump();
    return reply.statusCode;
  } finally {
    await agent.close();
  }
}

/** Applies CRDs, namespace, RBAC, policy and Deployment exactly as the README tells people to. */
async function install(kubectl: Kubectl): Promise<void> {
  await mustSucceed(kubectl, ['apply', '-k', join(repositoryRoot, 'manifests')]);
  await mustSucceed(kubectl, [
    'wait',
    '--for=condition=Established',
    '--timeout=60s',
    'customresourcedefinitions',
    '--selector=app.kubernetes.io/part-of=kintsugi',
  ]);
}

/** Runs kubectl and throws what it said when it fails. */
export async function mustSucceed(
  kubectl: Kubectl,
  ...call: Parameters<Kubectl>
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const result = await kubectl(...call);
  if (result.code !== 0) {
    throw new Error(
      `kubectl ${call[0].join(' ')} ended with ${result.code}: ${result.stderr || result.stdout}`,
    );
  }
  return result;
}

class PortTaken extends Error {}

/** Another process may take a free port between the look and the bind; then the next port is tried. */
async function onFreePort<T>(startOn: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(await freePort());
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === portAttempts) throw error;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}

/** Asks until the answer is 200 (or any string, which is then returned); fails at once when the process has ended. */
async function untilReady(server: GuardedProcess, ask: () => Promise<number | string>): Promise<string> {
  const giveUpMs = performance.now() + readyDeadlineMs;
  let last = 'nothing asked yet';
  while (performance.now() < giveUpMs) {
    if (server.exitCode() !== undefined) {
      const words = server.lastWords();
      if (words.includes('address already in use')) throw new PortTaken();
      throw new Error(`ended with ${server.exitCode()} instead of getting ready: ${words}`);
    }
    try {
      const answer = await ask();
      if (typeof answer === 'string') return answer;
      if (answer === 200) return '';
      last = `status ${answer}`;
    } catch (error) {
      last = String(error);
    }
    await wait(100);
  }
  throw new Error(`not ready after ${readyDeadlineMs} ms (${last}): ${server.lastWords()}`);
}
