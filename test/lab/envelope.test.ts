import { expect, test } from 'vitest';
import { createSimulatedLab } from './simulatedLab.ts';

const world = createSimulatedLab();
const root = world.member('host-1');

function call(version: 1 | 2, method: string, params: readonly unknown[]): string {
  return JSON.stringify({ ...(version === 2 ? { jsonrpc: '2.0' } : {}), id: 'mine', method, params });
}

test('answers version 2 with an error object and version 1 with an error array', async () => {
  await world.run(async () => {
    const two = JSON.parse(
      (await world.post('host-1', call(2, 'session.login_with_password', ['root', 'no']))).text,
    );
    expect(two).toEqual({
      jsonrpc: '2.0',
      id: 'mine',
      error: { code: 1, message: 'SESSION_AUTHENTICATION_FAILED', data: ['root', 'Authentication failure'] },
    });
    const one = JSON.parse(
      (await world.post('host-1', call(1, 'session.login_with_password', ['root', 'no']))).text,
    );
    expect(one).toEqual({
      id: 'mine',
      result: null,
      error: ['SESSION_AUTHENTICATION_FAILED', 'root', 'Authentication failure'],
    });
  });
});

test('answers version 1 with a null error when the call succeeds, and void as the empty string', async () => {
  await world.run(async () => {
    const session = await world.logIn();
    const { text } = await world.post('host-1', call(1, 'session.logout', [session]));
    expect(JSON.parse(text)).toEqual({ id: 'mine', result: '', error: null });
  });
});

test('raises the emergency error as a bare array with id 0, whatever was sent', async () => {
  const alone = createSimulatedLab();
  await alone.run(async () => {
    alone.lab.steer.crashToolstack('host-1');
    alone.lab.steer.restartToolstack('host-2');
    await alone.wait(20_000);
    const { text } = await alone.post(
      'host-2',
      call(2, 'session.login_with_password', ['root', root.password]),
    );
    expect(JSON.parse(text)).toEqual({ jsonrpc: '2.0', error: ['HOST_STILL_BOOTING'], id: 0 });
    const old = await alone.post('host-2', call(1, 'host.get_all', ['OpaqueRef:none']));
    expect(JSON.parse(old.text)).toEqual({ result: null, error: ['HOST_STILL_BOOTING'], id: 0 });
    const session = await alone.ask(
      'host-2',
      'session.slave_local_login_with_password',
      'root',
      root.password,
    );
    expect(await alone.ask('host-2', 'host.is_in_emergency_mode', session)).toBe(true);
  });
});

test.each([
  ['what is no JSON', '{"jsonrpc":'],
  ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"host.get_all","params":[]}]'],
  ['a null id', '{"jsonrpc":"2.0","id":null,"method":"host.get_all","params":[]}'],
  ['a notification', '{"jsonrpc":"2.0","method":"host.get_all","params":[]}'],
  ['named parameters', '{"jsonrpc":"2.0","id":1,"method":"host.get_all","params":{}}'],
])('answers %s with HTTP 500 and a page of HTML', async (_name, body) => {
  await world.run(async () => {
    const { status, text } = await world.post('host-1', body);
    expect(status).toBe(500);
    expect(text).toMatch(/^<html>/);
  });
});

test('takes no body above 300 KiB', async () => {
  await world.run(async () => {
    const limit = 300 * 1024;
    const padded = (length: number): string => call(2, 'host.get_all', ['x'.repeat(length)]);
    const over = await world.post('host-1', padded(limit));
    expect(over.status).toBe(413);
    const under = await world.post('host-1', padded(limit - 200));
    expect(JSON.parse(under.text).error.message).toBe('SESSION_INVALID');
  });
});

test('serves nothing but JSON-RPC', async () => {
  await world.run(async () => {
    expect((await world.post('host-1', '{}', { path: '/RPC2' })).status).toBe(404);
  });
});

test('sends integers as numbers, dates in the short form and null references by their name', async () => {
  await world.run(async () => {
    const session = await world.logIn();
    const { vm, host } = await world.refs(session);
    const record = await world.ask<Record<string, unknown>>('host-1', 'VM.get_record', session, vm('db-01'));
    expect(record['order']).toBe(1);
    expect(record['scheduled_to_be_resident_on']).toBe('OpaqueRef:NULL');
    expect(await world.ask('host-1', 'host.get_servertime', session, host('host-2'))).toMatch(
      /^\d{8}T\d\d:\d\d:\d\dZ$/,
    );
  });
});
