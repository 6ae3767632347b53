import type { Dispatcher } from 'undici';
import { type ExchangeRequest, exchange } from '../../src/adapters/network/exchange.ts';
import { TransportError } from '../../src/adapters/network/transportError.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Interpose } from '../../src/simulation/faults.ts';
import type { Owner } from '../../src/simulation/owner.ts';
import { createSimulation, type Simulation } from '../../src/simulation/simulation.ts';
import { counterServer, fingerprint, openPeer, origin } from './scenario.ts';

/** A server that counts and an operator that asks it: the stage of the tests here. */
export interface Stage {
  readonly simulation: Simulation;
  readonly server: Owner;
  readonly operator: Owner;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  /** What the server has counted. */
  total(): number;
  /** Adds 1 on the server; resolves to the reply's text or to what failed. */
  add(more?: Partial<ExchangeRequest>): Promise<unknown>;
  /** Runs a program as the operator to its end. */
  play(program: () => Promise<void>): Promise<void>;
}

export function setStage(interpose?: (owners: { operator: Owner; server: Owner }) => Interpose): Stage {
  const owners: { operator?: Owner; server?: Owner } = {};
  const simulation = createSimulation({
    seed: 11,
    interpose: (request) =>
      interpose?.({ operator: owners.operator!, server: owners.server! })(request) ?? 'deliver',
  });
  const server = simulation.spawnOwner('server');
  const operator = simulation.spawnOwner('operator');
  Object.assign(owners, { operator, server });
  const counter = counterServer(simulation.clock(server));
  simulation.listen(origin, counter.handler, { owner: server, sha256Fingerprint: fingerprint });
  const clock = simulation.clock(operator);
  const dispatcher = openPeer(simulation, { as: operator });
  return {
    simulation,
    server,
    operator,
    clock,
    dispatcher,
    total: counter.total,
    add: (more) =>
      outcome(
        exchange(dispatcher, clock, { method: 'POST', path: '/', body: '1', deadlineMs: 5_000, ...more }),
      ),
    play: async (program) => {
      let done = 0;
      simulation.start(operator, async () => {
        await program();
        done++;
      });
      const end = await simulation.run(() => done > 0);
      if (end !== 'reached') throw new Error(`the program did not end: ${end}`);
    },
  };
}

export async function outcome(work: Promise<{ readonly text: string }>): Promise<unknown> {
  try {
    return (await work).text;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return [error.failure, error.mayHaveArrived];
  }
}
