import { Dispatcher, errors } from 'undici';
import { checkTrust } from '../adapters/network/trust.ts';
import type { Peer } from '../ports/network.ts';
import { askOf } from './ask.ts';
import { connect } from './connect.ts';
import { type Ask, takeOff } from './flight.ts';
import type { Listener } from './listeners.ts';
import type { Owner } from './owner.ts';
import type { Wire } from './wire.ts';

interface Slot {
  state: 'idle' | 'connecting' | 'busy';
  /** Where it is connected to. */
  to: Listener | undefined;
  idleSinceMs: number;
}

/** undici's default; an idle connection that is older is opened anew. */
const keepAliveMs = 4_000;

/**
 * The in-process twin of undici's Pool: so many connections, the rest queues, and a queued request hears of its own
 * abort only when its turn has come (nodejs/undici issue 386), so that code which relies on the signal alone hangs
 * here as it would on sockets.
 */
export function createSimulatedPool(wire: Wire, owner: Owner, peer: Peer): Dispatcher {
  checkTrust(peer);
  const queue = createQueue(wire, owner, peer);
  const { host } = new URL(peer.origin);
  let end: 'open' | 'closed' | 'destroyed' = 'open';

  const dispatch = (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean => {
    if (!owner.alive) return false;
    try {
      if (end === 'closed') throw new errors.ClientClosedError();
      if (end === 'destroyed') throw new errors.ClientDestroyedError();
      return queue.add(askOf({ options, handler, host }));
    } catch (error) {
      tellFailure(handler, error as Error);
      return false;
    }
  };
  const destroy = async (error: Error | null = null): Promise<void> => {
    if (end === 'destroyed' || !owner.alive) return;
    end = 'destroyed';
    queue.failAll(error ?? new errors.ClientDestroyedError());
  };
  const close = async (): Promise<void> => {
    if (end === 'destroyed') throw new errors.ClientDestroyedError();
    end = 'closed';
    await queue.idle();
    await destroy();
  };
  return Object.assign(new Dispatcher(), {
    dispatch,
    close: (callback?: () => void) => whenDone(close(), callback),
    destroy: (error?: Error | null | (() => void), callback?: () => void) =>
      typeof error === 'function' ? whenDone(destroy(), error) : whenDone(destroy(error), callback),
  });
}

/** undici's methods take a callback or return a promise. */
function whenDone(done: Promise<void>, callback: (() => void) | undefined): Promise<void> {
  return callback === undefined ? done : done.finally(callback);
}

interface Queue {
  /** True when a connection was free at once. */
  add(ask: Ask): boolean;
  failAll(error: Error): void;
  /** Resolves when nothing waits and no connection is busy. */
  idle(): Promise<void>;
}

function createQueue(wire: Wire, owner: Owner, peer: Peer): Queue {
  const slots: Slot[] = Array.from({ length: peer.connections }, () => ({
    state: 'idle',
    to: undefined,
    idleSinceMs: 0,
  }));
  const waiting: Ask[] = [];
  const connecting = new Map<Slot, Ask>();
  const whenIdle: (() => void)[] = [];

  const pump = (): void => {
    while (waiting.length > 0) {
      const slot = slots.find((candidate) => candidate.state === 'idle');
      if (slot === undefined) return;
      serve(slot, waiting.shift() as Ask);
    }
    if (slots.every((slot) => slot.state === 'idle')) for (const tell of whenIdle.splice(0)) tell();
  };
  const release = (slot: Slot, to: Listener | undefined): void => {
    slot.state = 'idle';
    slot.to = to;
    slot.idleSinceMs = wire.scheduler.nowMs;
    if (owner.alive) pump();
  };
  const start = (slot: Slot, ask: Ask, listener: Listener): void => {
    slot.state = 'busy';
    const free = (connection: 'kept' | 'broken'): void =>
      release(slot, connection === 'kept' ? listener : undefined);
    takeOff({ wire, from: owner, origin: peer.origin, pool: queue, listener, ask, free });
  };
  const serve = (slot: Slot, ask: Ask): void => {
    if (slot.to?.open && wire.scheduler.nowMs - slot.idleSinceMs < keepAliveMs) {
      start(slot, ask, slot.to);
      return;
    }
    slot.state = 'connecting';
    connecting.set(slot, ask);
    connect({ wire, owner, peer }, (outcome) => {
      if (!connecting.delete(slot)) return;
      if (!(outcome instanceof Error)) {
        start(slot, ask, outcome);
        return;
      }
      tellFailure(ask.handler, outcome);
      release(slot, undefined);
    });
  };
  const queue: Queue = {
    add: (ask) => {
      waiting.push(ask);
      pump();
      return waiting.length === 0;
    },
    failAll: (error) => {
      for (const ask of [...waiting.splice(0), ...connecting.values()]) tellFailure(ask.handler, error);
      for (const slot of connecting.keys()) slot.state = 'idle';
      connecting.clear();
      for (const flight of [...wire.flights]) if (flight.pool === queue) flight.fail(error);
    },
    idle: () =>
      new Promise((resolve) => {
        whenIdle.push(resolve);
        pump();
      }),
  };
  return queue;
}

/** Tells a request that never had a connection; the controller that goes with it can do nothing any more. */
function tellFailure(handler: Dispatcher.DispatchHandler, error: Error): void {
  const spent = { aborted: true, paused: false, reason: error, abort: noop, pause: noop, resume: noop };
  handler.onResponseError?.(spent, error);
}

function noop(): void {}
