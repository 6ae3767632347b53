import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../../src/adapters/clock/systemClock.ts';
import { createKubernetesApi } from '../../../src/adapters/kubernetes/api.ts';
import { explicitConnection } from '../../../src/adapters/kubernetes/connection.ts';
import { eventKind } from '../../../src/adapters/kubernetes/eventObject.ts';
import { createEventRecorder } from '../../../src/adapters/kubernetes/events.ts';
import { kubeconfigConnection } from '../../../src/adapters/kubernetes/kubeconfig.ts';
import { runElection } from '../../../src/adapters/kubernetes/lease.ts';
import { type Lease, leaseKind } from '../../../src/adapters/kubernetes/leaseObject.ts';
import { openStore } from '../../../src/adapters/kubernetes/store.ts';
import { createTransport, type Transport } from '../../../src/adapters/kubernetes/transport.ts';
import { createSocketNetwork } from '../../../src/adapters/network/sockets.ts';
import { crds } from '../../../src/api/generated/crds.ts';
import { hostKind } from '../../../src/api/kinds.ts';
import type { KubernetesApi, KubernetesObject } from '../../../src/ports/kubernetes.ts';
import { startStandaloneApi } from '../../../src/standalone/start.ts';
import { describeWithCluster } from '../../cluster/describeWithCluster.ts';
import { host as sampleHost } from '../../cluster/samples.ts';
import { startCluster } from '../../cluster/start.ts';
import { createCollectedLog } from './collectedLog.ts';
import { createManualClock, eventually, seededRandom } from './manualClock.ts';

/**
 * The adapter against real servers: the embedded one and kube-apiserver. What the other tests believe of a server is
 * shown here to be true of both.
 */
interface Access {
  readonly origin: string;
  readonly caPem: string;
  readonly token: string;
  readonly kubeconfig: string;
  /** Forgets the changes up to now, as after some minutes. kube-apiserver's cache remembers none from before its start. */
  forget(): void;
  stop(): Promise<void>;
}

interface HostObject extends KubernetesObject {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: { readonly conditions?: readonly object[] };
}

const namespace = 'kintsugi-test';
const at = (name: string) => ({ namespace, name });

function newHost(name: string, spec: Readonly<Record<string, unknown>> = {}): HostObject {
  const sample = sampleHost(name, spec);
  return { ...sample, metadata: { name, namespace } };
}

async function startEmbedded(): Promise<Access> {
  const directory = mkdtempSync(join(tmpdir(), 'kintsugi-adapter-'));
  const log = createCollectedLog();
  const server = await startStandaloneApi({
    directory,
    port: 0,
    clock: systemClock,
    random: systemRandom,
    log,
    crds,
  });
  return {
    ...server,
    kubeconfig: server.kubeconfigPath,
    forget: server.compact,
    stop: async () => {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startReal(): Promise<Access> {
  const cluster = await startCluster();
  return {
    ...cluster,
    token: cluster.adminToken,
    kubeconfig: cluster.adminKubeconfig,
    forget: () => {},
  };
}

function behaves(start: () => Promise<Access>): void {
  let access: Access;
  let transport: Transport;
  let api: KubernetesApi;
  const network = createSocketNetwork();
  const random = systemRandom;
  const open = (over: Partial<Parameters<typeof createTransport>[0]> = {}): Transport =>
    createTransport({
      connection: explicitConnection(access),
      network,
      clock: systemClock,
      random,
      userAgent: 'kintsugi/test',
      ...over,
    });

  beforeAll(async () => {
    access = await start();
    transport = open();
    api = createKubernetesApi({ transport });
    await transport.request({
      verb: 'create',
      target: { kind: { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' } },
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      deadlineMs: 10_000,
    });
  });
  afterAll(async () => {
    await transport?.close();
    await access?.stop();
  });

  async function created(name: string): Promise<HostObject> {
    const outcome = await api.create<HostObject>(hostKind, newHost(name));
    if (outcome.kind !== 'written') throw new Error(`${name} was not created: ${JSON.stringify(outcome)}`);
    return outcome.object;
  }

  test('creates, reads, lists, and drops managedFields', async () => {
    const object = await created('one');
    expect(object.metadata).not.toHaveProperty('managedFields');
    expect(await api.read(hostKind, at('one'))).toEqual(object);
    expect(await api.list(hostKind, namespace)).toContainEqual(object);
    expect(await api.create(hostKind, newHost('one'))).toEqual({ kind: 'exists' });
    expect(await api.read(hostKind, at('nobody'))).toBeUndefined();
  });

  test('a refusal names the field', async () => {
    expect(await api.create(hostKind, newHost('bad', { hostUUID: 'not-a-uuid' }))).toMatchObject({
      kind: 'refused',
      field: 'spec.hostUUID',
    });
  });

  test('a kind that is not installed is an error, not an absent object', async () => {
    const kind = { ...hostKind, kind: 'Ghost', plural: 'ghosts' };
    await expect(api.read(kind, at('one'))).rejects.toMatchObject({ status: 404 });
  });

  test('writes a status against the version that was read, and the spec not at all', async () => {
    const object = await created('two');
    const status = { conditions: [] };
    const outcome = await api.writeStatus(hostKind, {
      ...object,
      spec: { ...object.spec, address: '192.0.2.99' },
      status,
    });
    expect(outcome).toMatchObject({ kind: 'written', object: { spec: { address: '192.0.2.11' } } });
    const fresh = await api.read<HostObject>(hostKind, at('two'));
    const again = { ...fresh!, status: { conditions: [readyCondition] } };
    expect(await api.writeStatus(hostKind, again)).toMatchObject({ kind: 'written' });
    expect(await api.writeStatus(hostKind, again)).toEqual({ kind: 'conflict' });
  });

  test('a status of an object that is gone is gone', async () => {
    const object = await created('three');
    await remove('three');
    expect(await api.writeStatus(hostKind, { ...object, status: {} })).toEqual({ kind: 'gone' });
  });

  async function remove(name: string): Promise<void> {
    await transport.request({ verb: 'delete', target: { kind: hostKind, ...at(name) }, deadlineMs: 10_000 });
  }

  test('a store follows creation, change, deletion and re-creation', async () => {
    const log = createCollectedLog();
    const store = openStore<HostObject>({
      transport,
      clock: systemClock,
      random,
      log,
      kind: hostKind,
      namespace,
    });
    try {
      await store.whenSynced();
      const seen: string[] = [];
      store.subscribe(({ kind, object }) => {
        if (object.metadata.name === 'four') seen.push(kind);
      });
      const first = await created('four');
      await eventually(() => seen.length === 1);
      await api.writeStatus(hostKind, { ...first, status: { conditions: [readyCondition] } });
      await eventually(() => seen.length === 2);
      await remove('four');
      const second = await created('four');
      await eventually(() => seen.length === 4);
      expect(seen).toEqual(['set', 'set', 'deleted', 'set']);
      expect(store.get(at('four'))).toEqual(second);
      expect(log.lines).toEqual([]);
    } finally {
      await store.stop();
    }
  });

  test('a store that begins at a version which is long forgotten lists anew', async () => {
    access.forget();
    const store = openStore<HostObject>({
      transport: fromTheBeginningOnce(transport),
      clock: systemClock,
      random,
      log: createCollectedLog(),
      kind: hostKind,
      namespace,
    });
    try {
      await store.whenSynced();
      await eventually(() => store.status().lists === 2 && store.status().watches === 2);
      const object = await created('five');
      await eventually(() => store.get(at('five')) !== undefined);
      expect(store.get(at('five'))).toEqual(object);
    } finally {
      await store.stop();
    }
  });

  test('lists of more than a page come whole', async () => {
    const names = Array.from({ length: 520 }, (_, index) => `many-${index}`);
    await Promise.all(names.map(created));
    const before = transport.counters()['list hosts'] ?? 0;
    const items = await api.list(hostKind, namespace);
    expect(items.filter(({ metadata }) => metadata.name.startsWith('many-'))).toHaveLength(520);
    expect((transport.counters()['list hosts'] ?? 0) - before).toBe(2);
  });

  test('a lease is taken, renewed, released and taken by the next', async () => {
    const clock = createManualClock();
    const elect = (seed: number) =>
      runElection({
        transport: open({ clock }),
        clock,
        random: seededRandom(seed),
        log: createCollectedLog(),
        at: at('leader'),
        traces: async () => ({ highestEpoch: 0, anybodyLed: false }),
        holderName: `holder-${seed}`,
      });
    const lease = () => api.read<Lease>(leaseKind, at('leader'));
    const first = elect(1);
    await eventually(() => first.epoch(0) === 1);
    const taken = await lease();
    await eventually(() => clock.timers() === 2);
    await clock.advance(7_500);
    await eventually(() => first.epoch(12_000) === 1);
    const renewed = await lease();
    expect(renewed?.spec?.renewTime).not.toBe(taken?.spec?.renewTime);
    expect(renewed?.spec?.leaseTransitions).toBe(1);
    await first.stop();
    expect((await lease())?.spec?.holderIdentity).toBe('');
    const second = elect(2);
    await eventually(() => second.epoch(0) === 2);
    await second.stop();
  });

  test('an event is created and its repeats are counted in its series', async () => {
    const regarding = await created('six');
    const log = createCollectedLog();
    const events = createEventRecorder({
      transport,
      clock: systemClock,
      random,
      log,
      controller: 'kintsugi.dev/operator',
      instance: 'test',
    });
    const event = { regarding, type: 'Warning', reason: 'HostSuspected', action: 'Observe' } as const;
    for (let count = 0; count < 3; count++) events.record({ ...event, note: 'The host does not answer.' });
    events.record({ ...event, note: '金継ぎ'.repeat(200) });
    await events.stop();
    expect(log.lines).toEqual([]);
    const about = (
      await api.list<KubernetesObject & { readonly series?: object }>(eventKind, namespace)
    ).filter(({ metadata }) => metadata.name.startsWith('six.'));
    expect(about.map(({ series }) => series)).toContainEqual({
      count: 3,
      lastObservedTime: expect.any(String),
    });
    expect(about).toHaveLength(2);
  });

  test('a kubeconfig leads there', async () => {
    const connection = kubeconfigConnection({ clock: systemClock, path: access.kubeconfig });
    const other = open({ connection });
    const there = createKubernetesApi({ transport: other });
    expect(await there.read(hostKind, at('nobody'))).toBeUndefined();
    await other.close();
  });

  test('a wrong token is refused as such', async () => {
    const other = open({ connection: explicitConnection({ ...access, token: 'wrong' }) });
    const there = createKubernetesApi({ transport: other });
    await expect(there.read(hostKind, at('one'))).rejects.toMatchObject({
      status: 401,
      reason: 'Unauthorized',
    });
    await other.close();
  });
}

const readyCondition = {
  type: 'Ready',
  status: 'Unknown',
  reason: 'NotLooked',
  message: 'Nobody has looked yet.',
  observedGeneration: 1,
  lastTransitionTime: '2026-01-01T00:00:00Z',
};

/** The first watch asks for all that ever happened, of which the server has forgotten the most part. */
function fromTheBeginningOnce(transport: Transport): Transport {
  let first = true;
  return {
    ...transport,
    watch: async (request) => {
      const query = first ? { ...request.query, resourceVersion: '1' } : request.query;
      first = false;
      return await transport.watch({ ...request, query });
    },
  };
}

describe('on the embedded API server', () => behaves(startEmbedded));
describeWithCluster('on kube-apiserver', () => behaves(startReal));
