import { makePlan } from '../src/domain/xapi/releasePlan.ts';
import { suspected } from '../test/spec/facts.ts';
import type { Figure } from './figure.ts';
import { largePool } from './largePool.ts';

/** Wall time of one plan; the best of several, since only the machine's noise makes it longer. */
export async function planFigure(): Promise<readonly Figure[]> {
  const facts = largePool(suspected().facts, { hosts: 64, virtualMachines: 4096 });
  let best = Number.POSITIVE_INFINITY;
  let planned = 0;
  for (let run = 0; run < 7; run++) {
    const beforeMs = performance.now();
    const plan = makePlan(facts);
    best = Math.min(best, performance.now() - beforeMs);
    if ('because' in plan) throw new Error(plan.because);
    planned = plan.items.filter((item) => item.state === 'Planned').length;
  }
  return [
    {
      name: `plan for 64 hosts and 4,096 virtual machines (${planned} to start)`,
      value: best / 1000,
      unit: 's',
      bar: 1,
    },
  ];
}
