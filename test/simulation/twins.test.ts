import type { Dispatcher } from 'undici';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import { type ExchangeRequest, exchange, openStream } from '../../src/adapters/network/exchange.ts';
import { createSocketNetwork } from '../../src/adapters/network/sockets.ts';
import { TransportError } from '../../src/adapters/network/transportError.ts';
import { type Clock, sleep } from '../../src/ports/clock.ts';
import type { Network, Peer } from '../../src/ports/network.ts';
import { createSimulation } from '../../src/simulation/simulation.ts';
import type { HttpHandler } from '../../src/wire/http.ts';
import { serveTls } from '../../src/wire/serve.ts';
import { makeCertificate, type TestCertificate } from '../adapters/network/certificates.ts';
import { handClock } from '../adapters/network/handClock.ts';

/**
 * The simulated network must not be told from the real one by those who use it. Each case is one program, played
 * over sockets with real TLS and in the simulation; both give what the case expects.
 */
interface Stage {
  readonly network: Network;
  readonly clock: Clock;
  readonly origin: string;
  /** What reached the handler: method and path. */
  readonly arrived: readonly string[];
  stopServer(): Promise<void>;
}

const cleanups: (() => Promise<unknown>)[] = [];
let certificate: TestCertificate;
let other: TestCertificate;

beforeAll(async () => {
  certificate = await makeCertificate();
  other = await makeCertificate();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const handlerOf =
  (clock: Clock, arrived: string[]): HttpHandler =>
  async (request) => {
    arrived.push(`${request.method} ${request.path}`);
    switch (request.path) {
      case '/echo': {
        const text = Buffer.from(request.body).toString('utf8');
        return { status: 201, headers: { 'X-Echo': request.headers['x-sent'] ?? '' }, body: text };
      }
      case '/big':
        return { status: 200, headers: {}, body: 'é'.repeat(100_000) };
      case '/hangUp':
        return 'hangUp';
      case '/silence':
        return 'silence';
      case '/bug':
        throw new Error('a bug of the handler');
      case '/slow':
        await sleep(clock, 50);
        return { status: 200, headers: {}, body: 'slow' };
      case '/stream':
        return { status: 200, headers: {}, body: lines(clock, 3) };
      case '/brokenStream':
        return { status: 200, headers: {}, body: brokenLines(clock) };
      default:
        return { status: 404, headers: {}, body: 'no such page' };
    }
  };

async function* lines(clock: Clock, count: number): AsyncIterable<string> {
  for (let line = 0; line < count; line++) {
    yield `再${line}\n`;
    await sleep(clock, 2);
  }
}

async function* brokenLines(clock: Clock): AsyncIterable<string> {
  yield 'first\n';
  await sleep(clock, 2);
  throw new Error('the stream has a bug');
}

async function onSockets(play: (stage: Stage) => Promise<void>): Promise<void> {
  const arrived: string[] = [];
  const listen = { address: '127.0.0.1', port: 0, key: certificate.key, cert: certificate.cert };
  const served = await serveTls(handlerOf(systemClock, arrived), listen);
  cleanups.push(() => served.close());
  await play({
    network: createSocketNetwork(),
    clock: systemClock,
    origin: served.origin,
    arrived,
    stopServer: () => served.close(),
  });
}

async function inSimulation(play: (stage: Stage) => Promise<void>): Promise<void> {
  const arrived: string[] = [];
  const simulation = createSimulation({ seed: 5 });
  const server = simulation.spawnOwner('server');
  const origin = 'https://10.0.0.11:8443';
  const serverClock = simulation.clock(server);
  simulation.listen(origin, handlerOf(serverClock, arrived), {
    owner: server,
    sha256Fingerprint: certificate.fingerprint,
    authority: certificate.cert,
  });
  const client = simulation.spawnOwner('client');
  let played = false;
  simulation.start(client, async () => {
    await play({
      network: simulation.network(client),
      clock: simulation.clock(client),
      origin,
      arrived,
      stopServer: async () => server.kill(),
    });
    played = true;
  });
  expect(await simulation.run(() => played)).toBe('reached');
}

function open({ network, origin }: Stage, more: Partial<Peer> = {}): Dispatcher {
  const trust = { kind: 'pin', sha256Fingerprint: certificate.fingerprint } as const;
  const dispatcher = network.open({ origin, trust, connections: 2, ...more });
  cleanups.push(() => dispatcher.destroy());
  return dispatcher;
}

const get = (path: string, more: Partial<ExchangeRequest> = {}): ExchangeRequest => ({
  method: 'GET',
  path,
  deadlineMs: 20_000,
  ...more,
});

async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return [error.failure, error.mayHaveArrived];
  }
}

async function readAll(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}

for (const [name, on] of [
  ['over sockets', onSockets],
  ['in the simulation', inSimulation],
] as const) {
  describe(name, () => {
    test('carries method, path, headers, body and status', () =>
      on(async (stage) => {
        const request = {
          method: 'POST',
          path: '/echo',
          headers: { 'X-Sent': 'yes' },
          body: '再起動',
          deadlineMs: 20_000,
        } as const;
        const reply = await exchange(open(stage), stage.clock, request);
        expect([reply.status, reply.headers['x-echo'], reply.text]).toEqual([201, 'yes', '再起動']);
        expect((await exchange(open(stage), stage.clock, get('/none'))).status).toBe(404);
        expect(stage.arrived).toEqual(['POST /echo', 'GET /none']);
      }));

    test('puts a body of many pieces together, and cuts it off at the limit', () =>
      on(async (stage) => {
        const dispatcher = open(stage);
        expect((await exchange(dispatcher, stage.clock, get('/big'))).text).toBe('é'.repeat(100_000));
        const limited = exchange(dispatcher, stage.clock, get('/big', { maxBytes: 199_999 }));
        expect(await outcome(limited)).toEqual(['tooLong', true]);
      }));

    test('reports a connection that is closed without an answer as reset', () =>
      on(async (stage) => {
        const work = exchange(open(stage), stage.clock, get('/hangUp'));
        expect(await outcome(work)).toEqual(['reset', true]);
      }));

    test('answers 500 for a handler that fails', () =>
      on(async (stage) => {
        const reply = await exchange(open(stage), stage.clock, get('/bug'));
        expect([reply.status, reply.text]).toEqual([500, 'internal error']);
      }));

    test('lets go of a silent server at the deadline', () =>
      on(async (stage) => {
        const { clock, pass } = handClock();
        const work = outcome(exchange(open(stage), clock, get('/silence')));
        while (stage.arrived.length === 0) await sleep(stage.clock, 5);
        pass();
        expect(await work).toEqual(['deadline', true]);
      }));

    test('refuses another certificate before anything arrives', () =>
      on(async (stage) => {
        const pinned = { kind: 'pin', sha256Fingerprint: other.fingerprint } as const;
        const signed = { kind: 'authority', ca: other.cert } as const;
        for (const trust of [pinned, signed]) {
          const work = exchange(open(stage, { trust }), stage.clock, get('/echo'));
          expect(await outcome(work)).toEqual(['certificate', false]);
        }
        const known = { kind: 'authority', ca: certificate.cert } as const;
        expect((await exchange(open(stage, { trust: known }), stage.clock, get('/echo'))).status).toBe(201);
        expect(stage.arrived).toEqual(['GET /echo']);
        expect(() => open(stage, { trust: { kind: 'plaintext' } })).toThrow(TransportError);
      }));

    test('reports plain HTTP spoken to TLS', () =>
      on(async (stage) => {
        const plain = {
          origin: stage.origin.replace('https', 'http'),
          trust: { kind: 'plaintext' },
        } as const;
        const work = exchange(open(stage, plain), stage.clock, get('/echo'));
        expect(await outcome(work)).toEqual(['reset', true]);
        expect(stage.arrived).toEqual([]);
      }));

    test('refuses when nobody listens any more, also on a connection that was open', () =>
      on(async (stage) => {
        const dispatcher = open(stage);
        await exchange(dispatcher, stage.clock, get('/echo'));
        const port = Number(new URL(stage.origin).port);
        const { hostname } = new URL(stage.origin);
        expect(await stage.network.answersTcp(hostname, port, 5_000)).toBe(true);
        await stage.stopServer();
        await sleep(stage.clock, 50);
        expect(await outcome(exchange(dispatcher, stage.clock, get('/echo')))).toEqual(['refused', false]);
        expect(await stage.network.answersTcp(hostname, port, 5_000)).toBe(false);
      }));

    test('breaks what is under way when the server dies', () =>
      on(async (stage) => {
        const dispatcher = open(stage);
        const hung = outcome(exchange(dispatcher, stage.clock, get('/silence')));
        while (stage.arrived.length === 0) await sleep(stage.clock, 5);
        await stage.stopServer();
        expect(await hung).toEqual(['reset', true]);
      }));

    test('keeps a request behind a hung one in the queue, and never sends it after its deadline', () =>
      on(async (stage) => {
        const dispatcher = open(stage, { connections: 1 });
        const [first, second] = [handClock(), handClock()];
        const hung = outcome(exchange(dispatcher, first.clock, get('/silence')));
        while (stage.arrived.length === 0) await sleep(stage.clock, 5);
        const queued = outcome(exchange(dispatcher, second.clock, get('/queued')));
        await sleep(stage.clock, 20);
        second.pass();
        expect(await queued).toEqual(['deadline', false]);
        first.pass();
        expect(await hung).toEqual(['deadline', true]);
        expect((await exchange(dispatcher, stage.clock, get('/echo'))).status).toBe(201);
        expect(stage.arrived).toEqual(['GET /silence', 'GET /echo']);
      }));

    test('asks whether a request may still go when its turn comes, sends none that may not, and keeps the connection', () =>
      on(async (stage) => {
        const dispatcher = open(stage, { connections: 1 });
        const { clock, pass } = handClock();
        const hung = outcome(exchange(dispatcher, clock, get('/silence')));
        while (stage.arrived.length === 0) await sleep(stage.clock, 5);
        const steps: string[] = [];
        let because: string | undefined;
        const mayGo = (): string | undefined => {
          steps.push('asked');
          return because;
        };
        const waiting = [0, 1].map(() =>
          exchange(dispatcher, stage.clock, get('/reboot', { mayGo })).catch((error: unknown) => error),
        );
        const stream = openStream(dispatcher, stage.clock, get('/reboot', { mayGo })).catch(
          (error: unknown) => error,
        );
        await sleep(stage.clock, 20);
        steps.push('its turn comes');
        because = 'the machine answers again';
        pass();
        await hung;
        for (const ended of [...(await Promise.all(waiting)), await stream]) {
          expect(ended).toMatchObject({ failure: 'withheld', mayHaveArrived: false, message: because });
        }
        because = undefined;
        expect((await exchange(dispatcher, stage.clock, get('/echo', { mayGo }))).status).toBe(201);
        expect(steps).toEqual(['its turn comes', 'asked', 'asked', 'asked', 'asked']);
        expect(stage.arrived).toEqual(['GET /silence', 'GET /echo']);
      }));

    test('sends nothing when the last question itself fails', () =>
      on(async (stage) => {
        const mayGo = (): string | undefined => {
          throw new Error('a bug of the judge');
        };
        const ended = exchange(open(stage), stage.clock, get('/echo', { mayGo }));
        expect(await outcome(ended)).toMatchObject([expect.anything(), false]);
        expect(stage.arrived).toEqual([]);
      }));

    test("does not tell a queued request of its own signal, as undici's issue 386 says", () =>
      on(async (stage) => {
        const dispatcher = open(stage, { connections: 1 });
        const { clock, pass } = handClock();
        const hung = outcome(exchange(dispatcher, clock, get('/silence')));
        while (stage.arrived.length === 0) await sleep(stage.clock, 5);
        const stop = new AbortController();
        const steps: string[] = [];
        const bare = dispatcher.request({ method: 'GET', path: '/bare', signal: stop.signal }).catch(() => {
          steps.push('told');
        });
        stop.abort();
        await sleep(stage.clock, 100);
        steps.push('100 ms later');
        pass();
        await hung;
        await bare;
        expect(steps).toEqual(['100 ms later', 'told']);
        expect(stage.arrived).toEqual(['GET /silence']);
      }));

    test('streams a reply piece by piece, and reports one that breaks', () =>
      on(async (stage) => {
        const dispatcher = open(stage);
        const whole = await openStream(dispatcher, stage.clock, get('/stream'));
        expect(await readAll(whole.chunks)).toBe('再0\n再1\n再2\n');
        const broken = await openStream(dispatcher, stage.clock, get('/brokenStream'));
        expect(await outcome(readAll(broken.chunks))).toEqual(['reset', true]);
      }));

    test('after close lets what runs finish and takes no more; after destroy ends it', () =>
      on(async (stage) => {
        const closing = open(stage);
        const last = exchange(closing, stage.clock, get('/slow'));
        const closed = closing.close();
        expect(await outcome(exchange(closing, stage.clock, get('/slow')))).toEqual(['closedHere', false]);
        expect((await last).text).toBe('slow');
        await closed;
        const destroyed = open(stage, { connections: 1 });
        const both = ['/silence', '/queued'].map((path) =>
          outcome(exchange(destroyed, stage.clock, get(path))),
        );
        while (stage.arrived.length < 2) await sleep(stage.clock, 5);
        await destroyed.destroy();
        const [running, queued] = await Promise.all(both);
        expect(running).toEqual(['closedHere', true]);
        expect(queued).toEqual(['closedHere', false]);
        expect(stage.arrived).toEqual(['GET /slow', 'GET /silence']);
      }));

    test('refuses a header that would be a second line, before anything is sent', () =>
      on(async (stage) => {
        const request = get('/echo', { headers: { authorization: 'Basic eA==\r\nX-Evil: 1' } });
        expect(await outcome(exchange(open(stage), stage.clock, request))).toEqual(['protocol', false]);
        expect(stage.arrived).toEqual([]);
      }));
  });
}
