import type { Reading } from '../domain/kernel/reading.ts';
import type { PoolBelief, VirtualMachineBelief } from '../domain/xapi/pool.ts';
import type { Changed } from '../ports/hypervisor.ts';

/**
 * How many virtual machines of a pool run, and how many each host has. Pool and Hosts show it after each event of a machine,
 * and a pool may have thousands: it is kept up with what changes.
 */
export interface Census {
  /** Takes a change of the pool's database. Tells whether a pool that shows only these counts shows others now. */
  take(belief: Reading<PoolBelief>, changed: Changed): boolean;
  of(machines: Machines): Counts;
}

export interface Counts {
  readonly total: number;
  readonly running: number;
  /** By host UUID; none where there are none. */
  readonly residents: ReadonlyMap<string, number>;
}

type Machines = PoolBelief['virtualMachines'];

interface Counting {
  readonly machines: Machines;
  running: number;
  readonly residents: Map<string, number>;
}

export function createCensus(): Census {
  let last: Counting | undefined;
  return {
    take: (belief, changed) => {
      const before = last;
      const machines = belief.kind === 'known' ? belief.value.virtualMachines : undefined;
      if (machines === undefined || before === undefined || changed === 'everything') {
        last = machines === undefined ? undefined : countAll(machines);
        return true;
      }
      const { machines: earlier, running } = before;
      last = { ...before, machines };
      for (const uuid of changed) {
        note(last, earlier.get(uuid), -1);
        note(last, machines.get(uuid), 1);
      }
      return last.running !== running || machines.size !== earlier.size;
    },
    of: (machines) => {
      // What the event stream has told, and nobody has heard of yet, is counted when they hear of it.
      const { running, residents } = last?.machines === machines ? last : countAll(machines);
      return { total: machines.size, running, residents };
    },
  };
}

function countAll(machines: Machines): Counting {
  const counting: Counting = { machines, running: 0, residents: new Map() };
  for (const machine of machines.values()) note(counting, machine, 1);
  return counting;
}

function note(counting: Counting, machine: VirtualMachineBelief | undefined, by: 1 | -1): void {
  if (machine === undefined) return;
  if (machine.powerState === 'Running') counting.running += by;
  const host = machine.residentOn;
  if (host !== undefined) counting.residents.set(host, (counting.residents.get(host) ?? 0) + by);
}
