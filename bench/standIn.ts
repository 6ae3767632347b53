/**
 * A stand-in for everything around the controllers, at their ports: an API server that takes every status, pools in which all
 * is well, controllers that say On. It costs next to nothing, so that with thousands of hosts it is the operator that is measured.
 */
import type { Host, Pool, RecoveryRequest, VirtualServer } from '../src/api/generated/types.ts';
import { createCluster } from '../src/controllers/cluster.ts';
import { type Reign, startReign } from '../src/controllers/reign.ts';
import { known, type Reading, unknown } from '../src/domain/kernel/reading.ts';
import type { HostBelief, PoolBelief, StorageBelief, VirtualMachineBelief } from '../src/domain/xapi/pool.ts';
import { sleep } from '../src/ports/clock.ts';
import type { OpenPool, PoolLink } from '../src/ports/hypervisor.ts';
import type { KubernetesApi, KubernetesObject } from '../src/ports/kubernetes.ts';
import type { OpenRedfish } from '../src/ports/power.ts';
import { createObjectCache, type ObjectCache } from '../src/runtime/objectCache.ts';
import { createSimulation, type Simulation } from '../src/simulation/simulation.ts';

export interface Size {
  readonly pools: number;
  readonly hostsOfAPool: number;
  readonly machinesOfAPool: number;
}

export interface StandIn {
  readonly simulation: Simulation;
  readonly reign: Reign;
  readonly pools: ObjectCache<Pool>;
  readonly hosts: ObjectCache<Host>;
  readonly virtualServers: ObjectCache<VirtualServer>;
  statusWrites(): number;
}

const namespace = 'default';
const answersAfterMs = 2;
const print = Array.from({ length: 32 }, () => 'AB').join(':');

export function startStandIn(size: Size): StandIn {
  const simulation = createSimulation({ seed: 1 });
  const clock = simulation.clock(simulation.world);
  const cache = <T extends KubernetesObject>(): ObjectCache<T> =>
    createObjectCache<T>({
      onSubscriberError: (error) => {
        throw error;
      },
      onSynced: () => {},
    });
  const stores = {
    pools: cache<Pool>(),
    hosts: cache<Host>(),
    virtualServers: cache<VirtualServer>(),
    requests: cache<RecoveryRequest>(),
  };
  const cluster = createCluster(stores);
  const all = (of: (pool: number) => readonly unknown[]): readonly never[] =>
    Array.from({ length: size.pools }, (_, pool) => of(pool)).flat() as never[];
  stores.pools.replace(
    all((pool) => [poolNumber(pool)]),
    '1',
  );
  stores.hosts.replace(
    all((pool) => numbers(size.hostsOfAPool).map((host) => hostOf(pool, host))),
    '1',
  );
  stores.virtualServers.replace(
    all((pool) => numbers(size.machinesOfAPool).map((machine) => serverOf(pool, machine))),
    '1',
  );
  stores.requests.replace([], '1');
  const byKind: Readonly<Record<string, ObjectCache<never>>> = {
    Pool: stores.pools as ObjectCache<never>,
    Host: stores.hosts as ObjectCache<never>,
    VirtualServer: stores.virtualServers as ObjectCache<never>,
  };
  let version = 1;
  const api: KubernetesApi = {
    read: async () => account as never,
    list: async () => [],
    create: async () => ({ kind: 'exists' }),
    writeStatus: async (kind, object) => {
      await sleep(clock, answersAfterMs);
      version += 1;
      const text = JSON.stringify({
        ...object,
        metadata: { ...object.metadata, resourceVersion: `${version}` },
      });
      byKind[kind.kind]?.apply(JSON.parse(text) as never);
      return { kind: 'written', object: JSON.parse(text) };
    },
  };
  const log = { debug: () => {}, info: () => {}, warn: fail, error: fail };
  const reign = startReign({
    cluster,
    api,
    events: { record: () => {} },
    leadership: { identity: 'bench', epoch: () => 1 },
    network: simulation.network(simulation.world),
    clock,
    random: simulation.random('operator'),
    log,
    openPool: openPoolOf(size, simulation),
    openRedfish: openRedfishOf(simulation),
    hashOf: (text) => text.slice(0, 16),
  });
  return { simulation, reign, ...stores, statusWrites: () => version - 1 };
}

function fail(message: string, fields?: unknown): void {
  throw new Error(`${message} ${JSON.stringify(fields)}`);
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A UUID of the index-th object of a kind in the pool-th pool. */
function uuid(kind: number, pool: number, index: number): string {
  const [one, other] = [pool, index].map((part) => String(part).padStart(4, '0'));
  return `${String(kind).padStart(8, '0')}-${one}-4000-8000-${other?.padStart(12, '0')}`;
}

const account = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'account', namespace },
  data: { username: 'cm9vdA==', password: 'cm9vdA==' },
};

function declared(kind: string, name: string, spec: object): KubernetesObject {
  return {
    apiVersion: 'kintsugi.dev/v1alpha1',
    kind,
    metadata: { name, namespace, uid: `${kind}-${name}`, resourceVersion: '1', generation: 1 },
    spec,
  } as KubernetesObject;
}

function poolNumber(pool: number): KubernetesObject {
  return declared('Pool', `pool-${pool}`, {
    mode: 'Manual',
    hypervisor: { xapi: { poolUUID: uuid(1, pool, 0), credentialsSecretRef: { name: 'account' } } },
  });
}

function hostOf(pool: number, host: number): KubernetesObject {
  return declared('Host', `host-${pool}-${host}`, {
    poolRef: { name: `pool-${pool}` },
    hostUUID: uuid(2, pool, host),
    address: `host-${pool}-${host}.example`,
    serial: `SN-${pool}-${host}`,
    tls: { sha256Fingerprint: print },
    power: [
      {
        redfish: {
          url: `https://bmc-${pool}-${host}.example`,
          credentialsSecretRef: { name: 'account' },
          tls: { sha256Fingerprint: print },
        },
      },
    ],
  });
}

function serverOf(pool: number, machine: number): KubernetesObject {
  return declared('VirtualServer', `vm-${pool}-${machine}`, {
    poolRef: { name: `pool-${pool}` },
    vmUUID: uuid(3, pool, machine),
    powerState: 'Running',
  });
}

function openPoolOf(size: Size, { clock, world }: Simulation): OpenPool {
  const time = clock(world);
  return (access) => {
    const pool = Number(access.poolUUID.split('-')[1]);
    const value = beliefOf(pool, size);
    const answer = async (hostUUID: string): Promise<Reading<never>> => {
      const atMs = time.monotonicMs();
      await sleep(time, answersAfterMs);
      const kind = hostUUID === value.masterUUID ? 'master' : 'member';
      return known({ kind, ofAddress: '' } as never, atMs, 'the stand-in');
    };
    const nothing = async (): Promise<Reading<never>> => unknown('the stand-in is never asked that');
    return {
      belief: () => known(value, time.monotonicMs(), 'the stand-in'),
      runningTasks: () => known([], time.monotonicMs(), 'the stand-in'),
      subscribe: (onChange) => time.after(answersAfterMs, () => onChange('everything')),
      refresh: nothing,
      askMember: answer,
      askMasterAbout: nothing,
      readVirtualMachine: nothing,
      readLocks: nothing,
      readDiskLocks: nothing,
      readFreeMemory: nothing,
      canBootHere: nothing,
      acts: {} as PoolLink['acts'],
      setMembers: () => {},
      close: () => {},
    };
  };
}

function beliefOf(pool: number, size: Size): PoolBelief {
  const hosts = numbers(size.hostsOfAPool).map((host): HostBelief => {
    const name = `host-${pool}-${host}`;
    return {
      uuid: uuid(2, pool, host),
      ref: `OpaqueRef:${uuid(2, pool, host)}`,
      name,
      address: `${name}.example`,
      live: true,
      enabled: true,
      currentOperations: [],
      serial: `SN-${pool}-${host}`,
      boardSerial: '',
      softwareVersion: '8.3.0',
      memoryTotalBytes: 512 * 1024 ** 3,
      memoryFreeBytes: 256 * 1024 ** 3,
    };
  });
  const all = new Set(hosts.map((host) => host.uuid));
  const storage: StorageBelief = {
    uuid: uuid(4, pool, 0),
    name: 'shared',
    type: 'lvmoiscsi',
    shared: true,
    currentOperations: [],
    attachedOn: all,
    knownOn: all,
  };
  const machines = numbers(size.machinesOfAPool).map(
    (machine): VirtualMachineBelief => ({
      uuid: uuid(3, pool, machine),
      name: `vm-${pool}-${machine}`,
      powerState: 'Running',
      residentOn: uuid(2, pool, machine % size.hostsOfAPool),
      scheduledOn: undefined,
      affinity: undefined,
      currentOperations: [],
      memoryBytes: 4 * 1024 ** 3,
      order: 0,
      startDelaySeconds: 0,
      disks: [{ vdiUUID: uuid(5, pool, machine), srUUID: storage.uuid, mode: 'RW' }],
      media: [],
      guestAgentLive: true,
    }),
  );
  return {
    uuid: uuid(1, pool, 0),
    name: `pool-${pool}`,
    masterUUID: hosts[0]?.uuid ?? '',
    haEnabled: false,
    rollingUpgrade: false,
    masterUpForMs: 86_400_000,
    masterUpUnsureBecause: undefined,
    hosts: new Map(hosts.map((host) => [host.uuid, host])),
    virtualMachines: new Map(machines.map((machine) => [machine.uuid, machine])),
    storage: new Map([[storage.uuid, storage]]),
  };
}

function openRedfishOf({ clock, world }: Simulation): OpenRedfish {
  const time = clock(world);
  return ({ origin }) => {
    const serial = origin.replace('https://bmc-', 'SN-').replace('.example', '');
    return {
      name: `redfish ${origin}`,
      read: async () => {
        const atMs = time.monotonicMs();
        await sleep(time, answersAfterMs);
        return known({ power: 'on', says: 'On', serial, sku: '', systemUUID: '' }, atMs, origin);
      },
      cutAbility: async () => ({ kind: 'yes' }),
      off: async () => ({ kind: 'notSent', because: 'the stand-in cuts nothing' }),
      on: async () => ({ kind: 'notSent', because: 'the stand-in cuts nothing' }),
      close: () => {},
    };
  };
}
