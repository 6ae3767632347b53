/** The demo's hands: a real kubectl, the one on the machine or, where there is none, one built from source. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './runToEnd.ts';
import type { Screen } from './screen.ts';

export type Kubectl = (args: readonly string[], stdin?: string) => Promise<string>;

const root = join(import.meta.dirname, '..', '..');
const built = join(root, '.cache', 'cluster', 'bin', 'kubectl');

/** $KUBECTL, then PATH, then the one that the tests build; built here when Go is installed. Throws a sentence. */
export async function findKubectl(screen: Screen): Promise<string> {
  const named = process.env['KUBECTL'];
  if (named !== undefined) return named;
  if (runs('kubectl')) return 'kubectl';
  if (existsSync(built)) return built;
  if (spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) {
    throw new Error(
      'kubectl was not found, and neither was Go to build it with. Install kubectl (https://kubernetes.io/docs/tasks/tools), or name one in the variable KUBECTL.',
    );
  }
  screen.note(
    'kubectl was not found; it is being built from source with Go, which takes some minutes the first time.',
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'test', 'cluster', 'build.ts')], {
      stdio: ['ignore', 2, 2],
    });
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error('kubectl could not be built; the message of Go is above.');
  return built;
}

function runs(command: string): boolean {
  return spawnSync(command, ['version', '--client'], { stdio: 'ignore' }).status === 0;
}

/** Runs kubectl with the given kubeconfig. Rejects with what kubectl said. */
export function kubectlWith(program: string, kubeconfig: string): Kubectl {
  return async (args, stdin) => {
    const { code, out, err } = await runToEnd(program, ['--kubeconfig', kubeconfig, ...args], stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${err.trim() || `ended with ${code}`}`);
    return out;
  };
}
