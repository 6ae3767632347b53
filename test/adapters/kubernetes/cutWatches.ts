import { createKubernetesApi } from '../../../src/adapters/kubernetes/api.ts';
import { explicitConnection } from '../../../src/adapters/kubernetes/connection.ts';
import { openStore } from '../../../src/adapters/kubernetes/store.ts';
import { createTransport } from '../../../src/adapters/kubernetes/transport.ts';
import { crds } from '../../../src/api/generated/crds.ts';
import { hostKind } from '../../../src/api/kinds.ts';
import { type Clock, sleep } from '../../../src/ports/clock.ts';
import type { KubernetesObject } from '../../../src/ports/kubernetes.ts';
import type { Owner } from '../../../src/simulation/owner.ts';
import { createSimulation } from '../../../src/simulation/simulation.ts';
import { createApiServer } from '../../../src/standalone/serving/apiServer.ts';
import { openSqliteStore } from '../../../src/standalone/storage/sqliteStore.ts';
import type { HttpHandler } from '../../../src/wire/http.ts';
import { host } from '../../cluster/samples.ts';
import { createCollectedLog } from './collectedLog.ts';

const origin = 'https://127.0.0.1:6443';
const authority = 'the authority of the simulation';
const token = 'simulated';
const cutEveryMs = 5_000;

/**
 * A cache behind something that ends every watch after five seconds, while a Host is changed all the time. Gives how long
 * each change took to be seen, in the order of the changes.
 */
export async function lagsBehindCutWatches(minutes: number): Promise<readonly number[]> {
  const simulation = createSimulation({ seed: 1 });
  const log = createCollectedLog();
  const server = createApiServer({
    store: openSqliteStore({ path: ':memory:' }),
    clock: simulation.clock(simulation.world),
    random: simulation.random('apiserver'),
    log,
    crds,
    tokens: [{ token, user: { name: 'admin', groups: ['system:masters'] } }],
  });
  simulation.listen(origin, cutting(server.handle, simulation.clock(simulation.world)), { authority });
  const transportOf = (owner: Owner) =>
    createTransport({
      connection: explicitConnection({ origin, caPem: authority, token }),
      network: simulation.network(owner),
      clock: simulation.clock(owner),
      random: simulation.random(`transport ${owner.name}`),
      userAgent: owner.name,
    });
  const watcher = simulation.spawnOwner('watcher');
  const store = openStore<KubernetesObject>({
    transport: transportOf(watcher),
    clock: simulation.clock(watcher),
    random: simulation.random('store'),
    log,
    kind: hostKind,
  });
  const writtenAtMs = new Map<string, number>();
  const lags: number[] = [];
  store.subscribe(({ object }) => {
    // One that is told in a later one was seen then as well.
    for (const [version, atMs] of writtenAtMs) {
      if (Number(version) > Number(object.metadata.resourceVersion)) continue;
      writtenAtMs.delete(version);
      lags.push(simulation.nowMs - atMs);
    }
  });
  const person = simulation.spawnOwner('person');
  let ended = false;
  simulation.start(person, async () => {
    const api = createKubernetesApi({ transport: transportOf(person) });
    const clock = simulation.clock(person);
    const transport = transportOf(person);
    const sample = host('host-1');
    const created = await api.create(hostKind, {
      ...sample,
      metadata: { ...sample.metadata, namespace: 'default' },
    });
    if (created.kind !== 'written') throw new Error(`the Host was not created: ${created.kind}`);
    const endMs = simulation.nowMs + minutes * 60_000;
    for (let turn = 0; simulation.nowMs < endMs; turn++) {
      const answer = (await transport.request({
        verb: 'patch',
        target: { kind: hostKind, namespace: 'default', name: 'host-1' },
        body: { spec: { address: `192.0.2.${1 + (turn % 250)}` } },
        deadlineMs: 10_000,
      })) as KubernetesObject;
      const version = answer.metadata.resourceVersion ?? '';
      if (store.get({ namespace: 'default', name: 'host-1' })?.metadata.resourceVersion !== version) {
        writtenAtMs.set(version, simulation.nowMs);
      }
      await sleep(clock, 300);
    }
    ended = true;
  });
  await simulation.run(() => ended);
  await simulation.run(() => writtenAtMs.size === 0);
  return lags;
}

/** As a load balancer with a short limit: the answer of a watch ends, whole lines or not. */
function cutting(handle: HttpHandler, clock: Clock): HttpHandler {
  return async (request) => {
    const reply = await handle(request);
    if (typeof reply === 'string' || typeof reply.body === 'string' || !request.path.includes('watch=true')) {
      return reply;
    }
    if (reply.body instanceof Uint8Array) return reply;
    return { ...reply, body: cutAfter(reply.body, clock) };
  };
}

async function* cutAfter(chunks: AsyncIterable<string>, clock: Clock): AsyncIterable<string> {
  const source = chunks[Symbol.asyncIterator]();
  const endAtMs = clock.monotonicMs() + cutEveryMs;
  for (;;) {
    const leftMs = endAtMs - clock.monotonicMs();
    if (leftMs <= 0) break;
    const stop = new AbortController();
    const late = sleep(clock, leftMs, stop.signal).then(
      () => undefined,
      () => undefined,
    );
    const step = await Promise.race([source.next(), late]);
    stop.abort();
    if (step === undefined || step.done === true) break;
    yield step.value;
  }
  void source.return?.();
}
