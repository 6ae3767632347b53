import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { systemClock, systemRandom } from '../../../src/adapters/clock/systemClock.ts';
import { createKubernetesApi } from '../../../src/adapters/kubernetes/api.ts';
import { explicitConnection } from '../../../src/adapters/kubernetes/connection.ts';
import { createTransport, type Transport } from '../../../src/adapters/kubernetes/transport.ts';
import { createSocketNetwork } from '../../../src/adapters/network/sockets.ts';
import { crds } from '../../../src/api/generated/crds.ts';
import type { KubernetesApi } from '../../../src/ports/kubernetes.ts';
import type { Log } from '../../../src/ports/log.ts';
import { startStandaloneApi } from '../../../src/standalone/start.ts';
import { ensureBinaries } from '../../cluster/build.ts';
import type { Kubectl } from '../../cluster/kubectl.ts';
import { createKubectl } from '../../cluster/kubectl.ts';
import { createRawApi, type RawApi } from '../../cluster/rawApi.ts';
import { startCluster } from '../../cluster/start.ts';

/** What a case may know of the server that it runs against. */
export interface ServerUnderTest {
  readonly origin: string;
  readonly caPem: string;
  readonly token: string;
  readonly kubectl: Kubectl;
  readonly raw: RawApi;
  /** The operator's own client. */
  readonly client: KubernetesApi;
  readonly transport: Transport;
  /** Makes the server forget its history up to now, so that watches and pages from earlier versions are refused. */
  compact(): Promise<void>;
  stop(): Promise<void>;
}

function operatorClient(access: Parameters<typeof explicitConnection>[0]): Transport {
  return createTransport({
    connection: explicitConnection(access),
    network: createSocketNetwork(),
    clock: systemClock,
    random: systemRandom,
    userAgent: 'kintsugi/contract',
  });
}

export async function startRealServer(): Promise<ServerUnderTest> {
  const cluster = await startCluster();
  const access = { ...cluster, token: cluster.adminToken };
  const raw = createRawApi(access);
  const transport = operatorClient(access);
  return {
    origin: cluster.origin,
    caPem: cluster.caPem,
    token: cluster.adminToken,
    kubectl: cluster.kubectl,
    raw,
    client: createKubernetesApi({ transport }),
    transport,
    compact: async () => {
      const list = await raw.call('GET', '/api/v1/namespaces?limit=1');
      const revision = (list.json as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
      const reply = await request(`${cluster.etcdOrigin}/v3/kv/compaction`, {
        method: 'POST',
        body: JSON.stringify({ revision, physical: true }),
      });
      if (reply.statusCode !== 200) throw new Error(`compaction: ${await reply.body.text()}`);
      await reply.body.dump();
    },
    stop: async () => {
      await transport.close();
      await raw.close();
      await cluster.stop();
    },
  };
}

export const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export async function startEmbeddedServer(): Promise<ServerUnderTest> {
  const { kubectl: binary } = await ensureBinaries();
  const directory = mkdtempSync(join(tmpdir(), 'kintsugi-embedded-'));
  const home = join(directory, 'home');
  mkdirSync(home);
  const api = await startStandaloneApi({
    directory: join(directory, 'state'),
    port: 0,
    clock: systemClock,
    random: systemRandom,
    log: silent,
    crds,
  });
  const raw = createRawApi(api);
  const transport = operatorClient(api);
  return {
    origin: api.origin,
    caPem: api.caPem,
    token: api.token,
    kubectl: createKubectl({ binary, kubeconfig: api.kubeconfigPath, home }),
    raw,
    client: createKubernetesApi({ transport }),
    transport,
    compact: async () => api.compact(),
    stop: async () => {
      await transport.close();
      await raw.close();
      await api.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
