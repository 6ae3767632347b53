import { spawn } from 'node:child_process';

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface KubectlOptions {
  readonly stdin?: string;
  /** Another kubeconfig than the one this kubectl was made for. */
  readonly kubeconfig?: string;
  /** Kills kubectl after this time and answers with code 124; default 60,000. */
  readonly deadlineMs?: number;
  /** Called with all output so far, whenever there is more; `stop` ends a kubectl that would go on for ever. */
  readonly onOutput?: (stdout: string, stop: () => void) => void;
  /** The command that `kubectl edit` starts with the file's path behind it. */
  readonly editor?: string;
}

export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<KubectlResult>;

/**
 * Runs the real kubectl as a person would. `home` holds its discovery cache, which is keyed by address and port: a folder
 * shared between servers that take the same free port one after the other would answer for the wrong one.
 */
export function createKubectl(setup: {
  readonly binary: string;
  readonly kubeconfig: string;
  readonly home: string;
}): Kubectl {
  return (args, options = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(setup.binary, [...args], {
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: setup.home,
          KUBECONFIG: options.kubeconfig ?? setup.kubeconfig,
          TZ: 'UTC',
          LC_ALL: 'C',
          ...(options.editor === undefined ? {} : { KUBE_EDITOR: options.editor }),
        },
        timeout: options.deadlineMs ?? 60_000,
        killSignal: 'SIGKILL',
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        stdout += chunk;
        options.onOutput?.(stdout, () => child.kill('SIGKILL'));
      });
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        stderr += chunk;
      });
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? 124, stdout, stderr }));
      // kubectl may have failed before it read anything.
      child.stdin.on('error', () => {});
      child.stdin.end(options.stdin ?? '');
    });
}
