/**
 * The whole system in one process under virtual time: a lab, the embedded API server, and the operator as it runs
 * everywhere else, over the same bytes. A person stands beside it with a plain client.
 */
import { createHash } from 'node:crypto';
import { createKubernetesApi } from '../../src/adapters/kubernetes/api.ts';
import { type Connection, explicitConnection } from '../../src/adapters/kubernetes/connection.ts';
import { leaseKind } from '../../src/adapters/kubernetes/leaseObject.ts';
import type { ResourceTarget } from '../../src/adapters/kubernetes/resourcePath.ts';
import { createTransport } from '../../src/adapters/kubernetes/transport.ts';
import { createRedfish } from '../../src/adapters/power/redfish.ts';
import { createXapi } from '../../src/adapters/xapi/poolLink.ts';
import { crds } from '../../src/api/generated/crds.ts';
import type { Host, RecoveryRequest } from '../../src/api/generated/types.ts';
import {
  hostKind,
  poolKind,
  recoveryRequestKind,
  secretKind,
  virtualServerKind,
} from '../../src/api/kinds.ts';
import { joinSimulation } from '../../src/lab/inSimulation.ts';
import { createLab, type Lab, type LabOptions } from '../../src/lab/lab.ts';
import { type ManifestOptions, manifestsOf, releaseRequest } from '../../src/lab/manifests.ts';
import { type Operator, startOperator } from '../../src/operator.ts';
import { sleep } from '../../src/ports/clock.ts';
import {
  type Kind,
  type KubernetesApi,
  KubernetesError,
  type KubernetesObject,
} from '../../src/ports/kubernetes.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Interpose } from '../../src/simulation/faults.ts';
import type { Owner } from '../../src/simulation/owner.ts';
import { labelOf } from '../../src/simulation/protocols/protocols.ts';
import { createSimulation, type Simulation } from '../../src/simulation/simulation.ts';
import { compileServedKinds } from '../../src/standalone/schema/servedKinds.ts';
import { createApiServer } from '../../src/standalone/serving/apiServer.ts';
import { openSqliteStore } from '../../src/standalone/storage/sqliteStore.ts';

export interface World {
  readonly simulation: Simulation;
  readonly lab: Lab;
  /** The person's client. */
  readonly api: KubernetesApi;
  readonly logLines: string[];
  /** The operator that was started last. */
  operator(): Operator;
  operatorOwner(): Owner;
  /** Starts an instance; the owner takes the name `operator` unless another one is to run beside it. */
  startOperator(name?: string): void;
  /** From now on the wall clock of operators is off by this much more. */
  jumpWallClock(byMs: number): void;
  /** Creates everything a person would have applied. */
  apply(): Promise<void>;
  /** The same, and lets time pass until the Pool is Ready. */
  applyAndSettle(): Promise<void>;
  request(name: string, hostName: string, mode?: 'Plan' | 'Execute'): Promise<void>;
  /** As the server has it, asked by the person; only inside `run` or `until`. */
  recovery(name: string): Promise<RecoveryRequest | undefined>;
  host(name: string): Promise<Host | undefined>;
  /** Lets virtual time pass until the condition holds on the object as the server has it; false when it did not. */
  until(holds: () => Promise<boolean>, withinMs?: number): Promise<boolean>;
  pass(ms: number): Promise<void>;
  run(program: () => Promise<void>): Promise<void>;
  create(object: KubernetesObject): Promise<void>;
  /** A merge patch by the person. Resolves with what the server refused it for, or undefined. */
  patch(kindName: string, name: string, change: object): Promise<string | undefined>;
  remove(kindName: string, name: string, inNamespace?: string): Promise<void>;
}

export interface WorldOptions {
  readonly seed?: number;
  readonly lab?: Partial<LabOptions>;
  readonly interpose?: Interpose;
  readonly manifests?: Partial<ManifestOptions>;
  /** What the person wrote otherwise than the lab's own manifests. */
  readonly edit?: (object: KubernetesObject) => KubernetesObject;
}

/** They never change, and making them ready takes longer than many a run. */
const kinds = compileServedKinds(crds);

export const namespace = 'default';
export const apiOrigin = 'https://127.0.0.1:6443';
const caPem = 'simulated';
const token = 'person';

const kindsByName: Readonly<Record<string, Kind>> = {
  Pool: poolKind,
  Host: hostKind,
  VirtualServer: virtualServerKind,
  RecoveryRequest: recoveryRequestKind,
  Secret: secretKind,
  Lease: leaseKind,
};

export function createWorld(options: WorldOptions = {}): World {
  const seed = options.seed ?? 1;
  const simulation = createSimulation({
    seed,
    ...(options.interpose === undefined ? {} : { interpose: options.interpose }),
    label: labelOf,
  });
  const logLines: string[] = [];
  const log = collectingLog(logLines, () => simulation.nowMs);
  const lab = createLab({
    seed,
    members: 4,
    virtualServers: 24,
    localVirtualServers: 2,
    version: '8.3',
    clock: simulation.clock(simulation.world),
    ...options.lab,
  });
  joinSimulation(lab, simulation);
  const server = createApiServer({
    store: openSqliteStore({ path: ':memory:' }),
    clock: simulation.clock(simulation.world),
    random: simulation.random('api server'),
    log,
    kinds,
    tokens: [{ token, user: { name: 'person', groups: ['system:masters'] } }],
  });
  simulation.listen(apiOrigin, server.handle, { authority: caPem });

  const connection: Connection = explicitConnection({ origin: apiOrigin, caPem, token });
  const person = simulation.spawnOwner('person');
  const clock = simulation.clock(person);
  const transport = createTransport({
    connection,
    network: simulation.network(person),
    clock,
    random: simulation.random('person'),
    userAgent: 'person',
  });
  const api = createKubernetesApi({ transport });

  let owner: Owner | undefined;
  let instances = 0;
  let operator: Operator | undefined;
  let wallJumpMs = 0;
  const start = (name = 'operator'): void => {
    owner = simulation.spawnOwner(name);
    instances += 1;
    const ownClock = simulation.clock(owner);
    const deps = {
      network: simulation.network(owner),
      clock: { ...ownClock, wallMs: () => ownClock.wallMs() + wallJumpMs },
      random: simulation.random(`operator ${instances}`),
      log,
    };
    simulation.start(owner, async () => {
      operator = startOperator({
        ...deps,
        connection,
        openPool: createXapi(deps),
        openRedfish: createRedfish(deps),
        hashOf: (text) => createHash('sha256').update(text).digest('hex').slice(0, 16),
        leaseNamespace: 'kintsugi-system',
        holderName: `operator-${instances}`,
      });
    });
  };

  const run = async (program: () => Promise<void>): Promise<void> => {
    let done = false;
    simulation.start(person, async () => {
      await program();
      done = true;
    });
    await simulation.run(() => done);
  };
  const kindNamed = (name: string): Kind => {
    const kind = kindsByName[name];
    if (kind === undefined) throw new Error(`no kind ${name}`);
    return kind;
  };
  const create = async (object: KubernetesObject): Promise<void> => {
    const outcome = await api.create(kindNamed(object.kind), object);
    if (outcome.kind !== 'written')
      throw new Error(`${object.kind} ${object.metadata.name}: ${JSON.stringify(outcome)}`);
  };
  const until = async (holds: () => Promise<boolean>, withinMs = 30 * 60_000): Promise<boolean> => {
    let held = false;
    const endMs = simulation.nowMs + withinMs;
    await run(async () => {
      while (!held && simulation.nowMs < endMs) {
        held = await holds();
        if (!held) await sleep(clock, 500);
      }
    });
    return held;
  };

  const apply = async (): Promise<void> => {
    const manifests = manifestsOf(lab.document, {
      namespace,
      mode: 'Manual',
      memberTimeoutSeconds: 30,
      ...options.manifests,
    });
    await run(async () => {
      for (const object of manifests) await create(options.edit?.(object) ?? object);
    });
  };
  const ask = async (
    verb: 'patch' | 'delete',
    at: ResourceTarget,
    body?: object,
  ): Promise<string | undefined> => {
    let refused: string | undefined;
    await run(async () => {
      try {
        await transport.request({
          verb,
          target: at,
          deadlineMs: 10_000,
          ...(body === undefined ? {} : { body }),
        });
      } catch (error) {
        if (!(error instanceof KubernetesError)) throw error;
        refused = error.message;
      }
    });
    return refused;
  };

  return {
    simulation,
    lab,
    api,
    logLines,
    operator: () => {
      if (operator === undefined) throw new Error('no operator was started');
      return operator;
    },
    operatorOwner: () => {
      if (owner === undefined) throw new Error('no operator was started');
      return owner;
    },
    startOperator: start,
    jumpWallClock: (byMs) => {
      wallJumpMs += byMs;
    },
    apply,
    applyAndSettle: async () => {
      await apply();
      const ready = await until(async () => {
        const pool = await api.read<
          KubernetesObject & { status?: { conditions?: { type: string; status: string }[] } }
        >(poolKind, { namespace, name: 'lab' });
        return (
          pool?.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true
        );
      }, 15 * 60_000);
      if (!ready) throw new Error('the Pool did not become Ready');
    },
    request: async (name, hostName, mode = 'Execute') => {
      await run(async () => {
        await create(releaseRequest({ namespace, name, hostName, mode }));
      });
    },
    recovery: (name) => api.read<RecoveryRequest>(recoveryRequestKind, { namespace, name }),
    host: (name) => api.read<Host>(hostKind, { namespace, name }),
    until,
    pass: async (ms) => {
      await simulation.run(simulation.nowMs + ms);
    },
    run,
    create,
    patch: (kindName, name, change) => ask('patch', { kind: kindNamed(kindName), namespace, name }, change),
    remove: async (kindName, name, inNamespace = namespace) => {
      await ask('delete', { kind: kindNamed(kindName), namespace: inNamespace, name });
    },
  };
}

function collectingLog(lines: string[], nowMs: () => number): Log {
  const add =
    (level: string): Log['info'] =>
    (message, fields) => {
      lines.push(
        `${Math.round(nowMs())} ${level} ${message} ${fields === undefined ? '' : JSON.stringify(fields, errors)}`,
      );
    };
  return { debug: add('debug'), info: add('info'), warn: add('warn'), error: add('error') };
}

function errors(_key: string, value: unknown): unknown {
  return value instanceof Error
    ? `${value.name}: ${value.message} ${value.stack?.split('\n')[1] ?? ''}`
    : value;
}
