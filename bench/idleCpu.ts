/** CPU of an idle operator beside that of the least program that keeps the same objects in memory, on one API server. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { isReady, openScene, until } from './scene.ts';

const settlesMs = 20_000;
const measuredMs = 60_000;

export async function idleCpuFigure(): Promise<readonly Figure[]> {
  const scene = await openScene({
    lab: { members: 4, virtualServers: 100, localVirtualServers: 0 },
    manifests: { memberTimeoutSeconds: 600 },
  });
  const child = join(import.meta.dirname, 'listWatchChild.ts');
  const loop = spawn(process.execPath, [child, scene.origin, scene.accountFolder], { stdio: 'inherit' });
  try {
    await until('Ready', 120_000, () => isReady(scene.api));
    await new Promise<void>((resolve) => setTimeout(resolve, settlesMs));
    const both = [scene.operator.pid, loop.pid];
    const before = both.map(cpuMs);
    await new Promise<void>((resolve) => setTimeout(resolve, measuredMs));
    const [operator = Number.NaN, least = Number.NaN] = both.map(
      (pid, index) => cpuMs(pid) - (before[index] ?? 0),
    );
    return [
      {
        name: `idle: CPU of the operator (${operator.toFixed(0)} ms a minute) ÷ of a loop that only lists and watches (${least.toFixed(1)} ms)`,
        value: operator / least,
        unit: '',
      },
    ];
  } finally {
    loop.kill();
    await scene.close();
  }
}

/** Of all its threads, as the scheduler counts it. Linux only: elsewhere the figure is not a number. */
function cpuMs(pid: number | undefined): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const nanoseconds = threads.map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
  } catch {
    return Number.NaN;
  }
}
