import { AsyncLocalStorage, AsyncResource, createHook } from 'node:async_hooks';
import type { Owner } from './owner.ts';

/**
 * Knows when the simulated program has come to rest, so that time may go on, and names what it used that belongs to
 * real time. Both come from one async_hooks hook without promise tracking, which costs next to nothing.
 *
 * At rest means: a whole turn of the event loop in which no Immediate but the watcher's own was created. Counting
 * microtask turns is not enough (they starve process.nextTick), and undici itself uses setImmediate. Two watchers at
 * rest together would wait for each other for ever, so simulations of one process run one after the other.
 */
export interface QuiescenceWatcher {
  /** Runs one event as its owner; everything that follows from it is known to be the owner's, too. */
  enter(owner: Owner, run: () => void): void;
  drain(): Promise<void>;
  /** What simulated code did since the last call that the simulation cannot own: a sentence for each. */
  takeOffences(): readonly string[];
  start(): void;
  stop(): void;
}

const harmless: ReadonlySet<string> = new Set([
  'TickObject',
  'Microtask',
  'Immediate',
  'UNDICI_REQUEST',
  'STREAM_END_OF_STREAM',
  'SIMULATED_OWNER',
  // Printing to a terminal or a pipe: nothing comes back from there. Sockets and processes have other types besides.
  'PIPEWRAP',
  'TTYWRAP',
  'WRITEWRAP',
  'SIGNALWRAP',
]);

export function createQuiescenceWatcher(): QuiescenceWatcher {
  const inside = new AsyncLocalStorage<Owner>();
  const frames = new WeakMap<Owner, AsyncResource>();
  let immediates = 0;
  let offences: string[] = [];
  const hook = createHook({
    trackPromises: false,
    init: (_id, type) => {
      if (type === 'Immediate') immediates++;
      if (harmless.has(type)) return;
      const owner = inside.getStore();
      if (owner === undefined) return;
      const stack = deepStack();
      // gzipSync and its like make the same handle as the asynchronous forms, and are done when they return.
      if (type === 'ZLIB' && /\bsyncBufferWrapper\b/.test(stack)) return;
      offences.push(`${owner.name} used ${type}, which the simulation does not own, at ${placeOf(stack)}`);
    },
  });
  return {
    enter: (owner, run) => {
      // One frame for each owner: making one for each event costs as much as the event.
      let frame = frames.get(owner);
      if (frame === undefined) {
        frame = inside.run(owner, () => new AsyncResource('SIMULATED_OWNER'));
        frames.set(owner, frame);
      }
      frame.runInAsyncScope(run);
    },
    drain: async () => {
      do {
        immediates = 0;
        await new Promise((resolve) => setImmediate(resolve));
      } while (immediates > 1);
    },
    takeOffences: () => {
      const taken = offences;
      if (taken.length > 0) offences = [];
      return taken;
    },
    start: () => {
      hook.enable();
    },
    stop: () => {
      hook.disable();
    },
  };
}

/** node's own frames alone may fill the ten lines that an Error keeps by default. */
function deepStack(): string {
  const usual = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = usual;
  return stack;
}

/** The first line of the stack that is neither node's nor this file's. */
function placeOf(stack: string): string {
  const lines = stack.split('\n').slice(1);
  const line = lines.find((text) => !/node:|<anonymous>|quiescence\.ts|AsyncHook/.test(text));
  return (line ?? 'an unknown place').trim().replace(/^at /, '');
}
