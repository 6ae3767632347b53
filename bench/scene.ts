/** The processes of a measured scene: a lab, the embedded API server in this process, and `kintsugi operator` as a child. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../src/adapters/clock/systemClock.ts';
import { createKubernetesApi } from '../src/adapters/kubernetes/api.ts';
import { explicitConnection } from '../src/adapters/kubernetes/connection.ts';
import { createTransport } from '../src/adapters/kubernetes/transport.ts';
import { silentLog } from '../src/adapters/log/log.ts';
import { createSocketNetwork } from '../src/adapters/network/sockets.ts';
import { crds } from '../src/api/generated/crds.ts';
import { hostKind, poolKind, recoveryRequestKind, secretKind, virtualServerKind } from '../src/api/kinds.ts';
import type { LabDocument } from '../src/lab/document.ts';
import { type ManifestOptions, manifestsOf } from '../src/lab/manifests.ts';
import type { Kind, KubernetesApi, KubernetesObject } from '../src/ports/kubernetes.ts';
import { startStandaloneApi } from '../src/standalone/start.ts';

export interface Scene {
  readonly api: KubernetesApi;
  readonly document: LabDocument;
  readonly labFolder: string;
  /** Of the API server. */
  readonly origin: string;
  /** With the token and the authority of a ServiceAccount. */
  readonly accountFolder: string;
  readonly operator: ChildProcess;
  close(): Promise<void>;
}

export const namespace = 'default';
const root = join(import.meta.dirname, '..');
const kinds: Readonly<Record<string, Kind>> = {
  Pool: poolKind,
  Host: hostKind,
  VirtualServer: virtualServerKind,
  RecoveryRequest: recoveryRequestKind,
  Secret: secretKind,
};

export async function openScene(options: {
  readonly lab: Readonly<Record<string, unknown>>;
  readonly manifests: Omit<ManifestOptions, 'namespace' | 'mode'>;
}): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-bench-'));
  const labFolder = join(folder, 'lab');
  const lab = spawn(
    process.execPath,
    [
      join(root, 'bench', 'labChild.ts'),
      JSON.stringify({ seed: 1, version: '8.3', ...options.lab, stateFolder: labFolder }),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const document = JSON.parse(await firstLine(lab)) as LabDocument;
  const { server, api } = await openServer(folder);
  for (const object of manifestsOf(document, { ...options.manifests, namespace, mode: 'Manual' })) {
    await create(api, object);
  }
  const operator = startCompiledOperator(server, folder);
  return {
    api,
    document,
    labFolder,
    origin: server.origin,
    accountFolder: accountIn(folder),
    operator,
    close: async () => {
      await Promise.all([ended(operator), ended(lab)]);
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface OperatorScene {
  readonly api: KubernetesApi;
  readonly operator: ChildProcess;
  close(): Promise<void>;
}

interface ApiAddress {
  readonly origin: string;
  readonly caPem: string;
  readonly token: string;
}

/** Without a lab: the objects are of Pools that are not there. */
export async function openOperatorScene(objects: Iterable<KubernetesObject>): Promise<OperatorScene> {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-bench-'));
  const { server, api } = await openServer(folder);
  for (const object of objects) await create(api, object);
  const operator = startCompiledOperator(server, folder);
  return {
    api,
    operator,
    close: async () => {
      await ended(operator);
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openServer(folder: string): Promise<{
  readonly server: Awaited<ReturnType<typeof startStandaloneApi>>;
  readonly api: KubernetesApi;
}> {
  const server = await startStandaloneApi({
    directory: join(folder, 'api'),
    port: 0,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    crds,
  });
  const api = createKubernetesApi({
    transport: createTransport({
      connection: explicitConnection(server),
      network: createSocketNetwork(),
      clock: systemClock,
      random: systemRandom,
      userAgent: 'bench',
    }),
  });
  return { server, api };
}

/** As in the image: compiled, with the token and the authority of a ServiceAccount in a folder, and no kubeconfig. */
function startCompiledOperator(server: ApiAddress, folder: string): ChildProcess {
  const account = accountIn(folder);
  mkdirSync(account);
  writeFileSync(join(account, 'token'), server.token, { mode: 0o600 });
  writeFileSync(join(account, 'ca.crt'), server.caPem);
  const { hostname, port } = new URL(server.origin);
  return spawn(
    process.execPath,
    [
      ...imageFlags(),
      compiledMain(),
      'operator',
      '--service-account-directory',
      account,
      '--health-address',
      '127.0.0.1',
      '--health-port',
      '0',
    ],
    {
      stdio: ['ignore', 'ignore', openSync(join(folder, 'operator.log'), 'w')],
      env: { ...process.env, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
    },
  );
}

function accountIn(folder: string): string {
  return join(folder, 'service-account');
}

/** The flags that the image gives to node. */
function imageFlags(): readonly string[] {
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8'))?.[1] ?? '[]';
  return (JSON.parse(entry) as readonly string[]).filter((word) => word.startsWith('--'));
}

function compiledMain(): string {
  const output = join(root, '.cache', 'dist');
  const tsc = spawnSync(
    process.execPath,
    [join(root, 'node_modules', '.bin', 'tsc'), '-p', join(root, 'tsconfig.build.json'), '--outDir', output],
    { encoding: 'utf8' },
  );
  if (tsc.status !== 0) throw new Error(`the sources do not compile: ${tsc.stdout}`);
  return join(output, 'main.js');
}

export async function create(api: KubernetesApi, object: KubernetesObject): Promise<void> {
  const outcome = await api.create(kinds[object.kind] as Kind, object);
  if (outcome.kind !== 'written')
    throw new Error(`${object.kind} ${object.metadata.name}: ${JSON.stringify(outcome)}`);
}

/** Asks four times a second; throws when it does not hold in time. */
export async function until(what: string, withinMs: number, holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (performance.now() < endMs) {
    if (await holds()) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`${what} did not happen within ${withinMs / 1000} s`);
}

export async function isReady(api: KubernetesApi): Promise<boolean> {
  type WithConditions = KubernetesObject & {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  };
  const pool = await api.read<WithConditions>(poolKind, { namespace, name: 'lab' });
  return pool?.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
      const end = out.indexOf('\n');
      if (end >= 0) resolve(out.slice(0, end));
    });
    child.once('close', () => reject(new Error('the lab ended before it was up')));
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once('close', () => resolve());
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
  });
}
