import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../../src/adapters/clock/systemClock.ts';
import { createKubernetesApi } from '../../../src/adapters/kubernetes/api.ts';
import { type Connection, explicitConnection } from '../../../src/adapters/kubernetes/connection.ts';
import { StatusError } from '../../../src/adapters/kubernetes/statusError.ts';
import { createTransport, type Transport } from '../../../src/adapters/kubernetes/transport.ts';
import { createSocketNetwork } from '../../../src/adapters/network/sockets.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { KubernetesError } from '../../../src/ports/kubernetes.ts';
import { makeCertificate, type TestCertificate } from '../network/certificates.ts';
import { type Bench, createBench, type Seen } from '../network/servers.ts';
import { createManualClock, eventually, middle } from './manualClock.ts';
import { host, hostKind, lab, listOf } from './sampleObjects.ts';

let bench: Bench;
let certificate: TestCertificate;
let server: Seen;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  bench = createBench();
  certificate = await makeCertificate({ isAuthority: true });
  answer = (_, response) => json(response, 200, host('a', 5));
  server = await bench.https({ certificate }, (request, response) => answer(request, response));
});

afterEach(() => bench.closeAll());

function json(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, code: number, reason: string, headers: object = {}): void {
  json(
    response,
    code,
    { kind: 'Status', status: 'Failure', code, reason, message: `it is ${reason}` },
    headers,
  );
}

function transportTo(port: number, over: { clock?: Clock; connection?: Connection } = {}): Transport {
  const origin = `https://127.0.0.1:${port}`;
  const transport = createTransport({
    connection: over.connection ?? explicitConnection({ origin, caPem: certificate.cert, token: 'secret' }),
    network: createSocketNetwork(),
    clock: over.clock ?? systemClock,
    random: over.clock === undefined ? systemRandom : middle,
    userAgent: 'kintsugi/test',
  });
  bench.onClose(() => transport.close());
  return transport;
}

const get = { verb: 'get', target: { kind: hostKind, ...lab('a') }, deadlineMs: 10_000 } as const;
const put = { ...get, verb: 'update', body: host('a', 5) } as const;

async function failureOf(work: Promise<unknown>): Promise<KubernetesError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof KubernetesError)) throw new Error(`expected a KubernetesError, got ${error}`);
  return error;
}

describe('connections', () => {
  test('a hundred requests in a row reuse their connection (client-node: one TLS handshake each)', async () => {
    const transport = transportTo(server.port);
    for (let count = 0; count < 100; count++) await transport.request(get);
    // The pool takes a second one when a request comes before the connection has noticed the end of the last answer.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test('any number at once share eight connections (client-node: all stay open)', async () => {
    const transport = transportTo(server.port);
    await Promise.all(Array.from({ length: 100 }, () => transport.request(get)));
    expect(server.connections).toBeLessThanOrEqual(8);
  });

  test('watches have connections of their own, so that they never hold up a request', async () => {
    answer = (request, response) => {
      if (!request.url?.includes('watch=true')) json(response, 200, host('a', 5));
      else response.writeHead(200).flushHeaders();
    };
    const transport = transportTo(server.port);
    const stop = new AbortController();
    const asked = { target: { kind: hostKind }, query: {}, deadlineMs: 10_000, signal: stop.signal };
    const watches = await Promise.all(Array.from({ length: 12 }, () => transport.watch(asked)));
    await expect(transport.request(get)).resolves.toMatchObject({ kind: 'Host' });
    for (const watch of watches) watch.close();
  });

  test('sends the token, says who asks, and does not ask for compression', async () => {
    let headers: IncomingMessage['headers'] = {};
    answer = (request, response) => {
      headers = request.headers;
      json(response, 200, host('a', 5));
    };
    await transportTo(server.port).request(get);
    expect(headers).toMatchObject({
      authorization: 'Bearer secret',
      'user-agent': 'kintsugi/test',
      'accept-encoding': 'identity',
    });
  });

  test('counts requests by verb and resource', async () => {
    const transport = transportTo(server.port);
    await transport.request(get);
    await transport.request(get);
    await transport.request({ ...put, target: { ...put.target, subresource: 'status' } });
    expect(transport.counters()).toEqual({ 'get hosts': 2, 'update hosts/status': 1 });
  });

  test('refuses a server that another authority vouches for, and says nothing to it', async () => {
    const other = await makeCertificate({ isAuthority: true });
    const origin = `https://127.0.0.1:${server.port}`;
    const connection = explicitConnection({ origin, caPem: other.cert, token: 'secret' });
    const clock = createManualClock();
    const failure = failureOf(
      transportTo(server.port, { connection, clock }).request({ ...put, deadlineMs: 100 }),
    );
    expect(await failure).toMatchObject({ reason: 'connection certificate', mayHaveArrived: false });
    expect(server.requests).toEqual([]);
  });
});

describe('deadlines', () => {
  test('hold when the server never answers (client-node: five minutes, or for ever)', async () => {
    answer = () => {};
    const clock = createManualClock();
    const failure = failureOf(transportTo(server.port, { clock }).request(put));
    await eventually(() => server.requests.length === 1);
    await clock.advance(10_000);
    expect(await failure).toMatchObject({ reason: 'connection deadline', mayHaveArrived: true });
  });

  test('hold while the connection is being made', async () => {
    const mute = await bench.tcp(() => {});
    const clock = createManualClock();
    const failure = failureOf(transportTo(mute.port, { clock }).request(get));
    await eventually(() => mute.connections === 1);
    await clock.advance(10_000);
    expect(await failure).toMatchObject({ reason: 'connection deadline' });
  });

  test('hold in the queue, and what waited there is never sent', async () => {
    const waiting: ServerResponse[] = [];
    answer = (_, response) => waiting.push(response);
    const clock = createManualClock();
    const transport = transportTo(server.port, { clock });
    const others = Array.from({ length: 8 }, () => transport.request({ ...get, deadlineMs: 60_000 }));
    await eventually(() => waiting.length === 8);
    const failure = failureOf(transport.request(put));
    await clock.advance(10_000);
    expect(await failure).toMatchObject({ reason: 'connection deadline' });
    answer = (_, response) => json(response, 200, host('a', 5));
    for (const response of waiting) json(response, 200, host('a', 5));
    await Promise.all(others);
    await transport.request({ ...get, deadlineMs: 60_000 });
    expect(server.requests.filter((line) => line.startsWith('PUT'))).toEqual([]);
  });

  test('hold for credentials that never come', async () => {
    const clock = createManualClock();
    const never = new Promise<never>(() => {});
    const connection: Connection = { current: () => never, refresh: () => never };
    const failure = failureOf(transportTo(server.port, { clock, connection }).request(get));
    await clock.advance(10_000);
    expect(await failure).toMatchObject({ reason: 'NoCredentials', mayHaveArrived: false });
  });
});

describe('repeating', () => {
  test('a read waits as long as 429 or 503 asks for, and is repeated', async () => {
    for (const status of [429, 503]) {
      const before = server.requests.length;
      answer = (_, response) =>
        server.requests.length === before + 1
          ? refuse(response, status, 'Busy', { 'retry-after': '3' })
          : json(response, 200, host('a', 5));
      const clock = createManualClock();
      const reply = transportTo(server.port, { clock }).request(get);
      await eventually(() => clock.waits().includes(3_000));
      await clock.advance(3_000);
      await expect(reply).resolves.toMatchObject({ kind: 'Host' });
      expect(server.requests.length - before).toBe(2);
    }
  });

  test('a write is repeated after 429, since it was not applied', async () => {
    answer = (_, response) =>
      server.requests.length === 1
        ? refuse(response, 429, 'TooManyRequests', { 'retry-after': '2' })
        : json(response, 200, host('a', 6));
    const clock = createManualClock();
    const reply = transportTo(server.port, { clock }).request(put);
    await eventually(() => clock.waits().includes(2_000));
    await clock.advance(2_000);
    await reply;
    expect(server.requests).toHaveLength(2);
  });

  test('a write is not repeated after 503, 504 or a broken connection, since it may have been applied', async () => {
    const faults: ((response: ServerResponse) => void)[] = [
      (response) => refuse(response, 503, 'ServiceUnavailable', { 'retry-after': '1' }),
      (response) => refuse(response, 504, 'Timeout'),
      (response) => response.socket?.destroy(),
      (response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{');
        setImmediate(() => response.socket?.destroy());
      },
      (response) => response.end('<html>not an API server</html>'),
    ];
    for (const [index, fault] of faults.entries()) {
      answer = (_, response) => fault(response);
      const failure = await failureOf(transportTo(server.port).request(put));
      expect(failure.mayHaveArrived).toBe(true);
      expect(server.requests).toHaveLength(index + 1);
    }
  });

  test('a read is repeated after a broken connection', async () => {
    answer = (_, response) =>
      server.requests.length === 1 ? response.socket?.destroy() : json(response, 200, host('a', 5));
    await expect(transportTo(server.port).request(get)).resolves.toMatchObject({ kind: 'Host' });
  });

  test('ends after four tries', async () => {
    answer = (_, response) => refuse(response, 500, 'InternalError', { 'retry-after': '0' });
    const failure = await failureOf(transportTo(server.port).request(get));
    expect([failure.status, server.requests.length]).toEqual([500, 4]);
  });

  test('does not begin a wait that would outlast the deadline, and hands it to the caller', async () => {
    answer = (_, response) => refuse(response, 429, 'TooManyRequests', { 'retry-after': '3600' });
    const failure = await failureOf(transportTo(server.port).request(get));
    expect(failure.retryAfterMs).toBe(3_600_000);
    expect(server.requests).toHaveLength(1);
  });

  test('does not repeat what the server understood and refused', async () => {
    answer = (_, response) => refuse(response, 403, 'Forbidden');
    expect(await failureOf(transportTo(server.port).request(get))).toMatchObject({ status: 403 });
    expect(server.requests).toHaveLength(1);
  });

  test('a wait between two tries ends when the caller gives up', async () => {
    answer = (_, response) => refuse(response, 429, 'TooManyRequests', { 'retry-after': '3' });
    const clock = createManualClock();
    const stop = new AbortController();
    const reply = transportTo(server.port, { clock }).request({ ...get, signal: stop.signal });
    await eventually(() => clock.waits().includes(3_000));
    stop.abort(new Error('stopping'));
    await expect(reply).rejects.toThrow('stopping');
    expect(clock.timers()).toBe(0);
  });
});

describe('401', () => {
  function rotating(): { connection: Connection; refreshes: () => number } {
    const origin = `https://127.0.0.1:${server.port}`;
    let token = 'old';
    let refreshes = 0;
    const current = async () =>
      await explicitConnection({ origin, caPem: certificate.cert, token }).current();
    const refresh = async () => {
      refreshes += 1;
      token = 'new';
      return await current();
    };
    return { connection: { current, refresh }, refreshes: () => refreshes };
  }

  test('fetches fresh credentials and repeats once, a write too (client-node: fails until the minute is over)', async () => {
    answer = (request, response) =>
      request.headers.authorization === 'Bearer new'
        ? json(response, 200, host('a', 6))
        : refuse(response, 401, 'Unauthorized');
    const { connection, refreshes } = rotating();
    await transportTo(server.port, { connection }).request(put);
    expect([refreshes(), server.requests.length]).toEqual([1, 2]);
  });

  test('is an error when the fresh ones are refused too', async () => {
    answer = (_, response) => refuse(response, 401, 'Unauthorized');
    const { connection, refreshes } = rotating();
    const failure = await failureOf(transportTo(server.port, { connection }).request(put));
    expect(failure).toMatchObject({ status: 401, mayHaveArrived: false });
    expect([refreshes(), server.requests.length]).toEqual([1, 2]);
  });

  test('does the same for a watch', async () => {
    answer = (request, response) => {
      if (request.headers.authorization === 'Bearer new') response.writeHead(200).flushHeaders();
      else refuse(response, 401, 'Unauthorized');
    };
    const transport = transportTo(server.port, { connection: rotating().connection });
    const signal = new AbortController().signal;
    const watch = await transport.watch({
      target: { kind: hostKind },
      query: {},
      deadlineMs: 10_000,
      signal,
    });
    watch.close();
    expect(server.requests).toHaveLength(2);
  });
});

describe('a refusal', () => {
  test('is read once: reason, sentence, causes and the field (client-node: the body is a string)', async () => {
    answer = (_, response) =>
      json(response, 422, {
        kind: 'Status',
        code: 422,
        reason: 'Invalid',
        message: 'Host.kintsugi.dev "a" is invalid: spec.rack: Required value',
        details: {
          causes: [
            { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.rack' },
            { reason: 'FieldValueInvalid', message: 'some rules were not run', field: '<nil>' },
          ],
        },
      });
    const failure = await failureOf(transportTo(server.port).request(put));
    expect(failure).toBeInstanceOf(StatusError);
    expect(failure).toMatchObject({
      status: 422,
      reason: 'Invalid',
      field: 'spec.rack',
      serverMessage: 'Host.kintsugi.dev "a" is invalid: spec.rack: Required value',
      mayHaveArrived: false,
    });
    expect(failure.message).toMatch(/^update hosts: 422 Invalid: /);
  });

  test('of a watch is read too, and a body that never ends is not waited for', async () => {
    answer = (_, response) => {
      response.writeHead(410, { 'content-type': 'application/json' });
      response.write('{"kind":"Status","code":410,"rea');
    };
    const clock = createManualClock();
    const transport = transportTo(server.port, { clock });
    const signal = new AbortController().signal;
    const failure = failureOf(
      transport.watch({ target: { kind: hostKind }, query: {}, deadlineMs: 10_000, signal }),
    );
    await eventually(() => clock.waits().includes(5_000));
    await clock.advance(5_000);
    expect(await failure).toMatchObject({ status: 410, reason: 'Gone' });
  });
});

describe('the API over it', () => {
  const apiTo = () => createKubernetesApi({ transport: transportTo(server.port) });

  test('gives objects as they were sent, dates as text and unknown metadata kept (client-node: Date, and dropped)', async () => {
    const sent = {
      ...host('a', 5),
      metadata: { ...host('a', 5).metadata, creationTimestamp: '2026-01-02T03:04:05Z', newInFuture: 7 },
    };
    answer = (_, response) => json(response, 200, sent);
    expect(await apiTo().read(hostKind, lab('a'))).toEqual(sent);
  });

  test('lists every page', async () => {
    answer = (request, response) =>
      json(
        response,
        200,
        request.url?.includes('continue=') ? listOf([host('b', 6)], 9) : listOf([host('a', 5)], 9, 'x/y='),
      );
    expect((await apiTo().list(hostKind)).map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(server.requests[1]).toBe('GET /apis/kintsugi.dev/v1alpha1/hosts?limit=500&continue=x%2Fy%3D');
  });

  test('reads undefined for an object that is not there, and fails for a kind that is not there', async () => {
    answer = (_, response) => refuse(response, 404, 'NotFound');
    expect(await apiTo().read(hostKind, lab('a'))).toBeUndefined();
    answer = (_, response) => response.writeHead(404).end('404 page not found');
    await expect(apiTo().read(hostKind, lab('a'))).rejects.toThrow('404 page not found');
  });

  test('writes the status at the version that was read, to the status alone', async () => {
    let body = '';
    answer = (request, response) => {
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => json(response, 200, host('a', 6)));
    };
    const object = { ...host('a', 5), status: { live: true } };
    expect(await apiTo().writeStatus(hostKind, object)).toEqual({ kind: 'written', object: host('a', 6) });
    expect(server.requests).toEqual(['PUT /apis/kintsugi.dev/v1alpha1/namespaces/lab/hosts/a/status']);
    expect(JSON.parse(body)).toMatchObject({ metadata: { resourceVersion: '5' }, status: { live: true } });
  });

  test('refuses to write a status without a version', async () => {
    const { resourceVersion: _, ...metadata } = host('a', 5).metadata;
    await expect(apiTo().writeStatus(hostKind, { ...host('a', 5), metadata })).rejects.toThrow(
      'only against the resourceVersion',
    );
  });

  test.each([
    [409, 'Conflict', { kind: 'conflict' }],
    [404, 'NotFound', { kind: 'gone' }],
    [422, 'Invalid', { kind: 'refused', message: 'it is Invalid' }],
    [403, 'Forbidden', { kind: 'refused', message: 'it is Forbidden' }],
    [
      500,
      'InternalError',
      { kind: 'uncertain', because: 'update hosts/status: 500 InternalError: it is InternalError' },
    ],
  ])('a write answered with %i %s is a value', async (status, reason, outcome) => {
    answer = (_, response) => refuse(response, status, reason);
    expect(await apiTo().writeStatus(hostKind, host('a', 5))).toEqual(outcome);
  });

  test('a write whose reply is lost is uncertain, one that never left is an error', async () => {
    answer = (_, response) => response.socket?.destroy();
    expect(await apiTo().writeStatus(hostKind, host('a', 5))).toMatchObject({ kind: 'uncertain' });
    await server.stop();
    const clock = createManualClock();
    const api = createKubernetesApi({ transport: transportTo(server.port, { clock }) });
    let failed = false;
    const failure = failureOf(api.writeStatus(hostKind, host('a', 5))).finally(() => {
      failed = true;
    });
    while (!failed) {
      await eventually(() => failed || clock.waits().some((wait) => wait < 2_000));
      await clock.advance(2_000);
    }
    expect(await failure).toMatchObject({ reason: 'connection refused', mayHaveArrived: false });
  });

  test('creating under a taken name says so', async () => {
    answer = (_, response) => refuse(response, 409, 'AlreadyExists');
    expect(await apiTo().create(hostKind, host('a', 5))).toEqual({ kind: 'exists' });
    expect(server.requests).toEqual(['POST /apis/kintsugi.dev/v1alpha1/namespaces/lab/hosts']);
  });
});
