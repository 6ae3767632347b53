import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../src/adapters/clock/systemClock.ts';
import { createKubernetesApi } from '../../src/adapters/kubernetes/api.ts';
import { explicitConnection } from '../../src/adapters/kubernetes/connection.ts';
import { createEventRecorder } from '../../src/adapters/kubernetes/events.ts';
import { runElection } from '../../src/adapters/kubernetes/lease.ts';
import { openStore } from '../../src/adapters/kubernetes/store.ts';
import { createTransport, type Transport } from '../../src/adapters/kubernetes/transport.ts';
import { createSocketNetwork } from '../../src/adapters/network/sockets.ts';
import {
  hostKind,
  poolKind,
  recoveryRequestKind,
  secretKind,
  virtualServerKind,
} from '../../src/api/kinds.ts';
import type { KubernetesObject } from '../../src/ports/kubernetes.ts';
import type { Log } from '../../src/ports/log.ts';
import { describeWithCluster } from './describeWithCluster.ts';
import { host, pool, recoveryRequest, virtualServer } from './samples.ts';
import { type Cluster, mustSucceed, startCluster } from './start.ts';

const own = 'kintsugi-system';

/** That the rights of manifests/ are enough for each request which the operator's own client sends. */
describeWithCluster('with the rights of manifests/ and no others', () => {
  let cluster: Cluster;
  let transport: Transport;
  const complaints: unknown[] = [];
  const complain = (message: string, fields?: object): void => void complaints.push([message, fields]);
  const log: Log = { debug: () => {}, info: () => {}, warn: complain, error: complain };
  const ports = { clock: systemClock, random: systemRandom, log };
  const cleanUps: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    cluster = await startCluster();
    cleanUps.push(cluster.stop);
    const token = await cluster.serviceAccountToken(own, 'kintsugi');
    const connection = explicitConnection({ ...cluster, token });
    transport = createTransport({
      ...ports,
      connection,
      network: createSocketNetwork(),
      userAgent: 'kintsugi/test',
    });
    cleanUps.push(transport.close);
    const objects = [pool('east'), host('east-1'), virtualServer('web'), recoveryRequest('mend')];
    const stdin = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    await mustSucceed(cluster.kubectl, ['apply', '-n', own, '-f', '-'], { stdin });
    await mustSucceed(cluster.kubectl, ['create', 'secret', 'generic', 'login', '-n', own]);
  });
  afterAll(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  });

  test.each([poolKind, hostKind, virtualServerKind, recoveryRequestKind])(
    'the operator watches $plural in every namespace and writes their status',
    async (kind) => {
      const api = createKubernetesApi({ transport });
      const store = openStore<KubernetesObject & { readonly status?: object }>({ ...ports, transport, kind });
      try {
        await store.whenSynced();
        const [object] = store.list();
        expect(object).toBeDefined();
        const written = await api.writeStatus(kind, { ...object!, status: { observedGeneration: 1 } });
        expect(written).toMatchObject({ kind: 'written', object: { status: { observedGeneration: 1 } } });
        // The change comes back through the watch.
        while (store.list()[0]?.status === undefined) await wait(20);
      } finally {
        await store.stop();
      }
      expect(complaints).toEqual([]);
    },
  );

  test('the operator holds its lease, gives it back, and holds it again', async () => {
    for (const epoch of [1, 2]) {
      const election = runElection({
        ...ports,
        transport,
        at: { namespace: own, name: 'kintsugi' },
        traces: async () => ({ highestEpoch: 0, anybodyLed: false }),
        holderName: 'test',
      });
      while (election.epoch(0) === undefined) await wait(20);
      expect(election.epoch(0)).toBe(epoch);
      await election.stop();
    }
    expect(complaints).toEqual([]);
  });

  test('the operator records events and counts their repeats', async () => {
    const api = createKubernetesApi({ transport });
    const regarding = (await api.read(hostKind, { namespace: own, name: 'east-1' }))!;
    const recorder = createEventRecorder({
      ...ports,
      transport,
      controller: 'kintsugi.dev/operator',
      instance: 'test',
    });
    const event = {
      regarding,
      type: 'Warning',
      reason: 'Suspected',
      action: 'Observing',
      note: 'Silent.',
    } as const;
    recorder.record(event);
    while (recorder.status().sent === 0) await wait(20);
    recorder.record(event);
    await recorder.stop();
    expect(complaints).toEqual([]);
    const described = await cluster.kubectl(['describe', 'khost', 'east-1', '-n', own]);
    expect(described.stdout).toMatch(/Warning +Suspected/);
    const series = ['get', 'events.events.k8s.io', '-n', own, '-o', 'jsonpath={.items[*].series.count}'];
    expect((await cluster.kubectl(series)).stdout).toBe('2');
  });

  test('the operator reads the Secret that it is told the name of', async () => {
    const api = createKubernetesApi({ transport });
    expect(await api.read(secretKind, { namespace: own, name: 'login' })).toBeDefined();
    await expect(api.list(secretKind, own)).rejects.toMatchObject({ status: 403 });
    await expect(api.read(secretKind, { namespace: 'default', name: 'x' })).rejects.toMatchObject({
      status: 403,
    });
  });
});
