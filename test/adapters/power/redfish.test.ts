import { expect, test } from 'vitest';
import { bench, origin, resetPath, systemPath } from './bench.ts';
import { bmcPassword, bmcSerial, failure, json } from './scriptedBmc.ts';

test('logs in once, and from then on reads with one request', async () => {
  const { run, fresh } = await bench();
  await run((device) => device.read(5_000));
  expect(fresh()).toEqual([
    'GET /redfish/v1/',
    'POST /redfish/v1/SessionService/Sessions',
    'GET /redfish/v1/Systems',
    'GET /redfish/v1/Systems/7',
  ]);
  await run((device) => device.read(5_000));
  expect(fresh()).toEqual(['GET /redfish/v1/Systems/7']);
});

test('readings that start together share one login', async () => {
  const { run, bmc } = await bench();
  await run((device) => Promise.all([device.read(5_000), device.read(5_000), device.read(5_000)]));
  expect(bmc.sessions.size).toBe(1);
});

test('tells power, the word for it, the serial number, and when it asked', async () => {
  const { run, clock, bmc } = await bench();
  let servedAtMs = Number.NaN;
  bmc.answer = ({ path }) => {
    if (path.endsWith('/Systems/7')) servedAtMs = clock.monotonicMs();
    return undefined;
  };
  const reading = await run((device) => device.read(5_000));
  expect(reading).toMatchObject({ value: { power: 'on', says: 'On', serial: bmcSerial } });
  if (reading.kind === 'unknown') throw new Error(reading.because);
  expect(reading.atMs).toBeLessThan(servedAtMs);
  expect(reading.atMs).toBeGreaterThan(servedAtMs - 100);
});

test('tells what makes the machine this machine: serial, SKU and system UUID, trimmed, the UUID in lower case', async () => {
  const { run, bmc } = await bench();
  bmc.system = { SerialNumber: ' CN70163 ', SKU: '8XK4T93\n', UUID: '4C4C4544-0058-4B10-8034-B8C04F543933' };
  expect(await run((device) => device.read(5_000))).toMatchObject({
    value: { serial: 'CN70163', sku: '8XK4T93', systemUUID: '4c4c4544-0058-4b10-8034-b8c04f543933' },
  });
});

test('what the controller does not show of the machine is empty', async () => {
  const { run, bmc } = await bench();
  bmc.system = { SerialNumber: null, SKU: 7 };
  expect(await run((device) => device.read(5_000))).toMatchObject({
    value: { serial: '', sku: '', systemUUID: '' },
  });
});

test.each([
  ['On', 'on'],
  ['Off', 'off'],
  ['PoweringOff', 'other'],
  ['PoweringOn', 'other'],
  ['Paused', 'other'],
  ['off', 'other'],
  ['OFF ', 'other'],
])('takes the power state %s for %s', async (state, power) => {
  const { run, bmc } = await bench();
  bmc.power = state;
  expect(await run((device) => device.read(5_000))).toMatchObject({ value: { power, says: state } });
});

test.each([null, '', 7, undefined])('a power state of %s is unknown', async (state) => {
  const { run, bmc } = await bench();
  bmc.system = { PowerState: state };
  expect(await run((device) => device.read(5_000))).toMatchObject({
    kind: 'unknown',
    because: expect.stringContaining('does not tell its power state'),
  });
});

test('a session that has ended is opened again for a question', async () => {
  const { run, bmc, fresh } = await bench();
  await run((device) => device.read(5_000));
  bmc.sessions.clear();
  fresh();
  expect(await run((device) => device.read(5_000))).toMatchObject({ kind: 'known' });
  expect(fresh()).toEqual([
    'GET /redfish/v1/Systems/7',
    'POST /redfish/v1/SessionService/Sessions',
    'GET /redfish/v1/Systems/7',
  ]);
});

test('a session that ends between the look and the reset does not make the reset go twice', async () => {
  const { run, bmc } = await bench();
  bmc.answer = ({ path }) =>
    path === resetPath ? failure(401, 'Base.1.0.NoValidSession', 'gone') : undefined;
  expect(await run((device) => device.off(5_000))).toMatchObject({ kind: 'notSent' });
  expect(bmc.seen.filter(({ path }) => path === resetPath).length).toBe(1);
});

test.each([
  ['no answer', 'silence', 'lost'],
  ['a broken connection', 'hangUp', 'lost'],
  ['an error', failure(500, 'Base.1.0.InternalError', 'oops'), 'failed'],
  ['a redirect', { status: 307, headers: { location: 'https://10.66.6.6/x' }, body: '' }, 'failed'],
] as const)('a reset answered with %s is sent once', async (_what, reply, kind) => {
  const { run, bmc, pass, simulation } = await bench();
  bmc.answer = ({ path }) => (path === resetPath ? reply : undefined);
  expect(await run((device) => device.off(5_000))).toMatchObject({ kind });
  await pass(60_000);
  expect(bmc.seen.filter(({ path }) => path === resetPath).length).toBe(1);
  expect(simulation.transcript.join('\n')).not.toContain('https://10.66.6.6:443');
});

test('cuts the power with ForceOff and nothing gentler', async () => {
  const { run, bmc, pass } = await bench();
  expect(await run((device) => device.off(5_000))).toEqual({ kind: 'succeeded' });
  expect(bmc.seen.at(-1)).toMatchObject({
    method: 'POST',
    path: resetPath,
    body: '{"ResetType":"ForceOff"}',
  });
  expect(await run((device) => device.read(5_000))).toMatchObject({ value: { power: 'on' } });
  await pass(5_000);
  expect(await run((device) => device.read(5_000))).toMatchObject({ value: { power: 'off' } });
});

test('sends nothing to switch off what is off', async () => {
  const { run, bmc } = await bench();
  bmc.power = 'Off';
  expect(await run((device) => device.off(5_000))).toEqual({ kind: 'succeeded' });
  expect(bmc.seen.filter(({ path }) => path === resetPath)).toEqual([]);
});

test('does not take a machine that is going off for off', async () => {
  const { run, bmc } = await bench();
  bmc.power = 'PoweringOff';
  await run((device) => device.off(5_000));
  expect(bmc.seen.filter(({ path }) => path === resetPath).length).toBe(1);
});

const offering = (reset: Readonly<Record<string, unknown>>) => ({
  Actions: { '#ComputerSystem.Reset': { target: resetPath, ...reset } },
});

test('sends no reset that the controller does not offer, and says what it offers', async () => {
  const { run, bmc } = await bench();
  bmc.system = offering({ 'ResetType@Redfish.AllowableValues': ['On', 'GracefulShutdown'] });
  expect(await run((device) => device.off(5_000))).toEqual({
    kind: 'failed',
    code: 'NotOffered',
    says: 'redfish https://10.0.9.7/redfish/v1/Systems/7 offers no ForceOff, only On, GracefulShutdown',
  });
});

test('asks for what is offered where the controller says it, in ActionInfo', async () => {
  const { run, bmc } = await bench();
  bmc.system = offering({ '@Redfish.ActionInfo': '/redfish/v1/Systems/7/ResetActionInfo' });
  bmc.answer = ({ path }) =>
    path.endsWith('ResetActionInfo')
      ? json(200, { Parameters: [{ Name: 'ResetType', AllowableValues: ['GracefulShutdown'] }] })
      : undefined;
  expect(await run((device) => device.off(5_000))).toMatchObject({ kind: 'failed', code: 'NotOffered' });
  expect(bmc.seen.filter(({ path }) => path === resetPath)).toEqual([]);
});

test('switches on with ForceOn where On is not offered', async () => {
  const { run, bmc } = await bench();
  bmc.power = 'Off';
  bmc.system = { ...offering({ 'ResetType@Redfish.AllowableValues': ['ForceOff', 'ForceOn'] }) };
  bmc.answer = ({ path }) => (path === resetPath ? { status: 204, headers: {}, body: '' } : undefined);
  expect(await run((device) => device.on(5_000))).toEqual({ kind: 'succeeded' });
  expect(bmc.seen.at(-1)?.body).toBe('{"ResetType":"ForceOn"}');
});

test.each([
  ['another host', 'https://10.66.6.6/redfish/v1/Systems/7'],
  ['another host without a scheme', '//10.66.6.6/redfish/v1/Systems/7'],
  ['a path above', '/redfish/../admin'],
  ['a header of its own', '/redfish/v1/Systems/7 HTTP/1.1\r\nX: y'],
  ['nothing', ''],
])('follows no link to %s', async (_what, link) => {
  const { run, bmc, simulation } = await bench();
  bmc.answer = ({ path }) =>
    path === '/redfish/v1/Systems' ? json(200, { Members: [{ '@odata.id': link }] }) : undefined;
  expect(await run((device) => device.read(5_000))).toMatchObject({ kind: 'unknown' });
  expect(simulation.transcript.join('\n')).not.toContain('10.66.6.6');
});

test('sends no reset to a target on another host', async () => {
  const { run, bmc } = await bench();
  bmc.system = offering({ target: 'https://10.66.6.6/reset' });
  expect(await run((device) => device.off(5_000))).toMatchObject({ kind: 'failed', code: 'NotOffered' });
});

test('follows a full address of its own origin', async () => {
  const { run, bmc } = await bench();
  bmc.answer = ({ path }) =>
    path === '/redfish/v1/Systems'
      ? json(200, { Members: [{ '@odata.id': `${origin}/redfish/v1/Systems/7` }] })
      : undefined;
  expect(await run((device) => device.read(5_000))).toMatchObject({ kind: 'known' });
});

test('does not guess which of several systems is meant', async () => {
  const { run, bmc } = await bench();
  bmc.systems = ['7', '8'];
  expect(await run((device) => device.read(5_000))).toEqual({
    kind: 'unknown',
    because: `${origin} has 2 systems (7, 8): name the right one in systemId`,
  });
});

test('tries a refused password once a minute at most, so that the controller does not lock the account', async () => {
  const { run, bmc, pass, fresh } = await bench();
  bmc.password = 'changed';
  for (let n = 0; n < 10; n += 1) await run((device) => device.read(5_000));
  expect(fresh().filter((request) => request.startsWith('POST')).length).toBe(1);
  bmc.password = bmcPassword;
  await pass(61_000);
  expect(await run((device) => device.read(5_000))).toMatchObject({ kind: 'known' });
});

test('a refused password is not tried again in another way', async () => {
  const { run, bmc } = await bench({ password: 'wrong-one' });
  const reading = await run((device) => device.read(5_000));
  expect(reading).toMatchObject({ because: expect.stringContaining('correct its Secret') });
  expect(bmc.seen.filter(({ authorization }) => authorization?.startsWith('Basic'))).toEqual([]);
});

test('takes Basic authentication where the session service has no room', async () => {
  const { run, bmc } = await bench();
  bmc.answer = ({ path }) => {
    if (path !== '/redfish/v1/SessionService/Sessions') return undefined;
    bmc.login = 'basic';
    return failure(503, 'Base.1.0.SessionLimitExceeded', 'too many sessions');
  };
  expect(await run((device) => device.read(5_000))).toMatchObject({ kind: 'known' });
});

test.each([
  ['HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>login</html>' }],
  ['half a resource', { status: 200, headers: {}, body: '{"PowerState":"Of' }],
  ['a list', { status: 200, headers: {}, body: '["Off"]' }],
  ['an error page', { status: 500, headers: {}, body: 'oops' }],
  ['a redirect', { status: 302, headers: { location: 'https://10.66.6.6/' }, body: '{"PowerState":"Off"}' }],
  ['nothing', 'silence'],
  ['a broken connection', 'hangUp'],
] as const)('%s where the system should be is unknown', async (_what, reply) => {
  const { run, bmc } = await bench();
  await run((device) => device.read(5_000));
  bmc.answer = ({ path }) => (path === '/redfish/v1/Systems/7' ? reply : undefined);
  expect(await run((device) => device.read(5_000))).toMatchObject({ kind: 'unknown' });
});

test('a controller that hangs does not hold up a reading beyond its deadline', async () => {
  const { run, bmc, simulation } = await bench();
  bmc.answer = () => 'silence';
  const startedMs = simulation.nowMs;
  expect(await run((device) => device.read(2_000))).toMatchObject({ kind: 'unknown' });
  expect(simulation.nowMs - startedMs).toBeLessThan(2_100);
});

test('answers may take as long as the rung allows, each of them, and the sentence names the bound', async () => {
  for (const [answersWithinMs, kind] of [
    [12_000, 'known'],
    [8_000, 'unknown'],
  ] as const) {
    const { run, bmc, clock } = await bench({ answersWithinMs });
    bmc.pauseMs = 9_000;
    const reading = await run((device) => device.read(120_000));
    expect(reading.kind).toBe(kind);
    if (reading.kind === 'unknown') {
      expect(reading.because).toBe('https://10.0.9.7:443 did not answer within 8 s (answersWithinSeconds)');
    } else expect(clock.monotonicMs() - reading.atMs).toBeGreaterThan(9_000);
  }
});

test('a reading does not wait longer than it may for a login that another one began', async () => {
  const { run, bmc, clock } = await bench();
  bmc.answer = () => 'silence';
  const startedMs = clock.monotonicMs();
  const waitedMs = await run(async (device) => {
    const patient = device.read(60_000);
    const hurried = await device.read(1_000);
    expect(hurried.kind).toBe('unknown');
    const waited = clock.monotonicMs() - startedMs;
    expect((await patient).kind).toBe('unknown');
    return waited;
  });
  expect(waitedMs).toBeLessThan(1_100);
});

test('an effect whose login is not answered was certainly not sent', async () => {
  const { run, bmc } = await bench();
  bmc.answer = () => 'silence';
  expect(await run((device) => device.off(2_000))).toMatchObject({ kind: 'notSent' });
});

test('masks password and token that a controller echoes', async () => {
  const { run, bmc } = await bench();
  await run((device) => device.read(5_000));
  bmc.answer = ({ path, authorization }) =>
    path === systemPath
      ? failure(400, 'Base.1.0.Oops', `you sent ${authorization} and ${bmcPassword}`)
      : undefined;
  const reading = await run((device) => device.read(5_000));
  expect(reading).toMatchObject({ because: expect.stringContaining('you sent (secret) and (secret)') });
});

test('closing ends the session', async () => {
  const { run, bmc, pass } = await bench();
  await run((device) => device.read(5_000));
  expect(bmc.sessions.size).toBe(1);
  await run(async (device) => device.close());
  await pass(1_000);
  expect(bmc.sessions.size).toBe(0);
});

test('a system that was removed is looked for again', async () => {
  const { run, bmc } = await bench();
  await run((device) => device.read(5_000));
  bmc.systems = ['9'];
  expect(await run((device) => device.read(5_000))).toMatchObject({ kind: 'unknown' });
  expect(await run((device) => device.read(5_000))).toMatchObject({ kind: 'known' });
});
