import type { Reading } from '../domain/kernel/reading.ts';
import type { PoolBelief } from '../domain/xapi/pool.ts';
import type { Changed } from '../ports/hypervisor.ts';

/**
 * Whose Hosts look different after a change of the pool's database. An event about one virtual machine concerns the hosts
 * that it left and came to; any other change, for all that is known here, concerns all of them.
 */
export function createHostsConcerned(): (belief: Reading<PoolBelief>, machines: Changed) => Changed {
  let last: PoolBelief | undefined;
  return (belief, machines) => {
    const before = last;
    last = belief.kind === 'known' ? belief.value : undefined;
    if (before === undefined || last === undefined || machines === 'everything') return 'everything';
    if (!differInMachinesAlone(before, last)) return 'everything';
    const hosts = new Set<string>();
    for (const uuid of machines) {
      const [left, came] = [before, last].map((pool) => pool.virtualMachines.get(uuid)?.residentOn);
      if (left === came) continue;
      for (const host of [left, came]) if (host !== undefined) hosts.add(host);
    }
    return hosts;
  };
}

function differInMachinesAlone(one: PoolBelief, other: PoolBelief): boolean {
  return (
    one.name === other.name &&
    one.hosts === other.hosts &&
    one.storage === other.storage &&
    one.masterUUID === other.masterUUID &&
    one.haEnabled === other.haEnabled &&
    one.rollingUpgrade === other.rollingUpgrade
  );
}
