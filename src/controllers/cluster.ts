import type { Host, Pool, RecoveryRequest, VirtualServer } from '../api/generated/types.ts';
import type { KubernetesObject, ObjectName, Store } from '../ports/kubernetes.ts';

/** The cached objects of the four kinds: what people declared, and what was written down about it. */
export interface Cluster {
  readonly pools: Cached<Pool>;
  readonly hosts: Cached<Host>;
  readonly virtualServers: Cached<VirtualServer>;
  readonly requests: Cached<RecoveryRequest>;
}

/** A store that also takes the object that a write was answered with (read your own writes). */
export interface Cached<T extends KubernetesObject> extends Store<T> {
  absorb(object: T): void;
}

export function namespaceOf(object: KubernetesObject): string {
  return object.metadata.namespace ?? 'default';
}

export function keyOfObject(object: KubernetesObject): string {
  return `${namespaceOf(object)}/${object.metadata.name}`;
}

/** Where the Pool of a Host or VirtualServer is. */
export function poolNameOf(object: Host | VirtualServer): ObjectName {
  return { namespace: namespaceOf(object), name: object.spec.poolRef.name };
}

export function hostsOf(cluster: Cluster, pool: Pool): readonly Host[] {
  return cluster.hosts.list().filter((host) => belongsTo(host, pool));
}

export function virtualServersOf(cluster: Cluster, pool: Pool): readonly VirtualServer[] {
  return cluster.virtualServers.list().filter((server) => belongsTo(server, pool));
}

function belongsTo(object: Host | VirtualServer, pool: Pool): boolean {
  return object.spec.poolRef.name === pool.metadata.name && namespaceOf(object) === namespaceOf(pool);
}

/** The Host that a request is about, if it exists. */
export function targetOf(cluster: Cluster, request: RecoveryRequest): Host | undefined {
  return cluster.hosts.get({ namespace: namespaceOf(request), name: request.spec.target.hostRef.name });
}

/** The others of these, as people would name them from where this one is. */
export function othersThan(self: KubernetesObject, objects: readonly KubernetesObject[]): readonly string[] {
  return objects
    .filter((one) => keyOfObject(one) !== keyOfObject(self))
    .map((one) => (namespaceOf(one) === namespaceOf(self) ? one.metadata.name : keyOfObject(one)));
}

/** Host objects that claim the same machine, whatever their names and namespaces. */
export function claimantsOf(cluster: Cluster, hostUUID: string): readonly Host[] {
  return cluster.hosts.list().filter((host) => host.spec.hostUUID === hostUUID);
}
