import { createHash } from 'node:crypto';
import type { Clock, Random } from '../ports/clock.ts';
import type { Network } from '../ports/network.ts';
import type { HttpHandler } from '../wire/http.ts';
import type { Interpose } from './faults.ts';
import type { Flight } from './flight.ts';
import { createListenerTable, type Listener, type ListenOptions, type Reachable } from './listeners.ts';
import type { Owner } from './owner.ts';
import { createSimulatedPool } from './pool.ts';
import { keyedStream } from './random.ts';
import { createScheduler, type RunEnd, type RunLimit } from './scheduler.ts';
import { answersTcp, tcpOrigin } from './tcp.ts';
import type { Latency, Wire } from './wire.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** Wall time at the start; default 2026-01-01. */
  readonly startWallMs?: number;
  /** Of each way of a request and of each connect; default 0.2 to 5 ms. */
  readonly latency?: Latency;
  /** Decides what happens to each request; default: all are delivered. */
  readonly interpose?: Interpose;
  /**
   * What a request is called in the transcript, in `nth` and in the keys of randomness; default method and path.
   * Worth giving where all requests go to one path, as in JSON-RPC.
   */
  readonly label?: Wire['label'];
}

/**
 * A world with its own time and chance. One seed gives one history, to the byte, in every process, as long as what
 * runs in it takes time, chance and network from here; `run` throws and names what did not. Simulations of one
 * process run one after the other, never at once.
 */
export interface Simulation {
  /** Owns what is nobody's process: the lab's machines, the weather. Never dies. */
  readonly world: Owner;
  /** Milliseconds of virtual time since the start. */
  readonly nowMs: number;
  /** A line for each request, reply, failure, death and note, in order. */
  readonly transcript: readonly string[];
  transcriptSha256(): string;
  /** Adds a line of the caller's own to the transcript. */
  note(line: string): void;
  /** A new process. An instance started anew takes its predecessor's name, so that the counts of requests go on. */
  spawnOwner(name: string): Owner;
  clock(owner: Owner): Clock;
  /** The stream of this name; other streams, and draws from them, do not change it. */
  random(name: string): Random;
  network(owner: Owner): Network;
  /** Puts a handler at an origin. Throws when another one listens there. */
  listen(origin: string, handler: HttpHandler, options?: ListenOptions): Listener;
  /** Opens a bare TCP port, for `answersTcp`. The returned function closes it. */
  listenTcp(address: string, port: number, owner?: Owner): () => void;
  /** Adds a condition to who reaches whom; all must hold. The returned function takes it away. */
  restrict(reachable: Reachable): () => void;
  /** Cuts two owners off from each other, by name. The returned function heals the cut. */
  partition(one: string, other: string): () => void;
  /** Runs a program as the owner, from the next event on. If it rejects, `run` throws what it rejected with. */
  start(owner: Owner, program: () => Promise<void>): void;
  /**
   * Lets time pass until the moment (in `nowMs`) or until the condition holds, which is asked after each event.
   * Throws when simulated code used real timers, threads or files, or when a program or a timer's callback threw.
   */
  run(until: number | (() => boolean), limit?: RunLimit): Promise<RunEnd>;
}

const startOf2026Ms = Date.UTC(2026, 0, 1);

export function createSimulation(options: SimulationOptions): Simulation {
  const { seed, startWallMs = startOf2026Ms } = options;
  const scheduler = createScheduler({ seed, startWallMs });
  const transcript: string[] = [];
  const flights = new Set<Flight>();
  const listeners = createListenerTable((listener) => {
    for (const flight of [...flights]) if (flight.listener === listener) flight.serverDied();
  });
  const restrictions = new Set<Reachable>();

  const note = (line: string): void => {
    transcript.push(`${scheduler.nowMs.toFixed(3)} ${line}`);
  };
  const spawnOwner = (name: string): Owner => {
    note(`${name} starts`);
    const owner: Owner = scheduler.createOwner(name, () => {
      note(`${name} is killed`);
      listeners.closeAllOf(owner);
      for (const flight of [...flights]) if (flight.from === owner) flight.senderDied();
    });
    return owner;
  };
  const world = scheduler.createOwner('world', () => {
    throw new Error('the world cannot be killed');
  });
  const wire: Wire = {
    seed,
    scheduler,
    world,
    latency: options.latency ?? { minMs: 0.2, maxMs: 5 },
    reachable: (from, origin) => {
      for (const allowed of restrictions) if (!allowed(from, origin)) return false;
      return true;
    },
    listeners,
    flights,
    interpose: options.interpose ?? (() => 'deliver'),
    label: options.label ?? (({ method, path }) => `${method} ${path}`),
    count: createCounter(),
    note,
  };
  const restrict = (reachable: Reachable): (() => void) => {
    restrictions.add(reachable);
    return () => restrictions.delete(reachable);
  };
  return {
    world,
    get nowMs() {
      return scheduler.nowMs;
    },
    transcript,
    transcriptSha256: () => createHash('sha256').update(transcript.join('\n')).digest('hex'),
    note,
    spawnOwner,
    clock: scheduler.clock,
    random: (name) => keyedStream(seed, `stream ${name}`),
    network: (owner) => ({
      open: (peer) => createSimulatedPool(wire, owner, peer),
      answersTcp: (address, port, deadlineMs) => answersTcp({ wire, owner, address, port, deadlineMs }),
    }),
    listen: (origin, handler, listenOptions) =>
      listeners.listen(origin, handler, { ...listenOptions, owner: listenOptions?.owner ?? world }),
    listenTcp: (address, port, owner = world) =>
      listeners.listen(tcpOrigin(address, port), async () => 'hangUp', { owner }).close,
    restrict,
    partition: (one, other) => restrict(cutBetween({ one, other, machineAt: listeners.machineAt })),
    start: scheduler.start,
    run: scheduler.run,
  };
}

/** Counts each name by itself, from 0. */
function createCounter(): (name: string) => number {
  const counts = new Map<string, number>();
  return (name) => {
    const before = counts.get(name) ?? 0;
    counts.set(name, before + 1);
    return before;
  };
}

function cutBetween(cut: {
  readonly one: string;
  readonly other: string;
  readonly machineAt: (origin: string) => string | undefined;
}): Reachable {
  const { one, other, machineAt } = cut;
  return (from, origin) => {
    const to = machineAt(origin);
    return !((from === one && to === other) || (from === other && to === one));
  };
}
