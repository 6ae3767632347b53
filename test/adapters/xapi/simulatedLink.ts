import { createXapi } from '../../../src/adapters/xapi/poolLink.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { PoolAccess, PoolLink } from '../../../src/ports/hypervisor.ts';
import type { Interpose } from '../../../src/simulation/faults.ts';
import type { Listener } from '../../../src/simulation/listeners.ts';
import { createSimulation, type Simulation } from '../../../src/simulation/simulation.ts';
import { createScriptedPool, type ScriptedPool } from './scriptedPool.ts';

/** The adapter and a scripted pool under virtual time: the same bytes as over sockets, and minutes pass at once. */
export interface SimulatedLink {
  readonly simulation: Simulation;
  /** The operator's. */
  readonly clock: Clock;
  readonly pool: ScriptedPool;
  /** What the adapter logged, as one text each. */
  readonly logged: readonly string[];
  /** The same, as far as it is to alarm somebody. */
  readonly warned: readonly string[];
  /** Of host-1, host-2, host-3. */
  readonly listeners: readonly Listener[];
  /** Runs a piece of the operator until it has ended, and gives what it returned. */
  run<T>(program: (link: PoolLink) => Promise<T>): Promise<T>;
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>;
  /** Runs until the belief is known or unknown. */
  until(kind: 'known' | 'unknown'): Promise<void>;
  /** How often a method was called since the last time this was asked. */
  newCalls(): readonly string[];
}

export async function simulateLink(
  options: {
    readonly seed?: number;
    readonly access?: (access: PoolAccess) => PoolAccess;
    /** Called before the link is opened. */
    readonly prepare?: (pool: ScriptedPool) => void;
    readonly interpose?: Interpose;
  } = {},
): Promise<SimulatedLink> {
  const simulation = createSimulation({
    seed: options.seed ?? 1,
    ...(options.interpose === undefined ? {} : { interpose: options.interpose }),
  });
  const pool = createScriptedPool({ clock: simulation.clock(simulation.world) });
  options.prepare?.(pool);
  const listeners = pool.members.map(({ access, handler }) =>
    simulation.listen(`https://${access.address}:443`, handler, {
      owner: simulation.spawnOwner(access.name),
      sha256Fingerprint: access.sha256Fingerprint,
    }),
  );
  const operator = simulation.spawnOwner('operator');
  const logged: string[] = [];
  const note = (message: string, fields?: unknown): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  const warned: string[] = [];
  const warn = (message: string, fields?: unknown): void => {
    note(message, fields);
    warned.push(logged.at(-1) ?? '');
  };
  const openPool = createXapi({
    network: simulation.network(operator),
    clock: simulation.clock(operator),
    random: simulation.random('operator'),
    log: { debug: note, info: note, warn, error: warn },
  });
  const perform = async <T>(program: () => Promise<T>): Promise<T> => {
    const ended: T[] = [];
    simulation.start(operator, async () => {
      ended.push(await program());
    });
    await simulation.run(() => ended.length > 0);
    return ended[0]!;
  };
  const access = options.access?.(pool.access) ?? pool.access;
  const link = await perform(async () => openPool(access));
  let callsSeen = 0;
  return {
    simulation,
    clock: simulation.clock(operator),
    pool,
    logged,
    warned,
    listeners,
    run: (program) => perform(() => program(link)),
    pass: async (ms) => {
      await simulation.run(simulation.nowMs + ms);
    },
    until: async (kind) => {
      await simulation.run(() => link.belief().kind === kind);
    },
    newCalls: () => {
      const fresh = pool.calls.slice(callsSeen).map(({ member, method }) => `${member} ${method}`);
      callsSeen = pool.calls.length;
      return fresh;
    },
  };
}
