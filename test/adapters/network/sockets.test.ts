import type { RequestListener } from 'node:http';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Dispatcher } from 'undici';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/systemClock.ts';
import { type ExchangeReply, exchange } from '../../../src/adapters/network/exchange.ts';
import { createSocketNetwork } from '../../../src/adapters/network/sockets.ts';
import { TransportError } from '../../../src/adapters/network/transportError.ts';
import { pinMismatch } from '../../../src/adapters/network/trust.ts';
import type { Trust } from '../../../src/ports/network.ts';
import { makeCertificate, type TestCertificate } from './certificates.ts';
import { createBench } from './servers.ts';

const bench = createBench();
let right: TestCertificate;
let other: TestCertificate;
let expired: TestCertificate;
let authority: TestCertificate;
let signed: TestCertificate;

beforeAll(async () => {
  right = await makeCertificate();
  other = await makeCertificate();
  expired = await makeCertificate({
    notBeforeDate: new Date(Date.UTC(2020, 0, 1)),
    notAfterDate: new Date(Date.UTC(2021, 0, 1)),
  });
  authority = await makeCertificate({ isAuthority: true });
  signed = await makeCertificate({ authority });
});

afterEach(() => bench.closeAll());

function open(origin: string, trust: Trust, connections = 1): Dispatcher {
  const dispatcher = createSocketNetwork().open({ origin, trust, connections });
  bench.onClose(() => dispatcher.destroy());
  return dispatcher;
}

const pin = (certificate: TestCertificate): Trust => ({
  kind: 'pin',
  sha256Fingerprint: certificate.fingerprint,
});

function get(dispatcher: Dispatcher, path: string, deadlineMs = 20_000): Promise<ExchangeReply> {
  return exchange(dispatcher, systemClock, { method: 'GET', path, deadlineMs });
}

async function failure(work: Promise<unknown>): Promise<TransportError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportError);
  return error as TransportError;
}

test('refuses a certificate other than the pinned one before a byte of HTTP is sent, naming both', async () => {
  const seen = await bench.https({ certificate: other }, (_, response) => response.end('ok'));
  const dispatcher = open(`https://127.0.0.1:${seen.port}`, pin(right));
  for (let attempt = 0; attempt < 3; attempt++) {
    const error = await failure(get(dispatcher, '/secret'));
    expect(error).toMatchObject({ failure: 'certificate', mayHaveArrived: false });
    const plain = (certificate: TestCertificate) => certificate.fingerprint.replaceAll(':', '').toLowerCase();
    expect(error.message).toContain(plain(right));
    expect(error.message).toContain(plain(other));
  }
  expect(seen.requests).toEqual([]);
  expect(seen.connections).toBe(3);
});

test('accepts a pin with or without colons, in either case', async () => {
  const seen = await bench.https({ certificate: right }, (_, response) => response.end('ok'));
  const written = right.fingerprint;
  for (const form of [
    written,
    written.toLowerCase(),
    written.replaceAll(':', ''),
    written.replaceAll(':', '').toLowerCase(),
  ]) {
    const dispatcher = open(`https://127.0.0.1:${seen.port}`, { kind: 'pin', sha256Fingerprint: form });
    expect((await get(dispatcher, '/')).text).toBe('ok');
  }
});

test('accepts an expired certificate when it is the pinned one', async () => {
  const seen = await bench.https({ certificate: expired }, (_, response) => response.end('ok'));
  expect((await get(open(`https://127.0.0.1:${seen.port}`, pin(expired)), '/')).status).toBe(200);
  const unpinned = open(`https://127.0.0.1:${seen.port}`, { kind: 'authority', ca: expired.cert });
  expect(await failure(get(unpinned, '/'))).toMatchObject({ failure: 'certificate', mayHaveArrived: false });
});

test('does not let a TLS session of earlier stand in for a certificate that has changed', async () => {
  const ticketKeys = Buffer.alloc(48, 7);
  const closing: RequestListener = (_, response) => {
    response.setHeader('connection', 'close');
    response.end('ok');
  };
  const before = await bench.https({ certificate: right, ticketKeys }, closing);
  const after = await bench.https({ certificate: other, ticketKeys }, closing);
  // The control: a client that keeps its session of the one server does resume it at the other.
  const resumed = await handshake(after.port, await sessionOf(before.port));
  expect(resumed).toEqual({ reused: true, certificate: undefined });
  expect(pinMismatch('https://member', right.fingerprint, resumed.certificate)).toBeInstanceOf(
    TransportError,
  );
  // A pool that kept sessions would see no certificate on its second connection, and so refuse a good peer.
  const dispatcher = open(`https://127.0.0.1:${before.port}`, pin(right));
  await get(dispatcher, '/1');
  await get(dispatcher, '/2');
  expect(before.connections).toBe(3);
});

async function sessionOf(port: number): Promise<Buffer> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
  bench.onClose(async () => socket.destroy());
  return await new Promise<Buffer>((resolve, reject) => {
    socket.once('session', resolve);
    socket.once('error', reject);
    socket.write('GET /session HTTP/1.0\r\n\r\n');
  }).finally(() => socket.destroy());
}

async function handshake(
  port: number,
  session: Buffer,
): Promise<{ reused: boolean; certificate: string | undefined }> {
  const socket: TLSSocket = connectTls({ host: '127.0.0.1', port, session, rejectUnauthorized: false });
  bench.onClose(async () => socket.destroy());
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  const reused = socket.isSessionReused();
  const certificate = socket.getPeerX509Certificate()?.fingerprint256;
  socket.destroy();
  return { reused, certificate };
}

test('trusts an authority, refuses its absence, and reports a name that differs', async () => {
  const seen = await bench.https({ certificate: signed }, (_, response) => response.end('ok'));
  const origin = `https://127.0.0.1:${seen.port}`;
  expect((await get(open(origin, { kind: 'authority', ca: authority.cert }), '/')).text).toBe('ok');
  for (const trust of [
    { kind: 'authority', ca: other.cert },
    { kind: 'authority', ca: authority.cert, serverName: 'api.example' },
  ] as const) {
    const error = await failure(get(open(origin, trust), '/'));
    expect(error).toMatchObject({ failure: 'certificate', mayHaveArrived: false });
  }
  expect(seen.requests).toEqual(['GET /']);
});

test('shows a client certificate to a server that asks for one', async () => {
  const seen = await bench.https(
    { certificate: signed, requestCert: true, rejectUnauthorized: true, ca: authority.cert },
    (_, response) => response.end('ok'),
  );
  const origin = `https://127.0.0.1:${seen.port}`;
  const client = await makeCertificate({ authority });
  const with_ = { kind: 'authority', ca: authority.cert, cert: client.cert, key: client.key } as const;
  expect((await get(open(origin, with_), '/')).text).toBe('ok');
  const error = await failure(get(open(origin, { kind: 'authority', ca: authority.cert }), '/'));
  expect(['certificate', 'reset']).toContain(error.failure);
  expect(seen.requests).toEqual(['GET /']);
});

test('refuses to open an encrypted origin without trust, a plaintext origin with it, and a pin that is none', () => {
  const network = createSocketNetwork();
  const cases: readonly (readonly [string, Trust, RegExp])[] = [
    ['https://127.0.0.1:1', { kind: 'plaintext' }, /needs a pinned fingerprint or an authority/],
    ['http://127.0.0.1:1', pin(right), /not encrypted/],
    ['http://127.0.0.1:1', { kind: 'authority', ca: right.cert }, /not encrypted/],
    ['https://127.0.0.1:1', { kind: 'pin', sha256Fingerprint: 'AB:CD' }, /64 hex digits/],
  ];
  for (const [origin, trust, message] of cases) {
    expect(() => network.open({ origin, trust, connections: 1 })).toThrow(message);
  }
});

test('speaks plain HTTP to a BMC that has nothing better', async () => {
  const seen = await bench.http((_, response) => response.end('ok'));
  expect((await get(open(`http://127.0.0.1:${seen.port}`, { kind: 'plaintext' }), '/redfish/v1')).text).toBe(
    'ok',
  );
});

test('keeps a connection for the next request', async () => {
  const seen = await bench.https({ certificate: right }, (_, response) => response.end('ok'));
  const dispatcher = open(`https://127.0.0.1:${seen.port}`, pin(right));
  for (let count = 0; count < 5; count++) await get(dispatcher, `/${count}`);
  expect(seen.connections).toBe(1);
});

test('opens no more connections than the peer allows', async () => {
  const seen = await bench.https({ certificate: right }, (_, response) =>
    setImmediate(() => response.end('ok')),
  );
  const dispatcher = open(`https://127.0.0.1:${seen.port}`, pin(right), 3);
  await Promise.all(Array.from({ length: 20 }, (_, index) => get(dispatcher, `/${index}`)));
  expect(seen.requests).toHaveLength(20);
  expect(seen.connections).toBe(3);
});

test('answersTcp is true for a listener, false for a closed port and for a name that does not exist', async () => {
  const seen = await bench.tcp((socket) => socket.resume());
  const network = createSocketNetwork();
  expect(await network.answersTcp('127.0.0.1', seen.port, 5_000)).toBe(true);
  await seen.stop();
  expect(await network.answersTcp('127.0.0.1', seen.port, 5_000)).toBe(false);
  expect(await network.answersTcp('no-such-name.invalid', 443, 5_000)).toBe(false);
});
