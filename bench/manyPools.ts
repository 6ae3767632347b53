/**
 * What a settled operator costs with 500 pools of 16 hosts and 100 virtual machines each, beside what it costs with 50. The
 * world around its controllers is a stand-in at their ports, since 500 labs would cost far more than the operator.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Figure } from './figure.ts';

const machinesOfAPool = 100;

export async function manyPoolsFigure(): Promise<readonly Figure[]> {
  const [few, many] = [50, 500];
  const [small, large] = [costOf(few), costOf(many)];
  const bytes = (large.heapBytes - small.heapBytes) / ((many - few) * machinesOfAPool);
  return [
    {
      name: `${many} settled pools: CPU ÷ with ${few} (${small.cpuSecondsAnHour.toFixed(0)} s an hour)`,
      value: large.cpuSecondsAnHour / small.cpuSecondsAnHour,
      unit: '',
      bar: 12,
    },
    {
      name: `${many} settled pools: memory of each virtual machine`,
      value: bytes / 1000,
      unit: 'kB',
      bar: 8,
    },
  ];
}

interface Cost {
  readonly cpuSecondsAnHour: number;
  readonly heapBytes: number;
}

/** In a process of its own, whose heap holds nothing else. */
function costOf(pools: number): Cost {
  const child = join(import.meta.dirname, 'manyPoolsChild.ts');
  return JSON.parse(execFileSync(process.execPath, [child, `${pools}`], { encoding: 'utf8' })) as Cost;
}
