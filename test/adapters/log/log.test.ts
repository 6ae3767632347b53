import { Writable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { createLog, type LogLevel, silentLog } from '../../../src/adapters/log/log.ts';
import { TransportError } from '../../../src/adapters/network/transportError.ts';
import type { Log } from '../../../src/ports/log.ts';

function capture(level: LogLevel = 'debug'): { readonly log: Log; readonly text: () => string } {
  let text = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      text += String(chunk);
      done();
    },
  });
  const clock = { wallMs: () => Date.UTC(2026, 4, 1), monotonicMs: () => 0, after: () => () => {} };
  return { log: createLog({ level, stream, clock }), text: () => text };
}

function lineOf(write: (log: Log) => void): Record<string, unknown> {
  const { log, text } = capture();
  write(log);
  const lines = text().trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0]!);
}

test('a line is one JSON document with time, level, message and fields', () => {
  const line = lineOf((log) =>
    log.warn('the host is suspected', { host: 'node-3', ageMs: 30_000, parts: ['a'] }),
  );
  expect(line).toEqual({
    time: '2026-05-01T00:00:00.000Z',
    level: 'warn',
    message: 'the host is suspected',
    host: 'node-3',
    ageMs: 30_000,
    parts: ['a'],
  });
});

test('a line break in a field does not make a second line', () => {
  expect(lineOf((log) => log.info('read', { text: 'one\n{"level":"error"}' }))['text']).toBe(
    'one\n{"level":"error"}',
  );
});

test('writes what is at its level or above', () => {
  const { log, text } = capture('warn');
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level);
  const levels = text().trimEnd().split('\n');
  expect(levels.map((line) => JSON.parse(line).level)).toEqual(['warn', 'error']);
});

test('an error is written with its name, stack, own fields and causes', () => {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  const error = new TransportError('reset', 'the connection broke', { mayHaveArrived: true, cause });
  const line = lineOf((log) => log.error('the call failed', { error }));
  expect(line['error']).toMatchObject({
    name: 'TransportError',
    message: 'the connection broke',
    failure: 'reset',
    mayHaveArrived: true,
    stack: expect.stringContaining('log.test.ts'),
    cause: { message: 'read ECONNRESET', code: 'ECONNRESET' },
  });
});

test('never writes a secret, at whatever depth and however it is called', () => {
  const secret = 'hunter2';
  const error = Object.assign(new Error(`sent Authorization: Basic ${secret}==`), { token: secret });
  const { log, text } = capture();
  log.info('connects', {
    password: secret,
    bmcPassword: { value: secret },
    deep: [{ headers: { Authorization: `Bearer ${secret}`, 'X-Auth-Token': secret, cookie: secret } }],
    session: secret,
    session_id: secret,
    privateKey: secret,
    url: new URL(`https://root:${secret}@10.0.0.1/redfish`),
    link: `https://root:${secret}@10.0.0.1/`,
    said: `Bearer ${secret}`,
    map: new Map([['token', secret]]),
    error,
  });
  expect(text()).not.toContain(secret);
  expect(text()).toContain('[redacted]');
});

test('keeps what only names a secret', () => {
  const fields = { secretName: 'pool-root', passwordKey: 'password', tokenAgeMs: 5 };
  expect(lineOf((log) => log.info('reads', fields))).toMatchObject(fields);
});

test('withstands cycles, depth, bytes, big numbers, and fields called like its own parts', () => {
  const loop: Record<string, unknown> = { bytes: new Uint8Array(3), big: 2n ** 60n, nothing: undefined };
  loop['self'] = loop;
  let deep: Record<string, unknown> = {};
  for (let level = 0; level < 100; level++) deep = { deep };
  const line = lineOf((log) => log.info('odd', { loop, deep, message: 'mine', level: 'fatal', time: 1 }));
  expect(line).toMatchObject({
    message: 'odd',
    level: 'info',
    time: '2026-05-01T00:00:00.000Z',
    'field.message': 'mine',
    'field.level': 'fatal',
    'field.time': 1,
    loop: { bytes: '3 bytes', big: '1152921504606846976', self: '[circular]' },
  });
});

test('lines go to standard error unless told otherwise, and the silent log writes nowhere', () => {
  const outputs = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(() => true),
  );
  try {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) silentLog[level]('x', { a: 1 });
    expect(outputs.map((output) => output.mock.calls.length)).toEqual([0, 0]);
    createLog({ level: 'info' }).info('started');
    expect(outputs.map((output) => output.mock.calls.length)).toEqual([0, 1]);
  } finally {
    for (const output of outputs) output.mockRestore();
  }
});
