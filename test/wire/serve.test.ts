import { connect } from 'node:net';
import { generate } from 'selfsigned';
import { Client } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpHandler, HttpRequest } from '../../src/wire/http.ts';
import { type Served, serveHttp, serveTls } from '../../src/wire/serve.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function plain(
  handler: HttpHandler,
  maxBodyBytes?: number,
): Promise<{ served: Served; client: Client }> {
  const served = await serveHttp(handler, {
    address: '127.0.0.1',
    port: 0,
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
  });
  const client = new Client(served.origin);
  closers.push(
    () => served.close(),
    () => client.destroy(),
  );
  return { served, client };
}

const echo: HttpHandler = async (request) => ({
  status: 201,
  headers: { 'x-seen': `${request.method} ${request.path} ${request.headers['x-asked']}` },
  body: request.body,
});

describe('a handler behind a socket', () => {
  it('is given method, path with query, headers and body, and its reply comes back over TLS', async () => {
    const made = await generate([{ name: 'commonName', value: 'serve test' }], {
      keyType: 'ec',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    const served = await serveTls(echo, {
      address: '127.0.0.1',
      port: 0,
      key: made.private,
      cert: made.cert,
    });
    const client = new Client(served.origin, { connect: { ca: made.cert } });
    closers.push(
      () => served.close(),
      () => client.destroy(),
    );
    const reply = await client.request({
      method: 'POST',
      path: '/a?b=c',
      headers: { 'X-Asked': 'yes' },
      body: 'é',
    });
    expect(served.origin).toBe(`https://127.0.0.1:${served.port}`);
    expect(reply.statusCode).toBe(201);
    expect(reply.headers['x-seen']).toBe('POST /a?b=c yes');
    expect(await reply.body.text()).toBe('é');
  });

  it('sends the head of a stream before its first chunk, and each chunk as it comes', async () => {
    const next = Promise.withResolvers<void>();
    const { client } = await plain(async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        await next.promise;
        yield 'one';
        yield 'two';
      })(),
    }));
    const reply = await client.request({ method: 'GET', path: '/' });
    next.resolve();
    expect(await reply.body.text()).toBe('onetwo');
  });

  it('tells the handler when the client has gone away in the middle of a stream', async () => {
    const left = Promise.withResolvers<void>();
    const { client } = await plain(async (request) => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield 'first';
        await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
        left.resolve();
      })(),
    }));
    const reply = await client.request({ method: 'GET', path: '/' });
    reply.body.on('error', () => {});
    reply.body.destroy();
    await left.promise;
  });

  it('answers 413 to a body over the limit without asking the handler', async () => {
    const asked: HttpRequest[] = [];
    const { client } = await plain(async (request) => {
      asked.push(request);
      return { status: 200, headers: {}, body: '' };
    }, 10);
    const refused = await client.request({ method: 'POST', path: '/', body: '12345678901' });
    await refused.body.dump();
    const taken = await client.request({ method: 'POST', path: '/', body: '1234567890' });
    await taken.body.dump();
    expect([refused.statusCode, taken.statusCode, asked.length]).toEqual([413, 200, 1]);
  });

  it('answers 500 when the handler rejects, and goes on serving', async () => {
    const { client } = await plain(async (request) => {
      if (request.path === '/bad') throw new Error('a bug');
      return { status: 200, headers: {}, body: 'fine' };
    });
    const bad = await client.request({ method: 'GET', path: '/bad' });
    expect([bad.statusCode, await bad.body.text()]).toEqual([500, 'internal error']);
    const good = await client.request({ method: 'GET', path: '/good' });
    expect(await good.body.text()).toBe('fine');
  });

  it('closes the connection without an answer on hangUp', async () => {
    const { client } = await plain(async () => 'hangUp');
    await expect(client.request({ method: 'GET', path: '/' })).rejects.toThrow(/other side closed/);
  });

  it('leaves the client without an answer on silence, until the server closes', async () => {
    const arrived = Promise.withResolvers<void>();
    const { served, client } = await plain(async () => {
      arrived.resolve();
      return 'silence';
    });
    const answer = client.request({ method: 'GET', path: '/' }).then(
      () => 'answered',
      () => 'broken off',
    );
    await arrived.promise;
    await served.close();
    expect(await answer).toBe('broken off');
  });

  it('frees the port on close and says which port it could not have', async () => {
    const { served } = await plain(echo);
    const second = serveHttp(echo, { address: '127.0.0.1', port: served.port });
    await expect(second).rejects.toThrow(`cannot listen on 127.0.0.1 port ${served.port}`);
    await served.close();
    const refused = await new Promise((resolve) => {
      const socket = connect(served.port, '127.0.0.1');
      socket.on('connect', () => resolve(socket.destroy() && false));
      socket.on('error', () => resolve(true));
    });
    expect(refused).toBe(true);
  });
});
