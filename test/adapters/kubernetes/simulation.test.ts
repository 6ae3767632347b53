import { describe, expect, test } from 'vitest';
import { createKubernetesApi } from '../../../src/adapters/kubernetes/api.ts';
import { explicitConnection } from '../../../src/adapters/kubernetes/connection.ts';
import { type Election, runElection } from '../../../src/adapters/kubernetes/lease.ts';
import { type OpenStore, openStore } from '../../../src/adapters/kubernetes/store.ts';
import { createTransport } from '../../../src/adapters/kubernetes/transport.ts';
import { crds } from '../../../src/api/generated/crds.ts';
import { hostKind } from '../../../src/api/kinds.ts';
import { sleep } from '../../../src/ports/clock.ts';
import type { KubernetesObject } from '../../../src/ports/kubernetes.ts';
import { follow, runController } from '../../../src/runtime/controllerLoop.ts';
import { createStatusWriter } from '../../../src/runtime/statusWriter.ts';
import type { Fault, OutgoingRequest } from '../../../src/simulation/faults.ts';
import type { Owner } from '../../../src/simulation/owner.ts';
import { keyedUniform } from '../../../src/simulation/random.ts';
import { createSimulation, type Simulation } from '../../../src/simulation/simulation.ts';
import { createApiServer } from '../../../src/standalone/serving/apiServer.ts';
import { openSqliteStore } from '../../../src/standalone/storage/sqliteStore.ts';
import { host as sampleHost } from '../../cluster/samples.ts';
import { createCollectedLog } from './collectedLog.ts';

/**
 * The adapter, unchanged, against the embedded API server under virtual time: replies are lost, requests vanish, the network
 * is cut, the server dies and forgets its history. In the end every cache must say what the server says, every object
 * must have been reconciled, and at no instant may two have led.
 */
const origin = 'https://127.0.0.1:6443';
const authority = 'the authority of the simulation';
const token = 'simulated';
const minuteMs = 60_000;
const troubledMs = 20 * minuteMs;

interface HostObject extends KubernetesObject {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: object;
}

interface Operator {
  readonly store: OpenStore<HostObject>;
  readonly election: Election;
}

function faultsOf(seed: number, simulation: () => Simulation): (request: OutgoingRequest) => Fault {
  return ({ from, serial }) => {
    if (simulation().nowMs > troubledMs || from === 'people') return 'deliver';
    const chance = keyedUniform(seed, `fault ${serial}`);
    if (chance < 0.02) return { kind: 'refuse' };
    if (chance < 0.04) return { kind: 'dropRequest', shownAs: 'reset' };
    if (chance < 0.05) return { kind: 'dropRequest', shownAs: 'silence' };
    if (chance < 0.08) return { kind: 'dropReply', shownAs: 'reset' };
    if (chance < 0.09) return { kind: 'dropReply', shownAs: 'silence' };
    if (chance < 0.11) return { kind: 'delay', delayMs: 20_000 * keyedUniform(seed, `delay ${serial}`) };
    return 'deliver';
  };
}

function transportOf(simulation: Simulation, owner: Owner) {
  return createTransport({
    connection: explicitConnection({ origin, caPem: authority, token }),
    network: simulation.network(owner),
    clock: simulation.clock(owner),
    random: simulation.random(`transport ${owner.name}`),
    userAgent: owner.name,
  });
}

function startOperator(simulation: Simulation, name: string): Operator {
  const owner = simulation.spawnOwner(name);
  const clock = simulation.clock(owner);
  const log = createCollectedLog();
  const transport = transportOf(simulation, owner);
  const random = (what: string) => simulation.random(`${what} ${name}`);
  const store = openStore<HostObject>({ transport, clock, random: random('store'), log, kind: hostKind });
  const at = { namespace: 'default', name: 'kintsugi' };
  const traces = async () => ({
    highestEpoch: 0,
    anybodyLed: store.list().some(({ status }) => status !== undefined),
  });
  const election = runElection({
    transport,
    clock,
    random: random('lease'),
    log,
    at,
    traces,
    holderName: name,
  });
  const writer = createStatusWriter({ api: createKubernetesApi({ transport }) });
  const controller = runController({
    name: 'host',
    clock,
    random: random('queue'),
    log,
    concurrency: 2,
    reconcile: async (place) => {
      const object = store.get(place);
      if (object === undefined) return {};
      if (election.epoch(5_000) === undefined) return { requeueAfterMs: 5_000 };
      const outcome = await writer.write(hostKind, object, { conditions: [readyOf(object)] });
      if (outcome.kind === 'written') store.absorb(outcome.object);
      return outcome.kind === 'unchanged' ? {} : { requeueAfterMs: 1_000 };
    },
  });
  follow(store, controller);
  return { store, election };
}

/** What the status says follows from the spec alone, so that a reconcile that was missed shows. */
function readyOf(object: HostObject): object {
  return {
    type: 'Ready',
    status: 'Unknown',
    reason: 'Seen',
    message: `The address is ${String(object.spec['address'])}.`,
    observedGeneration: object.metadata.generation ?? 0,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
}

/** People create, change and delete hosts, a few a minute. */
async function people(simulation: Simulation, owner: Owner): Promise<void> {
  const clock = simulation.clock(owner);
  const random = simulation.random('people');
  const transport = transportOf(simulation, owner);
  const target = { kind: hostKind, namespace: 'default' };
  const send = (request: object): Promise<unknown> =>
    transport.request({ deadlineMs: 10_000, ...request } as never).catch(() => undefined);
  while (simulation.nowMs < troubledMs) {
    const name = `host-${Math.floor(random.next() * 12)}`;
    const address = `192.0.2.${1 + Math.floor(random.next() * 250)}`;
    const chance = random.next();
    const sample = sampleHost(name, { address });
    if (chance < 0.5) await send({ verb: 'create', target, body: sample });
    else if (chance < 0.8)
      await send({ verb: 'patch', target: { ...target, name }, body: { spec: { address } } });
    else await send({ verb: 'delete', target: { ...target, name } });
    await sleep(clock, random.next() * 8_000);
  }
}

async function play(seed: number) {
  const simulation: Simulation = createSimulation({ seed, interpose: faultsOf(seed, () => simulation) });
  const store = openSqliteStore({ path: ':memory:', maxHistoryEntries: 40 });
  const serve = (): Owner => {
    const owner = simulation.spawnOwner('apiserver');
    const server = createApiServer({
      store,
      clock: simulation.clock(owner),
      random: simulation.random('apiserver'),
      log: createCollectedLog(),
      crds,
      tokens: [{ token, user: { name: 'admin', groups: ['system:masters'] } }],
    });
    simulation.listen(origin, server.handle, { owner, authority });
    return owner;
  };
  const server = serve();
  const operators = [startOperator(simulation, 'one'), startOperator(simulation, 'two')] as const;
  const person = simulation.spawnOwner('people');
  simulation.start(person, () => people(simulation, person));

  const epochs = new Map<number, string>();
  const until = async (done: () => boolean): Promise<void> => {
    const end = await simulation.run(
      () => {
        const leading = operators.filter(({ election }) => election.epoch(0) !== undefined);
        if (leading.length > 1) throw new Error(`two lead at ${simulation.nowMs} ms with seed ${seed}`);
        for (const { election } of leading) {
          const epoch = election.epoch(0)!;
          const before = epochs.get(epoch) ?? election.identity;
          if (before !== election.identity)
            throw new Error(`epoch ${epoch} was used twice with seed ${seed}`);
          epochs.set(epoch, election.identity);
        }
        return done();
      },
      { withinMs: 60 * minuteMs },
    );
    if (end !== 'reached') throw new Error(`seed ${seed} ended ${end} at ${simulation.nowMs} ms`);
  };
  const at = (ms: number) => (): boolean => simulation.nowMs >= ms;

  await until(at(4 * minuteMs));
  const heal = simulation.partition('one', 'apiserver');
  await until(at(6 * minuteMs));
  heal();
  await until(at(9 * minuteMs));
  server.kill();
  await until(at(9.5 * minuteMs));
  serve();
  await until(at(troubledMs + minuteMs));

  const truth = (): Promise<readonly HostObject[]> => {
    const owner = simulation.spawnOwner('judge');
    return runAs(simulation, owner, () =>
      createKubernetesApi({ transport: transportOf(simulation, owner) }).list<HostObject>(hostKind),
    );
  };
  await until(at(troubledMs + 12 * minuteMs));
  return { simulation, operators, epochs, truth: await truth() };
}

async function runAs<T>(simulation: Simulation, owner: Owner, program: () => Promise<T>): Promise<T> {
  const result: T[] = [];
  simulation.start(owner, async () => {
    result.push(await program());
  });
  await simulation.run(() => result.length > 0);
  return result[0]!;
}

function judge({ operators, epochs, truth }: Awaited<ReturnType<typeof play>>): void {
  expect(truth.length).toBeGreaterThan(0);
  for (const { store } of operators) expect([...store.list()].sort(byName)).toEqual(truth);
  for (const object of truth) expect(object.status).toEqual({ conditions: [readyOf(object)] });
  expect(epochs.size).toBeGreaterThan(1);
}

const byName = (one: HostObject, other: HostObject): number =>
  one.metadata.name < other.metadata.name ? -1 : 1;

describe('twenty minutes of trouble', () => {
  test.each([2, 4, 6])(
    'end with true caches, everything reconciled, and never two leaders (seed %i)',
    async (seed) => {
      judge(await play(seed));
    },
  );

  test('are the same to the byte when they are played again', async () => {
    const [one, other] = [await play(1), await play(1)];
    expect(other.simulation.transcriptSha256()).toBe(one.simulation.transcriptSha256());
    judge(one);
    expect(other.simulation.transcript.length).toBeGreaterThan(1_000);
  });
});
