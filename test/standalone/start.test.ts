import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { systemClock, systemRandom } from '../../src/adapters/clock/systemClock.ts';
import {
  type StandaloneApi,
  type StandaloneApiOptions,
  startStandaloneApi,
} from '../../src/standalone/start.ts';
import { type AnyJson, quiet, widget, widgetCrd, widgets } from './bench.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'kintsugi-standalone-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return join(made, 'state');
}

async function start(directory: string, more: Partial<StandaloneApiOptions> = {}): Promise<StandaloneApi> {
  const api = await startStandaloneApi({
    directory,
    port: 0,
    clock: systemClock,
    random: systemRandom,
    log: quiet,
    crds: [widgetCrd],
    ...more,
  });
  onTestFinished(() => api.close());
  return api;
}

async function ask(api: StandaloneApi, method: 'GET' | 'POST', body?: unknown) {
  const client = new Client(api.origin, { connect: { ca: api.caPem } });
  onTestFinished(() => client.destroy());
  const reply = await client.request({
    method,
    path: widgets,
    headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: reply.statusCode, json: (await reply.body.json()) as AnyJson };
}

describe('the embedded API server on one machine', () => {
  it('keeps its objects, certificate and token over a restart', async () => {
    const directory = folder();
    const first = await start(directory);
    expect((await ask(first, 'POST', widget('a'))).status).toBe(201);
    await first.close();
    const second = await start(directory);
    expect([second.caPem, second.token]).toEqual([first.caPem, first.token]);
    const list = (await ask(second, 'GET')).json;
    expect(list.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['a']);
  });

  it('lets only its owner read what it keeps', async () => {
    const directory = folder();
    const api = await start(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const modes = readdirSync(directory).map((file) => statSync(join(directory, file)).mode & 0o077);
    expect(modes.every((mode) => mode === 0)).toBe(true);
    expect(api.kubeconfigPath).toBe(join(directory, 'kubeconfig'));
  });

  it('listens on loopback unless told otherwise', async () => {
    expect((await start(folder())).origin).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  });

  it('writes a kubeconfig that holds everything a client needs', async () => {
    const api = await start(folder());
    const config = parse(readFileSync(api.kubeconfigPath, 'utf8'));
    const { cluster } = config.clusters[0];
    expect(cluster.server).toBe(api.origin);
    expect(Buffer.from(cluster['certificate-authority-data'], 'base64').toString()).toBe(api.caPem);
    expect(config.users[0].user.token).toBe(api.token);
  });

  it('is refused a directory that another server has, and gets it when that one is gone', async () => {
    const directory = folder();
    const first = await start(directory);
    await expect(start(directory)).rejects.toThrow(/is in use by another process: stop that one first/);
    expect((await ask(first, 'GET')).status).toBe(200);
    await first.close();
    expect((await ask(await start(directory), 'GET')).status).toBe(200);
  });

  it('says that the port is taken or a CRD is wrong, and lets go of the directory', async () => {
    const directory = folder();
    const other = await start(folder());
    const port = Number(new URL(other.origin).port);
    await expect(start(directory, { port })).rejects.toThrow(`cannot listen on 127.0.0.1 port ${port}`);
    await expect(start(directory, { crds: [{ kind: 'Pod' }] })).rejects.toThrow('cannot be served');
    expect((await ask(await start(directory), 'GET')).status).toBe(200);
  });

  it('makes a new certificate for an address that the old one does not name', async () => {
    const directory = folder();
    const first = await start(directory);
    await first.close();
    const second = await start(directory, { address: '127.0.0.9' });
    expect(second.caPem).not.toBe(first.caPem);
    expect((await ask(second, 'GET')).status).toBe(200);
  });
});
