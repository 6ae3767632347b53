/** The processes of the demo: the lab and the standalone operator, as a person would start them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../ports/clock.ts';
import { runToEnd } from './runToEnd.ts';

export interface Child {
  /** Resolves with its standard output once it matches, rejects with its last words when it ends before. */
  whenPrinted(wanted: (output: string) => boolean): Promise<string>;
  stop(): Promise<void>;
}

const executable = join(import.meta.dirname, '..', '..', 'bin', 'kintsugi.cjs');

/** Starts `kintsugi ARGS`; what it writes to standard error goes to the log file. */
export function startKintsugi(args: readonly string[], logFile: string, clock: Clock): Child {
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(process.execPath, [executable, ...args], { stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  let output = '';
  const listeners = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    for (const tell of listeners) tell();
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      resolve();
      for (const tell of listeners) tell();
    });
  });
  return {
    whenPrinted: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (wanted(output)) {
            listeners.delete(look);
            resolve(output);
          } else if (hasEnded(child)) {
            listeners.delete(look);
            reject(new Error(`kintsugi ${args[0]} ended at once: ${lastWords(logFile)}`));
          }
        };
        listeners.add(look);
        look();
      }),
    stop: async () => {
      if (!hasEnded(child)) child.kill('SIGTERM');
      const spare = clock.after(10_000, () => child.kill('SIGKILL'));
      await ended;
      spare();
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function lastWords(logFile: string): string {
  return readFileSync(logFile, 'utf8').trim().split('\n').slice(-3).join(' ');
}

/** Runs `kintsugi ARGS` to its end and gives its standard output; the exit code is not judged here. */
export async function runKintsugi(args: readonly string[]): Promise<string> {
  const { out, err } = await runToEnd(process.execPath, [executable, ...args]);
  if (out === '' && err !== '') throw new Error(err.trim());
  return out;
}
