import { expect, test } from 'vitest';
import { hostUUIDs, poolUUID } from './scriptedPool.ts';
import { simulateLink } from './simulatedLink.ts';

const foreignPool = '99999999-aaaa-4000-8000-000000000009';
const ask =
  (host: number, deadlineMs = 5_000) =>
  (link: import('../../../src/ports/hypervisor.ts').PoolLink) =>
    link.askMember(hostUUIDs[host - 1]!, deadlineMs);

test('takes a member that sends logins elsewhere for a slave, with one call', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.newCalls();
  const answer = await simulated.run(ask(2));
  expect(answer).toMatchObject({
    kind: 'known',
    value: { kind: 'member', ofAddress: '10.0.0.1' },
    source: 'member host-2 (10.0.0.2)',
  });
  expect(simulated.newCalls().filter((call) => call.startsWith('host-2'))).toEqual([
    'host-2 session.login_with_password',
  ]);
});

test('asks the master with the session that it has, with one call', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  await simulated.pass(5_000);
  simulated.newCalls();
  expect(await simulated.run(ask(1))).toMatchObject({ value: { kind: 'master' } });
  expect(simulated.newCalls().filter((call) => !call.endsWith('event.from'))).toEqual([
    'host-1 pool.get_all_records',
  ]);
});

test('takes no answer within the deadline for silence, and nothing more', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.answer('session.login_with_password', () => 'silence');
  const startedMs = simulated.simulation.nowMs;
  expect(await simulated.run(ask(2, 3_000))).toMatchObject({
    value: { kind: 'silent', says: 'host-2 (10.0.0.2) does not answer' },
  });
  expect(simulated.simulation.nowMs - startedMs).toBeLessThan(3_100);
});

test('has the same words for one silence, however it shows itself from one question to the next', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  const answers: unknown[] = [];
  for (const reply of ['silence', 'hangUp', 'silence', 'hangUp'] as const) {
    simulated.pool.answer('session.login_with_password', () => reply);
    answers.push(await simulated.run(ask(2, 2_000)));
  }
  const heal = simulated.simulation.partition('operator', 'host-2');
  answers.push(await simulated.run(ask(2, 2_000)));
  answers.push(await simulated.run(ask(2, 60_000)));
  heal();
  for (const answer of answers) {
    expect(answer).toMatchObject({ value: { kind: 'silent', says: 'host-2 (10.0.0.2) does not answer' } });
  }
  const details = simulated.logged.filter((line) => line.startsWith('a member does not answer'));
  expect(new Set(details).size).toBeGreaterThan(1);
});

test('takes a closed port for silence', async () => {
  const simulated = await simulateLink();
  simulated.listeners[1]!.close();
  expect(await simulated.run(ask(2))).toMatchObject({ value: { kind: 'silent' } });
});

test.each([
  ['HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>500 Internal</html>' }],
  ['a session under an error status', { status: 502, headers: {}, body: '{"result":"OpaqueRef:session-1"}' }],
  ['an error page', { status: 500, headers: { 'content-type': 'text/html' }, body: '<html>' }],
  ['truncated JSON', { status: 200, headers: {}, body: '{"jsonrpc":"2.0","result":"OpaqueRe' }],
  ['JSON that is no reply', { status: 200, headers: {}, body: '[1,2,3]' }],
  ['nothing', { status: 200, headers: {}, body: '' }],
  ['a result that is no session', { result: { a: 1 } }],
  ['an error of no shape', { status: 200, headers: {}, body: '{"error":7}' }],
  ['an unknown error', { error: ['INTERNAL_ERROR', 'Db_not_initialised'] }],
])('takes a member that answers %s for troubled and alive', async (_what, reply) => {
  const simulated = await simulateLink();
  simulated.pool.answer('session.login_with_password', ({ member }) =>
    member === 'host-2' ? reply : undefined,
  );
  expect(await simulated.run(ask(2))).toMatchObject({ value: { kind: 'troubled' } });
});

test('understands the bare array in which a member in emergency mode puts its error', async () => {
  const simulated = await simulateLink();
  simulated.pool.members[1]!.role = 'emergency';
  expect(await simulated.run(ask(2))).toMatchObject({
    value: { kind: 'troubled', says: 'host-2 (10.0.0.2) answers HOST_STILL_BOOTING' },
  });
});

test('names the Secret when a member refuses the password, and never the password', async () => {
  const simulated = await simulateLink();
  simulated.pool.answer('session.login_with_password', ({ params }) => ({
    error: ['SESSION_AUTHENTICATION_FAILED', 'root', `bad password ${String(params[1])}`],
  }));
  const answer = await simulated.run(ask(1));
  expect(answer).toMatchObject({
    value: { kind: 'troubled', says: expect.stringContaining('correct its Secret') },
  });
  await simulated.pass(60_000);
  const reading = await simulated.run(async (link) => link.belief());
  expect(JSON.stringify([answer, reading, simulated.logged])).not.toContain('secret-of-');
});

test('masks a password that a member echoes', async () => {
  const simulated = await simulateLink();
  simulated.pool.answer('session.login_with_password', ({ params }) => ({
    error: ['MESSAGE_PARAMETER_COUNT_MISMATCH', `login(${params.join()})`],
  }));
  const answer = await simulated.run(ask(2));
  expect(answer).toMatchObject({
    value: { kind: 'troubled', says: expect.stringContaining('login(root,(secret)') },
  });
});

test('takes nobody with another certificate for the member', async () => {
  const simulated = await simulateLink({
    access: (access) => ({
      ...access,
      members: access.members.map((member) => ({ ...member, sha256Fingerprint: 'f'.repeat(64) })),
    }),
  });
  expect(await simulated.run(ask(2))).toMatchObject({
    value: { kind: 'impostor', says: expect.stringContaining('f'.repeat(64)) },
  });
  await simulated.pass(10_000);
  expect(await simulated.run(async (link) => link.belief())).toMatchObject({
    kind: 'unknown',
    because: expect.stringContaining('pin the new fingerprint'),
  });
  expect(simulated.pool.calls).toEqual([]);
});

test('takes the master of another pool for troubled, naming both pools', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.members[1]!.role = 'master';
  simulated.pool.answer('pool.get_all_records', ({ member }) =>
    member === 'host-2'
      ? { result: { 'OpaqueRef:p': { uuid: foreignPool, master: 'OpaqueRef:x' } } }
      : undefined,
  );
  const answer = await simulated.run(ask(2));
  expect(answer).toMatchObject({ value: { kind: 'troubled', says: expect.stringContaining(foreignPool) } });
  expect(answer).toMatchObject({ value: { says: expect.stringContaining(poolUUID) } });
  expect(await simulated.run(async (link) => link.belief())).toMatchObject({ kind: 'known' });
});

test('knows nothing about a host that is no member', async () => {
  const simulated = await simulateLink();
  expect(await simulated.run((link) => link.askMember('no-such-host', 1_000))).toMatchObject({
    kind: 'unknown',
  });
});

test('closes every session that a probe opened', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.members[1]!.role = 'master';
  await simulated.run(ask(2));
  const logins = simulated.pool.calls.filter(
    (call) => call.member === 'host-2' && call.method.endsWith('password'),
  );
  const logouts = simulated.pool.calls.filter(
    (call) => call.member === 'host-2' && call.method.endsWith('logout'),
  );
  expect(logouts.length).toBe(logins.length - 1);
});
