import { expect, test } from 'vitest';
import type { HttpReply } from '../../../src/wire/http.ts';
import { type Bench, bench, resetPath, systemPath } from './bench.ts';
import { failure, json, type SeenRequest } from './scriptedBmc.ts';

/** A body that begins and never ends. */
async function* endless(): AsyncIterable<string> {
  yield '{"error":';
  await new Promise<never>(() => {});
}

const toLogin = (location: string): HttpReply => ({ status: 302, headers: { location }, body: '' });
const page = { 'content-type': 'text/html' };

const lookOfAnEndedSession: readonly (readonly [string, () => HttpReply])[] = [
  ['401 with a Redfish error', () => failure(401, 'Base.1.0.NoValidSession', 'gone')],
  ['401 without a body', () => ({ status: 401, headers: {}, body: '' })],
  ['401 with a body that never ends', () => ({ status: 401, headers: {}, body: endless() })],
  ['403', () => failure(403, 'Base.1.0.InsufficientPrivilege', 'no')],
  ['403 with a body that never ends', () => ({ status: 403, headers: {}, body: endless() })],
  ['a redirect to a login page', () => toLogin('/login.html')],
  ['a redirect to a login page elsewhere', () => toLogin('https://login.example/start')],
  ['the login page itself', () => ({ status: 200, headers: page, body: '<html>Log in</html>' })],
  ['200 and a Redfish error', () => ({ ...failure(401, 'Base.1.0.NoValidSession', 'gone'), status: 200 })],
  ['200 and an empty object', () => json(200, {})],
  ['500', () => failure(500, 'Base.1.0.InternalError', 'oops')],
  ['500 with a body that never ends', () => ({ status: 500, headers: {}, body: endless() })],
  ['404', () => failure(404, 'Base.1.0.ResourceMissingAtURI', 'what?')],
];

/** Sessions that were opened so far end, and who still uses one is answered so. */
function endSessions({ bmc }: Bench, reply: () => HttpReply): void {
  const ended = new Set(bmc.sessions);
  bmc.answer = ({ path, authorization }: SeenRequest) =>
    path === systemPath && ended.has(authorization ?? '') ? reply() : undefined;
}

test.each(lookOfAnEndedSession)(
  'a session that ended and says so with %s is opened again for a question',
  async (_, reply) => {
    const one = await bench();
    await one.run((device) => device.read(5_000));
    endSessions(one, reply);
    expect(await one.run((device) => device.read(5_000))).toMatchObject({ kind: 'known' });
  },
);

test.each(lookOfAnEndedSession)(
  'a machine whose session ended with %s is cut, and told once',
  async (_, reply) => {
    const one = await bench();
    await one.run((device) => device.read(5_000));
    endSessions(one, reply);
    expect(await one.run((device) => device.off(5_000))).toEqual({ kind: 'succeeded' });
    expect(one.bmc.seen.filter(({ path }) => path === resetPath)).toHaveLength(1);
  },
);

test('an ended session under which nothing is answered any more is left, too', async () => {
  const one = await bench();
  await one.run((device) => device.read(60_000));
  const ended = new Set(one.bmc.sessions);
  one.bmc.answer = ({ authorization }) => (ended.has(authorization ?? '') ? 'silence' : undefined);
  expect(await one.run((device) => device.read(60_000))).toMatchObject({ kind: 'known' });
});

test('a session that ends with the connection is left, too', async () => {
  const one = await bench();
  await one.run((device) => device.read(5_000));
  const ended = new Set(one.bmc.sessions);
  one.bmc.answer = ({ authorization }) => (ended.has(authorization ?? '') ? 'hangUp' : undefined);
  expect(await one.run((device) => device.read(5_000))).toMatchObject({ kind: 'known' });
});

test('a controller that refuses everything is not made to open session after session', async () => {
  const { run, bmc, fresh, pass } = await bench();
  await run((device) => device.read(5_000));
  bmc.answer = ({ path }) =>
    path === systemPath ? failure(500, 'Base.1.0.InternalError', 'oops') : undefined;
  fresh();
  for (let n = 0; n < 20; n += 1) {
    expect(await run((device) => device.read(5_000))).toMatchObject({ kind: 'unknown' });
    await pass(1_000);
  }
  expect(fresh().filter((request) => request.startsWith('POST'))).toHaveLength(1);
  expect(bmc.sessions.size).toBe(1);
});

test('readings that meet the end of a session together share the new one', async () => {
  const one = await bench();
  await one.run((device) => device.read(5_000));
  endSessions(one, () => failure(500, 'Base.1.0.InternalError', 'oops'));
  one.fresh();
  const read = await one.run((device) => Promise.all([1, 2, 3].map(() => device.read(5_000))));
  expect(read.map(({ kind }) => kind)).toEqual(['known', 'known', 'known']);
  expect(one.fresh().filter((request) => request.startsWith('POST'))).toHaveLength(1);
});
