/** Both API servers, each with an operator in a process of its own that can be ended and started again. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/adapters/clock/systemClock.ts';
import { type Child, startKintsugi } from '../../../src/demo/children.ts';
import { ensureBinaries } from '../../cluster/build.ts';
import { createKubectl, type Kubectl } from '../../cluster/kubectl.ts';
import { mustSucceed, startCluster } from '../../cluster/start.ts';

export interface Server {
  readonly kubectl: Kubectl;
  /** Who works with it; nobody may state something in another one's name. */
  readonly user: string;
  /** Makes a namespace whose Secrets the operator may read. */
  openNamespace(name: string): Promise<void>;
  /** Ends the operator's process and starts another one; something may happen while there is none. */
  restartOperator(meanwhile: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** `kintsugi standalone`: the embedded API server, and the operator in the same process. */
export async function standalone(): Promise<Server> {
  const { kubectl: binary } = await ensureBinaries();
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-contradictions-'));
  const state = join(folder, 'state');
  const start = async (): Promise<Child> => {
    const child = startKintsugi(
      ['standalone', '--state', state, '--port', '0'],
      join(folder, 'standalone.log'),
      systemClock,
    );
    await child.whenPrinted((output) => output.includes('get kintsugi'));
    return child;
  };
  const home = join(folder, 'home');
  mkdirSync(home);
  const kubectl = createKubectl({ binary, kubeconfig: join(state, 'kubeconfig'), home });
  let running = await start();
  return {
    kubectl,
    user: 'kintsugi-admin',
    openNamespace: async (name) => {
      await mustSucceed(kubectl, ['create', 'namespace', name]);
    },
    restartOperator: async (meanwhile) => {
      await running.stop();
      await meanwhile();
      running = await start();
    },
    close: async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A real kube-apiserver; the operator has the token of the ServiceAccount that manifests/ binds, and no more. */
export async function realServer(): Promise<Server> {
  const cluster = await startCluster();
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-contradictions-'));
  const { kubectl } = cluster;
  const start = (): Child =>
    startKintsugi(
      ['operator', '--kubeconfig', kubeconfig, '--health-address', '127.0.0.1', '--health-port', '0'],
      join(folder, 'operator.log'),
      systemClock,
    );
  const kubeconfig = cluster.kubeconfigFor(await cluster.serviceAccountToken('kintsugi-system', 'kintsugi'));
  let running = start();
  return {
    kubectl,
    user: 'admin',
    openNamespace: async (name) => {
      await mustSucceed(kubectl, ['create', 'namespace', name]);
      await mustSucceed(kubectl, ['apply', '--namespace', name, '-k', 'manifests/namespace-access']);
    },
    restartOperator: async (meanwhile) => {
      await running.stop();
      await meanwhile();
      running = start();
    },
    close: async () => {
      await running.stop();
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
