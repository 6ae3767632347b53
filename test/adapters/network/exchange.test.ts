import { getEventListeners } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/systemClock.ts';
import { exchange, openStream } from '../../../src/adapters/network/exchange.ts';
import { createSocketNetwork } from '../../../src/adapters/network/sockets.ts';
import { TransportError } from '../../../src/adapters/network/transportError.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { makeCertificate, type TestCertificate } from './certificates.ts';
import { handClock } from './handClock.ts';
import { createBench, type Seen } from './servers.ts';

const bench = createBench();
let certificate: TestCertificate;

beforeAll(async () => {
  certificate = await makeCertificate();
});

afterEach(() => bench.closeAll());

function open(seen: Seen, connections = 1): Dispatcher {
  const dispatcher = createSocketNetwork().open({
    origin: `https://127.0.0.1:${seen.port}`,
    trust: { kind: 'pin', sha256Fingerprint: certificate.fingerprint },
    connections,
  });
  bench.onClose(() => dispatcher.destroy());
  return dispatcher;
}

const serve = (listener: RequestListener): Promise<Seen> => bench.https({ certificate }, listener);
const farMs = 30_000;

/** What both ways of asking end with: the whole reply, and the stream read to its end. */
async function bothFailures(
  dispatcher: Dispatcher,
  more: { readonly deadlineMs?: number; readonly clock?: Clock } = {},
): Promise<readonly unknown[]> {
  const { clock = systemClock, deadlineMs = farMs } = more;
  const request = { method: 'GET', path: '/', deadlineMs } as const;
  const whole = exchange(dispatcher, clock, request);
  const [fromWhole] = await Promise.allSettled([whole]);
  const stream = openStream(dispatcher, clock, request).then((opened) => readAll(opened.chunks));
  const [fromStream] = await Promise.allSettled([stream]);
  return [fromWhole, fromStream].map((settled) =>
    settled.status === 'rejected' ? settled.reason : 'fulfilled',
  );
}

async function readAll(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}

test('sends what it is given and returns status, headers and text', async () => {
  const seen = await serve((request, response) => {
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => {
      response.writeHead(201, { 'set-cookie': ['a=1', 'b=2'] });
      response.end(`${request.method} ${request.headers['x-sent']} ${body}`);
    });
  });
  const reply = await exchange(open(seen), systemClock, {
    method: 'POST',
    path: '/jsonrpc',
    headers: { 'x-sent': 'yes' },
    body: '再起動',
    deadlineMs: farMs,
  });
  expect(reply.status).toBe(201);
  expect(reply.headers['set-cookie']).toBe('a=1, b=2');
  expect(reply.text).toBe('POST yes 再起動');
});

test('calls a closed port refused, and certain not to have arrived', async () => {
  const seen = await serve((_, response) => response.end());
  const dispatcher = open(seen);
  await seen.stop();
  for (const failure of await bothFailures(dispatcher)) {
    expect(failure).toMatchObject({ failure: 'refused', mayHaveArrived: false });
  }
});

test('calls a connection broken before the reply reset, and possibly arrived', async () => {
  const seen = await serve((request) => request.socket.destroy());
  for (const failure of await bothFailures(open(seen))) {
    expect(failure).toMatchObject({ failure: 'reset', mayHaveArrived: true });
  }
});

test('calls a connection broken during the TLS handshake certain not to have arrived', async () => {
  const seen = await bench.tcp((socket) => socket.destroy());
  for (const failure of await bothFailures(open(seen))) {
    expect(failure).toMatchObject({ failure: 'reset', mayHaveArrived: false });
  }
});

test('never takes half a body for a whole one', async () => {
  for (const headers of [{ 'content-length': '100' }, { 'transfer-encoding': 'chunked' }]) {
    const seen = await serve((request, response) => {
      response.writeHead(200, headers);
      response.write('{"half":', () => request.socket.destroy());
    });
    for (const failure of await bothFailures(open(seen))) {
      expect(failure).toMatchObject({ failure: 'reset', mayHaveArrived: true });
    }
  }
});

test('refuses a reply longer than the limit, counted in bytes, and takes one that just fits', async () => {
  const seen = await serve((_, response) => response.end('é'.repeat(10)));
  const request = { method: 'GET', path: '/', deadlineMs: farMs } as const;
  const dispatcher = open(seen);
  expect((await exchange(dispatcher, systemClock, { ...request, maxBytes: 20 })).text).toBe('é'.repeat(10));
  const tooLong = exchange(dispatcher, systemClock, { ...request, maxBytes: 19 });
  await expect(tooLong).rejects.toMatchObject({ failure: 'tooLong', mayHaveArrived: true });
  expect((await exchange(dispatcher, systemClock, { ...request, maxBytes: 20 })).status).toBe(200);
});

test('puts characters together that were cut between two chunks', async () => {
  const letters = Buffer.from('再起');
  const seen = await serve((_, response) => {
    response.write(letters.subarray(0, 2));
    setImmediate(() => response.end(letters.subarray(2)));
  });
  const request = { method: 'GET', path: '/', deadlineMs: farMs } as const;
  expect((await exchange(open(seen), systemClock, request)).text).toBe('再起');
  expect(await readAll((await openStream(open(seen), systemClock, request)).chunks)).toBe('再起');
});

test('says that a peer does not speak HTTP, or not TLS', async () => {
  const notHttp = await bench.http((_, response) => response.end());
  const dispatcher = open(notHttp);
  for (const failure of await bothFailures(dispatcher)) {
    expect(failure).toMatchObject({ failure: 'protocol', mayHaveArrived: false });
  }
  const banner = await bench.tcp((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
  const plain = createSocketNetwork().open({
    origin: `http://127.0.0.1:${banner.port}`,
    trust: { kind: 'plaintext' },
    connections: 1,
  });
  bench.onClose(() => plain.destroy());
  for (const failure of await bothFailures(plain)) {
    expect(failure).toMatchObject({ failure: 'protocol', mayHaveArrived: true });
  }
});

test('takes the head of a reply whose body never ends, where its status says enough, and what came of the body', async () => {
  let requests = 0;
  const seen = await serve((_, response) => {
    requests += 1;
    if (requests > 1) return response.end('whole');
    response.writeHead(401, { 'content-type': 'text/plain' });
    response.write('begun');
  });
  const dispatcher = open(seen);
  const bodyWithinMs = (status: number): number | undefined => (status === 401 ? 50 : undefined);
  const request = { method: 'GET', path: '/', deadlineMs: farMs, bodyWithinMs } as const;
  expect(await exchange(dispatcher, systemClock, request)).toMatchObject({ status: 401, text: 'begun' });
  expect(await exchange(dispatcher, systemClock, request)).toMatchObject({ status: 200, text: 'whole' });
});

test('lets go at the deadline when the server is silent in TLS, and knows that nothing was sent', async () => {
  const seen = await bench.tcp((socket) => socket.resume());
  const dispatcher = open(seen);
  const trap = pendingAfter(dispatcher);
  for (const failure of await bothFailures(dispatcher, { deadlineMs: 60 })) {
    expect(failure).toMatchObject({ failure: 'deadline', mayHaveArrived: false });
  }
  // undici's own signal would not have let go yet: the plain request with an aborted signal is still pending.
  expect(await trap).toBe('still pending');
});

/** Asks undici alone with a signal that is aborted at once; says whether the promise has settled 60 ms later. */
async function pendingAfter(dispatcher: Dispatcher): Promise<string> {
  const stop = new AbortController();
  const asked = dispatcher.request({ method: 'GET', path: '/', signal: stop.signal }).then(
    () => 'settled',
    () => 'settled',
  );
  stop.abort();
  const waited = new Promise<string>((resolve) => {
    systemClock.after(60, () => resolve('still pending'));
  });
  return await Promise.race([asked, waited]);
}

test('releases a request queued behind a hung one at its deadline, and never sends it', async () => {
  const hung: ServerResponse[] = [];
  const arrived = Promise.withResolvers<void>();
  const seen = await serve((request, response) => {
    if (request.url !== '/hang') {
      response.end('ok');
      return;
    }
    hung.push(response);
    arrived.resolve();
  });
  const dispatcher = open(seen, 1);
  const first = exchange(dispatcher, systemClock, { method: 'GET', path: '/hang', deadlineMs: farMs });
  await arrived.promise;
  const { clock, pass } = handClock();
  const queued = exchange(dispatcher, clock, { method: 'POST', path: '/reboot', body: 'x', deadlineMs: 80 });
  pass();
  await expect(queued).rejects.toMatchObject({ failure: 'deadline', mayHaveArrived: false });
  const last = exchange(dispatcher, systemClock, { method: 'GET', path: '/last', deadlineMs: farMs });
  for (const response of hung) response.end('done');
  expect((await first).text).toBe('done');
  expect((await last).text).toBe('ok');
  expect(seen.requests).toEqual(['GET /hang', 'GET /last']);
});

test('a wave of requests that may not go any more is refused over connections that stay open', async () => {
  const seen = await serve((_, response) => response.end('ok'));
  const dispatcher = open(seen, 2);
  const ask = (mayGo: () => string | undefined) =>
    exchange(dispatcher, systemClock, {
      method: 'POST',
      path: '/start',
      body: 'x',
      deadlineMs: farMs,
      mayGo,
    });
  await Promise.all([ask(() => undefined), ask(() => undefined)]);
  const wave = await Promise.allSettled(Array.from({ length: 20 }, () => ask(() => 'it is not dead')));
  for (const one of wave) {
    expect(one).toMatchObject({ reason: { failure: 'withheld', message: 'it is not dead' } });
  }
  await ask(() => undefined);
  expect(seen.requests).toEqual(['POST /start', 'POST /start', 'POST /start']);
  expect(seen.connections).toBe(2);
});

test('says that a request which was sent and not answered in time may have arrived', async () => {
  const { clock, pass } = handClock();
  const seen = await serve(pass);
  for (const failure of await bothFailures(open(seen), { clock })) {
    expect(failure).toMatchObject({ failure: 'deadline', mayHaveArrived: true });
  }
});

test('bounds a body that stops in the middle', async () => {
  const { clock, pass } = handClock();
  const seen = await serve((_, response) => response.writeHead(200).write('half', pass));
  const asked = exchange(open(seen), clock, { method: 'GET', path: '/', deadlineMs: farMs });
  await expect(asked).rejects.toMatchObject({ failure: 'deadline', mayHaveArrived: true });
});

test("throws the caller's own reason, and sends nothing when the caller had given up before", async () => {
  const stop = new AbortController();
  const reason = new Error('leadership lost');
  const seen = await serve(() => stop.abort(reason));
  const request = { method: 'GET', path: '/', deadlineMs: farMs, signal: stop.signal } as const;
  await expect(exchange(open(seen), systemClock, request)).rejects.toBe(reason);
  await expect(exchange(open(seen), systemClock, request)).rejects.toBe(reason);
  await expect(openStream(open(seen), systemClock, request)).rejects.toBe(reason);
  expect(seen.requests).toEqual(['GET /']);
});

test('a stream outlives its deadline once its head is there, and ends with the reason of who ends it', async () => {
  const seen = await serve((_, response) => response.writeHead(200).write('first'));
  const dispatcher = open(seen, 3);
  const stop = new AbortController();
  const { clock, pass } = handClock();
  const request = { method: 'GET', path: '/', deadlineMs: farMs, signal: stop.signal } as const;
  const closed = await openStream(dispatcher, clock, request);
  const stopped = await openStream(dispatcher, clock, request);
  pass();
  const readings = [closed, stopped].map((stream) => readAll(stream.chunks));
  const ends = Promise.allSettled(readings);
  closed.close();
  const reason = new Error('shutting down');
  stop.abort(reason);
  const [first, second] = await ends;
  expect(first).toMatchObject({ status: 'rejected', reason: { failure: 'closedHere' } });
  expect(second).toMatchObject({ status: 'rejected', reason });
});

test('leaves no listener on a long-lived signal, however a request or a stream ends', async () => {
  const seen = await serve((request, response) => {
    if (request.url === '/reset') request.socket.destroy();
    else if (request.url === '/half') response.writeHead(200).write('x', () => request.socket.destroy());
    else if (request.url === '/open') response.writeHead(200).write('x');
    else if (request.url === '/hang') return;
    else response.end('ok');
  });
  const dispatcher = open(seen, 4);
  const { signal } = new AbortController();
  const ask = (path: string) =>
    ({ method: 'GET', path, deadlineMs: path === '/hang' ? 50 : farMs, signal }) as const;
  for (let round = 0; round < 3; round++) {
    const whole = ['/ok', '/reset', '/half', '/hang'].map((path) =>
      exchange(dispatcher, systemClock, ask(path)),
    );
    await Promise.allSettled(whole);
    for (const path of ['/ok', '/half', '/reset', '/hang']) {
      const stream = await openStream(dispatcher, systemClock, ask(path)).catch(() => undefined);
      if (stream !== undefined) await readAll(stream.chunks).catch(() => {});
    }
    const closed = await openStream(dispatcher, systemClock, ask('/open'));
    closed.close();
    const broken = await openStream(dispatcher, systemClock, ask('/open'));
    for await (const _ of broken.chunks) break;
  }
  await new Promise<void>((resolve) => {
    systemClock.after(0, resolve);
  });
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('a stream that breaks before anyone reads it does not end the process', async () => {
  const seen = await serve((request, response) => {
    response.writeHead(200).write('x', () => request.socket.destroy());
  });
  const stream = await openStream(open(seen), systemClock, { method: 'GET', path: '/', deadlineMs: farMs });
  await new Promise<void>((resolve) => {
    systemClock.after(50, resolve);
  });
  await expect(readAll(stream.chunks)).rejects.toBeInstanceOf(TransportError);
});
