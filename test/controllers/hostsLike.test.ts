/** Hosts that share something are found by an index; the verdict is the one that a look at all Hosts would give. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Host } from '../../src/api/generated/types.ts';
import { identifyingKeys } from '../../src/controllers/identifyingKeys.ts';
import { hostsLike, identityFacts } from '../../src/controllers/identityFacts.ts';
import { identityTrouble } from '../../src/domain/fence/identity.ts';
import type { StoreChange } from '../../src/ports/kubernetes.ts';
import { createObjectIndex } from '../../src/runtime/objectIndex.ts';

/** Seldom the same, so that in many draws two Hosts share one thing alone. */
const many = (letter: string) => fc.integer({ min: 1, max: 20 }).map((number) => `${letter}${number}`);
const few = fc.oneof(many('N'), many('n'), fc.constantFrom(' N1', 'n2 '));
const hostArb = fc.record({
  hostUUID: many('u'),
  address: fc.oneof(many('H'), many('h')),
  serial: fc.option(few, { nil: undefined }),
  boardSerial: fc.option(few, { nil: undefined }),
  systemUUID: fc.option(few, { nil: undefined }),
  url: fc.option(
    fc.oneof(
      fc.constantFrom('https://10.0.0.9', 'https://10.0.0.9:443/'),
      many('https://bmc').map((url) => `${url}/`),
    ),
    {
      nil: undefined,
    },
  ),
});

type Drawn = typeof hostArb extends fc.Arbitrary<infer T> ? T : never;

function hostOf(drawn: Drawn, index: number): Host {
  const { url, ...spec } = drawn;
  const given = Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
  return {
    apiVersion: 'kintsugi.dev/v1alpha1',
    kind: 'Host',
    metadata: { name: `host-${index}`, namespace: 'lab', resourceVersion: '1' },
    spec: {
      poolRef: { name: 'lab' },
      tls: { sha256Fingerprint: 'AA' },
      ...given,
      ...(url === undefined ? {} : { power: [{ redfish: { url } }] }),
    },
  } as unknown as Host;
}

/** A store that says what it has when somebody begins to listen. */
function storeOf(hosts: readonly Host[]) {
  const subscribe = (tell: (change: StoreChange<Host>) => void) => {
    for (const object of hosts) tell({ kind: 'set', object, previous: undefined });
    return () => {};
  };
  return { list: () => hosts, subscribe };
}

test('who shares nothing with a Host changes no verdict about which machine it is', () => {
  fc.assert(
    fc.property(
      fc.array(hostArb, { minLength: 1, maxLength: 8 }),
      fc.option(fc.record({ serial: few, sku: few, systemUUID: few }), { nil: undefined }),
      (drawn, shown) => {
        const hosts = drawn.map(hostOf);
        const [host] = hosts as [Host];
        const hostsByIdentity = createObjectIndex(storeOf(hosts), identifyingKeys);
        const last = shown === undefined ? undefined : { device: 'bmc', ...shown };
        const session = {
          power: () => ({ last: () => last }),
          signs: { confirmed: () => undefined, showedOn: () => false },
        };
        const cluster = { hostsByIdentity, pools: { get: () => undefined } };
        const found = identityFacts(cluster as never, host, session as never);
        const all = createObjectIndex(storeOf(hosts), () => ['all']);
        const everybody = identityFacts(
          { ...cluster, hostsByIdentity: { of: () => all.of('all') } } as never,
          host,
          session as never,
        );
        expect(everybody.otherHosts).toHaveLength(hosts.length - 1);
        expect(identityTrouble(found, undefined)?.kind).toBe(identityTrouble(everybody, undefined)?.kind);
      },
    ),
    { numRuns: 2_000, seed: 7 },
  );
});

test('a Host that stops sharing a number is found by it no more', () => {
  let tell: (change: StoreChange<Host>) => void = () => {};
  const store = {
    subscribe: (told: (change: StoreChange<Host>) => void) => {
      tell = told;
      return () => {};
    },
  };
  const hostsByIdentity = createObjectIndex(store, identifyingKeys);
  const drawn = {
    hostUUID: 'u1',
    address: '10.0.0.1',
    serial: 'A',
    boardSerial: undefined,
    systemUUID: undefined,
  } as const;
  const one = hostOf({ ...drawn, url: undefined }, 1);
  const two = hostOf({ ...drawn, hostUUID: 'u2', address: '10.0.0.2', url: undefined }, 2);
  const corrected = hostOf({ ...drawn, hostUUID: 'u2', address: '10.0.0.2', serial: 'B', url: undefined }, 2);
  tell({ kind: 'set', object: one, previous: undefined });
  tell({ kind: 'set', object: two, previous: undefined });
  expect(hostsLike({ hostsByIdentity }, one).map(({ metadata }) => metadata.name)).toEqual(['host-2']);
  tell({ kind: 'set', object: corrected, previous: two });
  expect(hostsLike({ hostsByIdentity }, one)).toEqual([]);
  tell({ kind: 'deleted', object: corrected });
  expect(hostsByIdentity.of('number b')).toEqual([]);
});
