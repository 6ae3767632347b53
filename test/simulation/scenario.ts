import type { Dispatcher } from 'undici';
import { exchange, openStream } from '../../src/adapters/network/exchange.ts';
import { type Clock, sleep } from '../../src/ports/clock.ts';
import { createSimulation, type Simulation } from '../../src/simulation/simulation.ts';
import type { HttpHandler } from '../../src/wire/http.ts';

export const fingerprint = 'ab'.repeat(32);
export const origin = 'https://10.0.0.11:443';

export function openPeer(
  simulation: Simulation,
  options: {
    readonly as: Parameters<Simulation['network']>[0];
    readonly connections?: number;
  },
): Dispatcher {
  return simulation.network(options.as).open({
    origin,
    trust: { kind: 'pin', sha256Fingerprint: fingerprint },
    connections: options.connections ?? 4,
  });
}

/** A server with a counter: reads, writes with a number as body, a watch of every change, and a long poll. */
export function counterServer(clock: Clock): { readonly handler: HttpHandler; readonly total: () => number } {
  let total = 0;
  const changed = new Set<() => void>();
  const nextChange = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        changed.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      changed.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  async function* watch(signal: AbortSignal): AsyncIterable<string> {
    while (!signal.aborted) {
      yield `${total}\n`;
      await nextChange(signal);
    }
  }
  const handler: HttpHandler = async ({ method, path, body, signal }) => {
    await sleep(clock, 1);
    if (path === '/watch') return { status: 200, headers: {}, body: watch(signal) };
    if (method === 'POST') {
      total += Number(Buffer.from(body).toString('utf8'));
      for (const tell of [...changed]) tell();
    }
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ total }) };
  };
  return { handler, total: () => total };
}

/**
 * A world with lost requests and replies: eight workers write and read, one watches, and a worker that met an error
 * waits and goes on. Returns the SHA-256 of the whole history.
 */
export async function runScenario(
  seed: number,
  more: { readonly extraDraws?: number } = {},
): Promise<string> {
  const chance = { current: () => 0 };
  const simulation = createSimulation({
    seed,
    interpose: ({ label, nth, from }) => {
      const luck = chance.current();
      if (from === 'bystander') return 'deliver';
      if (luck < 0.05) return { kind: 'dropReply', shownAs: nth % 2 === 0 ? 'reset' : 'silence' };
      if (luck < 0.1) return { kind: 'dropRequest', shownAs: 'reset' };
      if (luck < 0.12) return { kind: 'refuse' };
      return label.startsWith('POST') && luck < 0.14 ? { kind: 'delay', delayMs: 40_000 * luck } : 'deliver';
    },
  });
  const luck = simulation.random('faults');
  chance.current = luck.next;
  for (let draw = 0; draw < (more.extraDraws ?? 0); draw++) simulation.random('bystander').next();
  const server = simulation.spawnOwner('server');
  simulation.listen(origin, counterServer(simulation.clock(server)).handler, {
    owner: server,
    sha256Fingerprint: fingerprint,
  });
  const operator = simulation.spawnOwner('operator');
  const clock = simulation.clock(operator);
  const dispatcher = openPeer(simulation, { as: operator });
  const stop = new AbortController();
  let done = 0;
  for (let worker = 0; worker < 8; worker++) {
    simulation.start(operator, async () => {
      for (let round = 0; round < 5; round++) {
        const method = round % 2 === 0 ? 'POST' : 'GET';
        const request = {
          method,
          path: `/${worker}`,
          body: String(worker + round),
          deadlineMs: 3_000,
        } as const;
        const outcome = await exchange(dispatcher, clock, request).then(
          (reply) => reply.text,
          (error: unknown) => String(error),
        );
        simulation.note(`worker ${worker} round ${round}: ${outcome}`);
        await sleep(clock, simulation.random(`pause ${worker} ${round}`).next() * 50);
      }
      done++;
    });
  }
  simulation.start(operator, async () => {
    const watching = openPeer(simulation, { as: operator, connections: 1 });
    const request = { method: 'GET', path: '/watch', deadlineMs: 3_000, signal: stop.signal } as const;
    try {
      const stream = await openStream(watching, clock, request);
      for await (const chunk of stream.chunks) simulation.note(`watched ${chunk.trim()}`);
    } catch (error) {
      simulation.note(`the watch ended: ${String(error)}`);
    }
  });
  const end = await simulation.run(() => done === 8, { withinMs: 600_000 });
  stop.abort(new Error('enough'));
  await simulation.run(simulation.nowMs + 1_000);
  simulation.note(end);
  return simulation.transcriptSha256();
}
