import { known } from '../src/domain/kernel/reading.ts';
import type { DeclaredHost, Facts } from '../src/domain/xapi/facts.ts';
import type { HostBelief, PoolBelief, VirtualMachineBelief } from '../src/domain/xapi/pool.ts';

/**
 * The given facts with a pool of that size in them; every virtual machine is on the target, which is the dearest plan
 * there is. Memory is enough for nearly all.
 */
export function largePool(
  facts: Facts,
  size: { readonly hosts: number; readonly virtualMachines: number },
): Facts {
  if (facts.pool.kind === 'unknown') throw new Error('the facts to start from have no pool');
  const base = facts.pool.value;
  const model = base.hosts.get(facts.target.hostUUID);
  const machineModel = [...base.virtualMachines.values()].find(
    (one) => one.residentOn === facts.target.hostUUID,
  );
  const shared = [...base.storage.values()].find((one) => one.shared);
  if (model === undefined || machineModel === undefined || shared === undefined)
    throw new Error('a thin world');
  const hosts = new Map<string, HostBelief>([[model.uuid, model]]);
  for (let index = 1; index < size.hosts; index++) {
    const uuid = `host-uuid-${index}`;
    hosts.set(uuid, {
      ...model,
      uuid,
      ref: `OpaqueRef:${index}`,
      name: `host-${index}`,
      live: true,
      enabled: true,
      memoryFreeBytes: 512 * 1024 ** 3,
    });
  }
  const virtualMachines = new Map<string, VirtualMachineBelief>();
  for (let index = 0; index < size.virtualMachines; index++) {
    const uuid = `vm-uuid-${String(index).padStart(5, '0')}`;
    virtualMachines.set(uuid, {
      ...machineModel,
      uuid,
      name: `vm-${index}`,
      residentOn: model.uuid,
      memoryBytes: (1 + (index % 8)) * 1024 ** 3,
      order: index % 10,
      disks: [{ vdiUUID: `vdi-${index}`, srUUID: shared.uuid, mode: 'RW' }],
    });
  }
  const all = new Set(hosts.keys());
  const pool: PoolBelief = {
    ...base,
    hosts,
    virtualMachines,
    storage: new Map([[shared.uuid, { ...shared, attachedOn: all, knownOn: all }]]),
  };
  const inService: DeclaredHost = { name: 'host', state: 'InService' };
  return {
    ...facts,
    pool: known(pool, facts.nowMs, 'bench'),
    hosts: new Map([...all].map((uuid) => [uuid, inService])),
    declared: new Map(),
    plan: undefined,
    answers: new Map(
      [...all].map((uuid) => [
        uuid,
        uuid === model.uuid
          ? (facts.answers.get(uuid) ?? known({ kind: 'silent', says: '' } as const, facts.nowMs, 'bench'))
          : known({ kind: 'member', ofAddress: '' } as const, facts.nowMs, 'bench'),
      ]),
    ),
  };
}
