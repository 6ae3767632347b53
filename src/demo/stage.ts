/** The scene of every demo: a lab of four members, the standalone operator, the example manifests applied and Ready. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { LabDocument } from '../lab/document.ts';
import { manifestsOf } from '../lab/manifests.ts';
import type { Verdict } from '../lab/verdict.ts';
import type { Clock } from '../ports/clock.ts';
import { type Child, runKintsugi, startKintsugi } from './children.ts';
import { findKubectl, type Kubectl, kubectlWith } from './kubectl.ts';
import type { Screen } from './screen.ts';

/** The lab's time runs this much faster than real time, so that XAPI's 600 s of missing heartbeats pass in 30 s. */
export const speed = 20;
/** In real seconds. */
export const memberTimeoutSeconds = 20;

export interface Stage {
  readonly clock: Clock;
  readonly folder: string;
  readonly labFolder: string;
  readonly document: LabDocument;
  steer(...args: readonly string[]): Promise<string>;
  verdict(): Promise<Verdict>;
  close(): Promise<void>;
}

export interface ApiStage extends Stage {
  readonly kubectl: Kubectl;
  readonly kubeconfig: string;
}

export async function openLab(screen: Screen, clock: Clock): Promise<Stage> {
  screen.heading('A lab: a pool of 4 members, each with its own HTTPS endpoint, certificate and BMC');
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-demo-'));
  const labFolder = join(folder, 'lab');
  const lab = startKintsugi(
    ['lab', 'up', '--state', labFolder, '--speed', String(speed)],
    join(folder, 'lab.log'),
    clock,
  );
  const close = async (): Promise<void> => {
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  screen.waiting('starting the lab');
  try {
    const document = JSON.parse(await lab.whenPrinted(isJson)) as LabDocument;
    const local = document.virtualMachines.filter((machine) => isLocal(machine.name)).length;
    screen.good(
      `${document.members.length} members, ${document.virtualMachines.length - local} virtual machines on the shared storage and ${local} on the local storage of host-3`,
    );
    screen.note(
      `The lab's clock runs ${speed} times faster than real time: the 600 s after which XAPI misses a member pass in ${600 / speed} s.`,
    );
    const steer = (...args: readonly string[]): Promise<string> =>
      runKintsugi(['lab', ...args, '--state', labFolder]);
    return {
      clock,
      folder,
      labFolder,
      document,
      steer,
      verdict: async () => JSON.parse(await steer('verdict', '--json')) as Verdict,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export async function openApi(stage: Stage, screen: Screen): Promise<ApiStage> {
  screen.heading('kintsugi standalone: an embedded Kubernetes API server and the operator in one process');
  const program = await findKubectl(screen);
  const state = join(stage.folder, 'standalone');
  const child: Child = startKintsugi(
    ['standalone', '--state', state, '--port', '0'],
    join(stage.folder, 'standalone.log'),
    stage.clock,
  );
  const close = async (): Promise<void> => {
    await child.stop();
    await stage.close();
  };
  try {
    screen.waiting('starting the API server');
    const said = await child.whenPrinted((output) => output.includes('get kintsugi'));
    const kubeconfig = join(state, 'kubeconfig');
    screen.good(said.split('\n')[0] ?? '');
    screen.good(`kubeconfig written to ${kubeconfig} (mode 0600)`);
    const kubectl = kubectlWith(program, kubeconfig);
    await applyManifests(stage, kubectl, screen);
    return { ...stage, kubectl, kubeconfig, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function applyManifests(stage: Stage, kubectl: Kubectl, screen: Screen): Promise<void> {
  screen.heading('kubectl apply: the Pool, its 4 Hosts and its VirtualServers');
  const manifests = manifestsOf(stage.document, {
    namespace: 'default',
    mode: 'Manual',
    memberTimeoutSeconds,
  });
  const said = await kubectl(
    ['apply', '-f', '-'],
    manifests.map((object) => stringify(object)).join('---\n'),
  );
  screen.good(`${said.trim().split('\n').length} objects applied`);
  screen.waiting('until the Pool is Ready');
  await kubectl(['wait', '--for=condition=Ready', 'pool/lab', '--timeout=60s']);
  await kubectl(['wait', '--for=condition=Ready', 'host', '--all', '--timeout=60s']);
  await kubectl(['wait', '--for=condition=Ready', 'virtualserver', '--all', '--timeout=60s']);
  for (const line of table(await kubectl(['get', 'pool,host']))) screen.verbatim(line, 'cut');
}

/** Lines of a kubectl table, without empty ones. */
export function table(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

export function isLocal(name: string): boolean {
  return name.startsWith('scratch-');
}

function isJson(output: string): boolean {
  try {
    JSON.parse(output);
    return true;
  } catch {
    return false;
  }
}
