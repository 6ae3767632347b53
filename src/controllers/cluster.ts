import type { Host, Pool, RecoveryRequest, VirtualServer } from '../api/generated/types.ts';
import type { KubernetesObject, ObjectName, Store } from '../ports/kubernetes.ts';
import { createObjectIndex, type ObjectIndex } from '../runtime/objectIndex.ts';
import { keyOf } from '../runtime/objects.ts';
import { identifyingKeys, keyOfHostUUID } from './identifyingKeys.ts';
import { machinesOfOnePlace } from './mayRunOn.ts';
import { isFinished } from './recovery/phases.ts';

/** The cached objects of the four kinds: what people declared, and what was written down about it. */
export interface Stores {
  readonly pools: Cached<Pool>;
  readonly hosts: Cached<Host>;
  readonly virtualServers: Cached<VirtualServer>;
  readonly requests: Cached<RecoveryRequest>;
}

/** The same, and whatever is searched for in them by something else than its name. */
export interface Cluster extends Stores {
  readonly hostsByPool: ObjectIndex<Host>;
  /** By everything that identifies a machine: see `identifyingKeys`. */
  readonly hostsByIdentity: ObjectIndex<Host>;
  readonly serversByPool: ObjectIndex<VirtualServer>;
  readonly serversByMachine: ObjectIndex<VirtualServer>;
  readonly requestsByHost: ObjectIndex<RecoveryRequest>;
  /** Those that are not over, by namespace. */
  readonly openRequests: ObjectIndex<RecoveryRequest>;
  /** By the UUIDs of pool and host that were pinned when the plan was made. */
  readonly requestsByPinned: ObjectIndex<RecoveryRequest>;
  /** By the UUIDs of the virtual machines that they say may run on one host alone. */
  readonly requestsByMachine: ObjectIndex<RecoveryRequest>;
}

export function createCluster(stores: Stores): Cluster {
  return {
    ...stores,
    hostsByPool: createObjectIndex(stores.hosts, (host) => [keyOfPoolOf(host)]),
    hostsByIdentity: createObjectIndex(stores.hosts, identifyingKeys),
    serversByPool: createObjectIndex(stores.virtualServers, (server) => [keyOfPoolOf(server)]),
    serversByMachine: createObjectIndex(stores.virtualServers, (server) => [server.spec.vmUUID]),
    requestsByHost: createObjectIndex(stores.requests, (request) => [keyOf(targetNameOf(request))]),
    openRequests: createObjectIndex(stores.requests, (request) =>
      isFinished(request) ? [] : [namespaceOf(request)],
    ),
    requestsByPinned: createObjectIndex(stores.requests, ({ status }) => {
      const { poolUUID, hostUUID } = status?.target ?? {};
      return [poolUUID, hostUUID].filter((uuid) => uuid !== undefined);
    }),
    requestsByMachine: createObjectIndex(stores.requests, machinesOfOnePlace),
  };
}

/** A store that also takes the object that a write was answered with (read your own writes). */
export interface Cached<T extends KubernetesObject> extends Store<T> {
  absorb(object: T): void;
}

export function namespaceOf(object: KubernetesObject): string {
  return object.metadata.namespace ?? 'default';
}

export function keyOfObject(object: KubernetesObject): string {
  const known = keys.get(object) ?? `${namespaceOf(object)}/${object.metadata.name}`;
  keys.set(object, known);
  return known;
}

/** Only speed: an object keeps its name, and every index is asked by it. */
const keys = new WeakMap<KubernetesObject, string>();

/** Where the Pool of a Host or VirtualServer is. */
export function poolNameOf(object: Host | VirtualServer): ObjectName {
  return { namespace: namespaceOf(object), name: object.spec.poolRef.name };
}

function keyOfPoolOf(object: Host | VirtualServer): string {
  return keyOf(poolNameOf(object));
}

export function hostsOf(cluster: Cluster, pool: Pool): readonly Host[] {
  return cluster.hostsByPool.of(keyOfObject(pool));
}

/** Those of the pool that are declared for this host; usually one. */
export function hostsOfMember(cluster: Cluster, pool: Pool, hostUUID: string): readonly Host[] {
  const key = keyOfObject(pool);
  return cluster.hostsByIdentity.of(keyOfHostUUID(hostUUID)).filter((host) => keyOfPoolOf(host) === key);
}

export function virtualServersOf(cluster: Cluster, pool: Pool): readonly VirtualServer[] {
  return cluster.serversByPool.of(keyOfObject(pool));
}

/** The one that claims this virtual machine of the pool; where several do, the first that was declared. */
export function virtualServerOf(cluster: Cluster, pool: Pool, vmUUID: string): VirtualServer | undefined {
  const key = keyOfObject(pool);
  return cluster.serversByMachine.of(vmUUID).find((server) => keyOfPoolOf(server) === key);
}

/** The Host that a request is about, if it exists. */
export function targetOf(cluster: Cluster, request: RecoveryRequest): Host | undefined {
  return cluster.hosts.get(targetNameOf(request));
}

/** The API server admits no request without it as long as every procedure is about a Host. */
function targetNameOf(request: RecoveryRequest): ObjectName {
  return { namespace: namespaceOf(request), name: request.spec.target.hostRef?.name ?? '' };
}

export function requestsAbout(cluster: Cluster, host: Host): readonly RecoveryRequest[] {
  return cluster.requestsByHost.of(keyOfObject(host));
}

/** Those about Hosts of the pool that are not over. */
export function openRequestsOn(cluster: Cluster, pool: Pool): readonly RecoveryRequest[] {
  const key = keyOfObject(pool);
  return cluster.openRequests.of(namespaceOf(pool)).filter((request) => {
    const host = targetOf(cluster, request);
    return host !== undefined && keyOfPoolOf(host) === key;
  });
}

/** The others of these, as people would name them from where this one is. */
export function othersThan(self: KubernetesObject, objects: readonly KubernetesObject[]): readonly string[] {
  return objects
    .filter((one) => keyOfObject(one) !== keyOfObject(self))
    .map((one) => (namespaceOf(one) === namespaceOf(self) ? one.metadata.name : keyOfObject(one)));
}

/** By their Hosts; where those were deleted, by what was pinned when their plans were made. */
export function requestsOn(cluster: Cluster, pool: Pool): readonly RecoveryRequest[] {
  const orphans = cluster.requestsByPinned
    .of(pool.spec.hypervisor.xapi.poolUUID)
    .filter((request) => targetOf(cluster, request) === undefined);
  return [...hostsOf(cluster, pool).flatMap((host) => requestsAbout(cluster, host)), ...orphans];
}
