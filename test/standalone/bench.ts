import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Clock, Random } from '../../src/ports/clock.ts';
import type { Log } from '../../src/ports/log.ts';
import { compileServedKinds } from '../../src/standalone/schema/servedKinds.ts';
import { type ApiServer, createApiServer } from '../../src/standalone/serving/apiServer.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/standalone/storage/sqliteStore.ts';
import type { Store } from '../../src/standalone/storage/store.ts';

export const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
export const widgetCrd: unknown = parse(
  readFileSync(join(import.meta.dirname, 'fixtures', 'widgets.yaml'), 'utf8'),
);
const widgetKinds = compileServedKinds([widgetCrd]);
export const token = 'a-token-of-the-tests';

/** A clock that moves only when it is told to. */
export interface HandClock extends Clock {
  advance(ms: number): Promise<void>;
}

export function createHandClock(startMs = Date.UTC(2026, 10, 22, 3)): HandClock {
  let now = 0;
  const timers = new Map<object, { readonly at: number; readonly run: () => void }>();
  return {
    wallMs: () => startMs + now,
    monotonicMs: () => now,
    after: (delayMs, run) => {
      const key = {};
      timers.set(key, { at: now + delayMs, run });
      return () => void timers.delete(key);
    },
    advance: async (ms) => {
      const end = now + ms;
      for (;;) {
        const next = [...timers].toSorted(([, a], [, b]) => a.at - b.at)[0];
        if (next === undefined || next[1].at > end) break;
        now = next[1].at;
        timers.delete(next[0]);
        next[1].run();
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = end;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** The same numbers in every run. */
export function createCountingRandom(): Random {
  let state = 1;
  return {
    next: () => {
      state = (state * 16_807) % 2_147_483_647;
      return state / 2_147_483_647;
    },
  };
}

/**
 * An answer of the server. Its shape is what is being tested, so a type that promised one would hide what is wrong, and
 * `unknown` would make every expectation a cast.
 */
// biome-ignore lint/suspicious/noExplicitAny: the one place where an answer's shape is left open, for the reason above
export type AnyJson = any;

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: AnyJson;
}

export interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server without sockets, its clock in the test's hand. */
export interface Bench {
  readonly server: ApiServer;
  readonly store: Store;
  readonly clock: HandClock;
  call(method: string, path: string, asked?: Asked): Promise<Reply>;
  /** Opens a watch. `next` gives the next event, `undefined` at the end. */
  watch(path: string, headers?: Readonly<Record<string, string>>): Promise<Watching>;
  close(): void;
}

export interface Watching {
  next(): Promise<AnyJson>;
  leave(): void;
}

export function createBench(options: Partial<SqliteStoreOptions> & { readonly store?: Store } = {}): Bench {
  const { store: given, ...storeOptions } = options;
  const store = given ?? openSqliteStore({ path: ':memory:', ...storeOptions });
  const clock = createHandClock();
  const server = createApiServer({
    store,
    clock,
    random: createCountingRandom(),
    log: quiet,
    kinds: widgetKinds,
    tokens: [{ token, user: { name: 'tester', groups: ['testers'] } }],
  });
  const send = async (method: string, path: string, { body, headers }: Asked, signal: AbortSignal) => {
    const bytes =
      body === undefined
        ? new Uint8Array()
        : body instanceof Uint8Array
          ? body
          : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const reply = await server.handle({
      method,
      path,
      headers: { authorization: `Bearer ${token}`, 'content-type': contentType, ...headers },
      body: bytes,
      signal,
    });
    if (typeof reply === 'string') throw new Error(reply);
    return reply;
  };
  return {
    server,
    store,
    clock,
    call: async (method, path, asked = {}) => {
      const reply = await send(method, path, asked, new AbortController().signal);
      const text = typeof reply.body === 'string' ? reply.body : '';
      const isJson = reply.headers['content-type']?.startsWith('application/json') === true && text !== '';
      return { status: reply.status, headers: reply.headers, json: isJson ? JSON.parse(text) : text };
    },
    watch: async (path, headers = {}) => {
      const gone = new AbortController();
      const reply = await send('GET', path, { headers }, gone.signal);
      if (typeof reply.body === 'string' || reply.body instanceof Uint8Array) {
        throw new Error(`no stream: ${reply.status} ${reply.body}`);
      }
      const chunks = reply.body[Symbol.asyncIterator]();
      return {
        next: async () => {
          const chunk = await chunks.next();
          return chunk.done === true ? undefined : JSON.parse(chunk.value);
        },
        leave: () => gone.abort(),
      };
    },
    close: () => {
      server.close();
      store.close();
    },
  };
}

export const widgets = '/apis/test.example/v1/namespaces/default/widgets';

export function widget(name: string, spec: Readonly<Record<string, unknown>> = {}, metadata = {}): unknown {
  return {
    apiVersion: 'test.example/v1',
    kind: 'Widget',
    metadata: { name, ...metadata },
    spec: { size: 3, ...spec },
  };
}
