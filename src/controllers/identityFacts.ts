import type { Host } from '../api/generated/types.ts';
import type { DeclaredController, DeclaredIdentity, IdentityFacts } from '../domain/identity.ts';
import { type Cluster, hostsOf, keyOfObject, namespaceOf } from './cluster.ts';
import type { PoolSession } from './poolDirectory.ts';

/** What people and controllers say about which machine a Host stands for; what the pool says is in its belief. */
export function identityFacts(
  cluster: Cluster,
  host: Host,
  session: Pick<PoolSession, 'power' | 'signs'> | undefined,
): IdentityFacts {
  const self = keyOfObject(host);
  const others = cluster.hosts.list().filter((other) => keyOfObject(other) !== self);
  const pool = cluster.pools.get({ namespace: namespaceOf(host), name: host.spec.poolRef.name });
  const shown = session?.power(host.spec.hostUUID)?.last();
  return {
    declared: declaredIdentity(host, host),
    otherHosts: others.map((other) => declaredIdentity(other, host)),
    shown,
    shownToOthers: (pool === undefined ? [] : hostsOf(cluster, pool)).flatMap((other) => {
      const reading = keyOfObject(other) === self ? undefined : session?.power(other.spec.hostUUID)?.last();
      return reading === undefined ? [] : [{ ...reading, host: other.metadata.name }];
    }),
    controllerConfirmed: shown !== undefined && session?.signs.confirmed(host)?.device === shown.device,
  };
}

/** A Host of another namespace is named with it. */
function declaredIdentity(host: Host, seenFrom: Host): DeclaredIdentity {
  const known = identityOf.get(host) ?? identityAtHome(host);
  identityOf.set(host, known);
  const { namespace } = host.metadata;
  return namespace === seenFrom.metadata.namespace ? known : { ...known, name: `${namespace}/${known.name}` };
}

/** Cached objects are never changed, only replaced. */
const identityOf = new WeakMap<Host, DeclaredIdentity>();

function identityAtHome({ metadata, spec }: Host): DeclaredIdentity {
  return {
    name: metadata.name,
    hostUUID: spec.hostUUID,
    address: spec.address,
    serial: spec.serial,
    boardSerial: spec.boardSerial,
    systemUUID: spec.systemUUID,
    controllers: (spec.power ?? []).flatMap(({ redfish }): readonly DeclaredController[] =>
      redfish === undefined ? [] : [{ url: originOf(redfish.url), systemId: redfish.systemId }],
    ),
  };
}

/** Two ways to write one address are one address; what is none stays as it is written. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
