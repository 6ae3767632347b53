/**
 * The controllers of a leading process: each kind has one, and every change that may concern an object brings its name
 * into its queue. A reign ends with the leadership, and the next one begins with nothing in hand.
 */

import type { Host, Pool, VirtualServer } from '../api/generated/types.ts';
import { hostKind, poolKind, virtualServerKind } from '../api/kinds.ts';
import type { PoolBelief } from '../domain/xapi/pool.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Changed, OpenPool } from '../ports/hypervisor.ts';
import type {
  EventRecorder,
  KubernetesApi,
  KubernetesObject,
  Leadership,
  ObjectName,
} from '../ports/kubernetes.ts';
import type { Log } from '../ports/log.ts';
import type { Network } from '../ports/network.ts';
import type { OpenRedfish } from '../ports/power.ts';
import { type Controller, follow, runController } from '../runtime/controllerLoop.ts';
import { createStatusWriter } from '../runtime/statusWriter.ts';
import {
  type Cluster,
  hostsOf,
  hostsOfMember,
  namespaceOf,
  openRequestsOn,
  othersThan,
  poolNameOf,
  targetOf,
  virtualServerOf,
  virtualServersOf,
} from './cluster.ts';
import { hostStatus } from './hostStatus.ts';
import { hostsLike, identityFacts } from './identityFacts.ts';
import { machinesOfOnePlace } from './mayRunOn.ts';
import {
  createPoolDirectory,
  type PoolChange,
  type PoolDirectory,
  type SessionState,
} from './poolDirectory.ts';
import { poolStatus } from './poolStatus.ts';
import { createRecoveryController } from './recovery/recoveryController.ts';
import type { Refused } from './refusals.ts';
import { createAccounts } from './secrets.ts';
import { virtualServerStatus } from './virtualServerStatus.ts';
import { writeIfChanged } from './writeIfChanged.ts';

export interface ReignOptions {
  readonly cluster: Cluster;
  readonly api: KubernetesApi;
  readonly events: EventRecorder;
  readonly leadership: Leadership;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly openPool: OpenPool;
  readonly openRedfish: OpenRedfish;
  readonly hashOf: (text: string) => string;
}

export interface Reign {
  stop(): Promise<void>;
}

/** A settled pool is looked at this often, for the freshness that it shows and for Secrets that changed. */
const poolEveryMs = 5 * 60_000;
/** A Pool that is not known is looked at again after this: its Secrets may have been corrected. */
const troubledPoolEveryMs = 30_000;
/** Changes of a pool's database come in bursts; what is shown follows them after this. */
const shownAfterMs = 200;
/** Changes that come within this wake a recovery once. */
const changesTogetherMs = 10;

export function startReign(options: ReignOptions): Reign {
  const { cluster, clock } = options;
  const accounts = createAccounts(options);
  const shows = { ...options, writer: createStatusWriter(options), refusals: new Map<string, Refused>() };
  const shown = new Map<string, PoolBelief['hosts']>();
  const directory = createPoolDirectory({
    ...options,
    accounts,
    onChange: (at, change) => poolChanged(at, change),
  });
  const loop = (
    name: string,
    concurrency: number,
    reconcile: (at: ObjectName) => Promise<{ readonly requeueAfterMs?: number }>,
  ): Controller => runController({ ...options, name, concurrency, reconcile });

  const pools = loop('pools', 4, async (at) => {
    const pool = cluster.pools.get(at);
    if (pool === undefined) {
      directory.close(at);
      shown.delete(`${at.namespace}/${at.name}`);
      return {};
    }
    const before = directory.get(at).kind;
    const state = await directory.ensure(pool);
    if (state.kind !== before)
      poolChanged(at, { machines: 'everything', hosts: 'everything', isShownByPool: true, isForAll: true });
    const view = {
      pool,
      hosts: hostsOf(cluster, pool),
      state,
      nowMs: clock.monotonicMs(),
      nowWallMs: clock.wallMs(),
    };
    const { requeueAfterMs } = await writeIfChanged(
      { ...shows, kind: poolKind, store: cluster.pools },
      pool,
      poolStatus(view),
    );
    const everyMs = isKnown(state, view.hosts) ? poolEveryMs : troubledPoolEveryMs;
    return { requeueAfterMs: requeueAfterMs ?? everyMs };
  });
  const hosts = loop('hosts', 8, async (at) => {
    const host = cluster.hosts.get(at);
    if (host === undefined) return {};
    const state = directory.get(poolNameOf(host));
    const status = hostStatus({
      host,
      pool: cluster.pools.get(poolNameOf(host)),
      state,
      identity: identityFacts(cluster, host, state.kind === 'open' ? state.session : undefined),
      nowMs: clock.monotonicMs(),
      nowWallMs: clock.wallMs(),
    });
    return await writeIfChanged({ ...shows, kind: hostKind, store: cluster.hosts }, host, status);
  });
  const servers = loop('virtualservers', 16, async (at) => {
    const server = cluster.virtualServers.get(at);
    if (server === undefined) return {};
    const status = virtualServerStatus({
      server,
      state: directory.get(poolNameOf(server)),
      alsoClaimedBy: othersThan(server, cluster.serversByMachine.of(server.spec.vmUUID)),
      requests: cluster.requestsByMachine
        .of(server.spec.vmUUID)
        .filter((request) => namespaceOf(request) === namespaceOf(server)),
      nowWallMs: clock.wallMs(),
    });
    return await writeIfChanged(
      { ...shows, kind: virtualServerKind, store: cluster.virtualServers },
      server,
      status,
    );
  });
  const recovery = createRecoveryController({
    ...options,
    directory,
    again: (at, delayMs) => requests.enqueueAfter(at, delayMs),
  });
  // A pool that answers slowly holds up no recovery of another one.
  const requests = loop('recoveryrequests', Number.POSITIVE_INFINITY, recovery.reconcile);

  const poolChanged = (at: ObjectName, change: PoolChange): void => {
    const pool = cluster.pools.get(at);
    if (pool === undefined) return;
    if (change.isShownByPool) pools.enqueueAfter(at, shownAfterMs);
    const concerned = hostsAmong(cluster, pool, change.hosts);
    for (const host of concerned) hosts.enqueueAfter(nameOf(host), shownAfterMs);
    for (const request of openRequestsOn(cluster, pool)) {
      const target = targetOf(cluster, request);
      if (change.isForAll || (target !== undefined && concerned.includes(target)))
        requests.enqueueAfter(nameOf(request), changesTogetherMs);
    }
    const changed = hostsLookDifferent(at, directory, shown) ? 'everything' : change.machines;
    for (const server of serversOf(cluster, pool, changed))
      servers.enqueueAfter(nameOf(server), shownAfterMs);
  };
  const cancels = [
    follow(cluster.pools, pools),
    follow(cluster.hosts, hosts),
    follow(cluster.hosts, pools, (host) => [poolNameOf(host)]),
    follow(cluster.hosts, hosts, (host) => hostsLike(cluster, host).map(nameOf)),
    follow(cluster.virtualServers, servers),
    follow(cluster.virtualServers, servers, ({ spec }) =>
      cluster.serversByMachine.of(spec.vmUUID).map(nameOf),
    ),
    follow(cluster.requests, requests),
    follow(cluster.requests, servers, (request) =>
      machinesOfOnePlace(request).flatMap((uuid) => cluster.serversByMachine.of(uuid).map(nameOf)),
    ),
  ];
  return {
    stop: async () => {
      for (const cancel of cancels) cancel();
      await Promise.all([pools, hosts, servers, requests].map((controller) => controller.stop()));
      recovery.stop();
      directory.stop();
    },
  };
}

/** Neither the pool nor one of its members is waited for. */
function isKnown(state: SessionState, hosts: readonly Host[]): boolean {
  if (state.kind === 'closed') return false;
  const { link, members } = state.session;
  const isAsked = ({ spec }: Host): boolean => members.answer(spec.hostUUID).kind === 'known';
  return link.belief().kind === 'known' && hosts.every(isAsked);
}

function hostsAmong(cluster: Cluster, pool: Pool, hostUUIDs: Changed): readonly Host[] {
  if (hostUUIDs === 'everything') return hostsOf(cluster, pool);
  return [...hostUUIDs].flatMap((uuid) => hostsOfMember(cluster, pool, uuid));
}

function serversOf(cluster: Cluster, pool: Pool, machines: Changed): readonly VirtualServer[] {
  return machines === 'everything'
    ? virtualServersOf(cluster, pool)
    : [...machines].flatMap((uuid) => virtualServerOf(cluster, pool, uuid) ?? []);
}

/** Every VirtualServer shows its host by name, and nothing at all of a host that is taken for dead. */
function hostsLookDifferent(
  at: ObjectName,
  directory: PoolDirectory,
  shown: Map<string, PoolBelief['hosts']>,
): boolean {
  const key = `${at.namespace}/${at.name}`;
  const state = directory.get(at);
  const belief = state.kind === 'open' ? state.session.link.belief() : undefined;
  if (belief?.kind !== 'known') return false;
  const before = shown.get(key);
  const { hosts } = belief.value;
  if (before === hosts) return false;
  shown.set(key, hosts);
  return before !== undefined && !sameLiveness(before, hosts);
}

function sameLiveness(one: PoolBelief['hosts'], other: PoolBelief['hosts']): boolean {
  for (const host of one.values()) {
    const now = other.get(host.uuid);
    if (now === undefined || now.live !== host.live || now.name !== host.name) return false;
  }
  return one.size === other.size;
}

function nameOf(object: KubernetesObject): ObjectName {
  return { namespace: namespaceOf(object), name: object.metadata.name };
}
