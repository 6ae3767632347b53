import { exchange } from '../../src/adapters/network/exchange.ts';
import { joinSimulation } from '../../src/lab/inSimulation.ts';
import { createLab, type Lab, type LabMember, type LabOptions } from '../../src/lab/lab.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { sleep } from '../../src/ports/clock.ts';
import type { Network } from '../../src/ports/network.ts';
import { createSimulation, type Simulation } from '../../src/simulation/simulation.ts';

/** A lab under virtual time, and a plain client that stands where the operator stands. */
export interface SimulatedLab {
  readonly lab: Lab;
  readonly simulation: Simulation;
  readonly network: Network;
  readonly clock: Clock;
  /** Runs a program to its end, and throws what it throws. */
  run(program: () => Promise<void>): Promise<void>;
  wait(ms: number): Promise<void>;
  member(name: string): LabMember;
  /** POSTs anything to a member's /jsonrpc, or to another path of it. */
  post(
    host: string,
    body: string,
    options?: { readonly path?: string; readonly deadlineMs?: number },
  ): Promise<Posted>;
  /** JSON-RPC 2.0; answers with the result, or with XAPI's error as an array. */
  rpc(host: string, method: string, ...params: readonly unknown[]): Promise<Answer>;
  /** As `rpc`, and throws when it is an error. */
  ask<T = string>(host: string, method: string, ...params: readonly unknown[]): Promise<T>;
  logIn(host?: string): Promise<string>;
  refs(session: string): Promise<Refs>;
}

export interface Posted {
  readonly status: number;
  readonly text: string;
}

export interface Answer {
  readonly result?: unknown;
  readonly error?: readonly string[];
}

type Named = Readonly<Record<string, { readonly name_label: string }>>;

export interface Refs {
  readonly host: (name: string) => string;
  readonly vm: (name: string) => string;
}

export function createSimulatedLab(options: Partial<LabOptions> = {}): SimulatedLab {
  const simulation = createSimulation({ seed: options.seed ?? 1 });
  const owner = simulation.spawnOwner('operator');
  const network = simulation.network(owner);
  const clock = simulation.clock(owner);
  const lab = createLab({
    seed: 1,
    members: 4,
    virtualServers: 8,
    localVirtualServers: 2,
    version: '8.3',
    clock: simulation.clock(simulation.world),
    ...options,
  });
  joinSimulation(lab, simulation);

  const member = (name: string): LabMember => {
    const found = lab.document.members.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no member ${name}`);
    return found;
  };
  const dispatchers = new Map<string, ReturnType<Network['open']>>();
  const dispatcherOf = (host: string) => {
    const { address, fingerprint } = member(host);
    const open =
      dispatchers.get(host) ??
      network.open({
        origin: `https://${address}:${lab.document.port}`,
        trust: { kind: 'pin', sha256Fingerprint: fingerprint },
        connections: 8,
      });
    dispatchers.set(host, open);
    return open;
  };
  const post: SimulatedLab['post'] = async (host, body, { path = '/jsonrpc', deadlineMs = 7_200_000 } = {}) =>
    exchange(dispatcherOf(host), clock, { method: 'POST', path, body, deadlineMs });
  const rpc: SimulatedLab['rpc'] = async (host, method, ...params) => {
    const { text } = await post(host, JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }));
    const { result, error } = JSON.parse(text);
    if (error === undefined) return { result };
    return { error: Array.isArray(error) ? error : [error.message, ...error.data] };
  };
  const ask = async <T = string>(host: string, method: string, ...params: readonly unknown[]): Promise<T> => {
    const { result, error } = await rpc(host, method, ...params);
    if (error !== undefined) throw new Error(`${method}: ${error.join(' ')}`);
    return result as T;
  };
  return {
    lab,
    simulation,
    network,
    clock,
    member,
    post,
    rpc,
    ask,
    wait: (ms) => sleep(clock, ms),
    run: async (program) => {
      let ended = false;
      simulation.start(owner, async () => {
        await program();
        ended = true;
      });
      const end = await simulation.run(() => ended);
      if (end !== 'reached') throw new Error(`the program did not end: ${end}`);
    },
    logIn: (host = 'host-1') =>
      ask(host, 'session.login_with_password', 'root', member(host).password, '2.0', 'test'),
    refs: async (session) => {
      const hosts = await ask<Named>('host-1', 'host.get_all_records', session);
      const vms = await ask<Named>('host-1', 'VM.get_all_records', session);
      const byName = (records: Named) => (name: string) => {
        const found = Object.entries(records).find(([, record]) => record.name_label === name);
        if (found === undefined) throw new Error(`nothing is called ${name}`);
        return found[0];
      };
      return { host: byName(hosts), vm: byName(vms) };
    },
  };
}
