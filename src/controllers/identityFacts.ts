import type { Host } from '../api/generated/types.ts';
import type { IdentityFacts } from '../domain/fence/identity.ts';
import type { DeclaredController, DeclaredIdentity, ShownIdentity } from '../domain/fence/machineNumbers.ts';
import { type Cluster, hostsOf, keyOfObject, namespaceOf } from './cluster.ts';
import { identifyingKeys, numberKeys, originOfController } from './identifyingKeys.ts';
import type { PoolSession } from './poolDirectory.ts';

/** What people and controllers say about which machine a Host stands for; what the pool says is in its belief. */
export function identityFacts(
  cluster: Cluster,
  host: Host,
  session: Pick<PoolSession, 'power' | 'signs'> | undefined,
): IdentityFacts {
  const self = keyOfObject(host);
  const pool = cluster.pools.get({ namespace: namespaceOf(host), name: host.spec.poolRef.name });
  const shown = session?.power(host.spec.hostUUID)?.last();
  return {
    declared: declaredIdentity(host, host),
    otherHosts: hostsLike(cluster, host, shown).map((other) => declaredIdentity(other, host)),
    shown,
    shownToOthers: (pool === undefined ? [] : hostsOf(cluster, pool)).flatMap((other) => {
      const reading = keyOfObject(other) === self ? undefined : session?.power(other.spec.hostUUID)?.last();
      return reading === undefined ? [] : [{ ...reading, host: other.metadata.name }];
    }),
    controllerConfirmed: shown !== undefined && session?.signs.confirmed(host)?.device === shown.device,
    controllerShowedOn: shown !== undefined && session?.signs.showedOn(host, shown.device) === true,
  };
}

/** Other Hosts that are declared with something that identifies this one, or with something that its controller shows. */
export function hostsLike(
  { hostsByIdentity }: Pick<Cluster, 'hostsByIdentity'>,
  host: Host,
  shown?: Pick<ShownIdentity, 'serial' | 'sku' | 'systemUUID'>,
): readonly Host[] {
  const keys = [
    ...identifyingKeys(host),
    ...(shown === undefined ? [] : numberKeys([shown.serial, shown.sku, shown.systemUUID])),
  ];
  const found = new Set<Host>();
  for (const key of keys) {
    for (const other of hostsByIdentity.of(key)) if (!isSame(other, host)) found.add(other);
  }
  return [...found];
}

/** A Host of another namespace is named with it. */
function declaredIdentity(host: Host, seenFrom: Host): DeclaredIdentity {
  const known = identityOf.get(host) ?? identityAtHome(host);
  identityOf.set(host, known);
  const { namespace } = host.metadata;
  return namespace === seenFrom.metadata.namespace ? known : { ...known, name: `${namespace}/${known.name}` };
}

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
      redfish === undefined ? [] : [{ url: originOfController(redfish), systemId: redfish.systemId }],
    ),
  };
}

function isSame(one: Host, other: Host): boolean {
  return one === other || keyOfObject(one) === keyOfObject(other);
}
