import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface GuardedProcess {
  /** Exit code of the process, or undefined while it runs. */
  exitCode(): number | undefined;
  /** The last 4,000 characters of what it wrote, for the message of a failure. */
  lastWords(): string;
  /** Kills the process with everything it started and waits until it is gone. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a server that cannot outlive this process, however this one ends. The shell in between is leader of a process
 * group of its own and holds the read end of a pipe: when the pipe closes (we closed it, or we were killed), it kills
 * the server and removes `directory`.
 */
export function startGuarded(options: {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  /** Both output streams go to this file, which must lie outside of `directory` if it is to be read afterwards. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}): GuardedProcess {
  const script = `
    "$@" </dev/null 3<&- &
    server=$!
    { cat <&3 >/dev/null; kill -KILL $server 2>/dev/null; rm -rf "$DIRECTORY_TO_REMOVE"; } &
    exec 3<&-
    wait $server
  `;
  const log = openSync(options.logFile, 'a');
  const shell = spawn('/bin/sh', ['-c', script, 'guard', options.command, ...options.args], {
    stdio: ['ignore', log, log, 'pipe'],
    detached: true,
    env: { ...process.env, ...options.env, DIRECTORY_TO_REMOVE: options.directory },
  });
  closeSync(log);
  const gone = once(shell, 'exit');
  // The pipe breaks when the guard is killed together with its group; that is how it ends.
  shell.stdio[3]?.on('error', () => {});
  return {
    exitCode: () => shell.exitCode ?? (shell.signalCode === null ? undefined : 128),
    lastWords: () => readFileSync(options.logFile, 'utf8').slice(-4000),
    stop: async () => {
      try {
        if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
      } catch {
        // The group is gone already.
      }
      await gone;
      shell.stdio[3]?.destroy();
    },
  };
}
