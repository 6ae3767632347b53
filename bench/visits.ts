/**
 * What the operator visits for one event of one virtual machine, at two sizes of the pool. V8 counts it: how often functions of
 * the operator are entered and their loops gone through, from the event until the VirtualServer shows it.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Figure } from './figure.ts';

export async function visitFigure(): Promise<readonly Figure[]> {
  const small = visitsOfAnEvent({ members: 4, virtualServers: 100 });
  const large = visitsOfAnEvent({ members: 64, virtualServers: 4_096 });
  return [
    {
      name: `an event of one virtual machine: steps with 64 hosts, 4,096 machines ÷ with 4, 100 (${large} ÷ ${small})`,
      value: large / small,
      unit: '',
      bar: 1,
    },
  ];
}

/** In a process of its own: what is loaded before the count begins is not counted in full, nor what the compiler inlines. */
function visitsOfAnEvent(size: { readonly members: number; readonly virtualServers: number }): number {
  const child = join(import.meta.dirname, 'visitsChild.ts');
  const options = ['--no-maglev', '--no-turbofan'];
  return Number(
    execFileSync(process.execPath, [...options, child, JSON.stringify(size)], { encoding: 'utf8' }),
  );
}
