/**
 * The operator as one object: caches, election, and, while this process leads, the controllers. Made from ports alone, so
 * that it is the same thing in a cluster, in standalone mode and in a simulation; everything it knows is in here, and
 * a second one beside it shares nothing with it.
 */
import { createKubernetesApi } from './adapters/kubernetes/api.ts';
import type { Connection } from './adapters/kubernetes/connection.ts';
import { createEventRecorder } from './adapters/kubernetes/events.ts';
import { runElection } from './adapters/kubernetes/lease.ts';
import { lastEpoch, type Traces } from './adapters/kubernetes/leaseTimes.ts';
import { type OpenStore, openStore } from './adapters/kubernetes/store.ts';
import { createTransport } from './adapters/kubernetes/transport.ts';
import type { Host, Pool, RecoveryRequest, VirtualServer } from './api/generated/types.ts';
import { hostKind, poolKind, recoveryRequestKind, virtualServerKind } from './api/kinds.ts';
import { type Cluster, createCluster } from './controllers/cluster.ts';
import { type Reign, startReign } from './controllers/reign.ts';
import type { Clock, Random } from './ports/clock.ts';
import type { OpenPool } from './ports/hypervisor.ts';
import type { Kind, KubernetesObject } from './ports/kubernetes.ts';
import type { Log } from './ports/log.ts';
import type { Network } from './ports/network.ts';
import type { OpenRedfish } from './ports/power.ts';

export interface OperatorOptions {
  readonly connection: Connection;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly openPool: OpenPool;
  readonly openRedfish: OpenRedfish;
  /** SHA-256 in hexadecimal digits. */
  readonly hashOf: (text: string) => string;
  /** Where the Lease is. */
  readonly leaseNamespace: string;
  /** The pod or machine, as it appears in the Lease and in the journal. */
  readonly holderName: string;
}

export interface Operator {
  /** Caches are filled; whether this one leads is another matter. */
  ready(): boolean;
  leads(): boolean;
  /** Requests to the API server so far, by verb. */
  requests(): Readonly<Record<string, number>>;
  /** Begins nothing new, waits for what is under way, gives the lease back. */
  stop(): Promise<void>;
}

export function startOperator(options: OperatorOptions): Operator {
  const { clock, random, log } = options;
  const transport = createTransport({ ...options, userAgent: 'kintsugi' });
  const api = createKubernetesApi({ transport });
  const store = <T extends KubernetesObject>(kind: Kind): OpenStore<T> =>
    openStore<T>({ transport, clock, random, log, kind });
  const cached = {
    pools: store<Pool>(poolKind),
    hosts: store<Host>(hostKind),
    virtualServers: store<VirtualServer>(virtualServerKind),
    requests: store<RecoveryRequest>(recoveryRequestKind),
  };
  const stores = Object.values(cached);
  const cluster = createCluster(cached);
  const events = createEventRecorder({
    transport,
    clock,
    random,
    log,
    controller: 'kintsugi.dev/operator',
    instance: options.holderName,
  });
  const election = runElection({
    transport,
    clock,
    random,
    log,
    at: { namespace: options.leaseNamespace, name: 'kintsugi' },
    traces: async (signal) => {
      await Promise.all(stores.map((one) => one.whenSynced(signal)));
      return tracesIn(cluster);
    },
    holderName: options.holderName,
  });
  const forgetTraces = cluster.requests.subscribe(({ object }) => {
    for (const { epoch, by } of object.status?.journal ?? []) election.noteTrace({ epoch, by: by ?? '' });
  });

  let reign: Reign | undefined;
  let changing = Promise.resolve();
  // Leadership may flicker; one reign ends before the next begins.
  const change = (epoch: number | undefined): void => {
    changing = changing.then(async () => {
      await reign?.stop();
      reign = undefined;
      if (epoch === undefined || election.epoch(0) !== epoch) return;
      await Promise.all(stores.map((one) => one.whenSynced()));
      if (election.epoch(0) !== epoch) return;
      log.info('this process leads now', { epoch });
      reign = startReign({ ...options, cluster, api, events, leadership: election });
    });
    changing.catch((error: unknown) => log.error('the change of leadership failed', { error }));
  };
  const unsubscribe = election.onChange(change);

  return {
    ready: () => stores.every((one) => one.synced()),
    leads: () => reign !== undefined,
    requests: () => transport.counters(),
    stop: async () => {
      unsubscribe();
      forgetTraces();
      await changing;
      await reign?.stop();
      await events.stop();
      await election.stop();
      await Promise.all(stores.map((one) => one.stop()));
      await transport.close();
    },
  };
}

/** Every leader leaves a status on whatever is declared, and its epoch in the journal of whatever it recovers. */
function tracesIn(cluster: Cluster): Traces {
  const journals = cluster.requests.list().flatMap(({ status }) => status?.journal ?? []);
  return {
    highestEpoch: Math.max(0, ...journals.map(({ epoch }) => epoch).filter((epoch) => epoch <= lastEpoch)),
    anybodyLed: [cluster.pools, cluster.hosts, cluster.virtualServers, cluster.requests]
      .flatMap((kind): readonly { readonly status?: unknown }[] => [...kind.list()])
      .some(({ status }) => status !== undefined),
  };
}
