import { expect, test } from 'vitest';
import { hostUUIDs, poolUUID } from './scriptedPool.ts';
import { type SimulatedLink, simulateLink } from './simulatedLink.ts';

const foreignPool = '99999999-aaaa-4000-8000-000000000009';

async function whyUnknown({ run }: SimulatedLink): Promise<string> {
  const reading = await run(async (link) => link.belief());
  return reading.kind === 'unknown' ? reading.because : 'it is known';
}

test('reads no pool but the pinned one, and names both UUIDs', async () => {
  const simulated = await simulateLink({ access: (access) => ({ ...access, poolUUID: foreignPool }) });
  await simulated.pass(10_000);
  const because = await whyUnknown(simulated);
  expect(because).toContain(foreignPool);
  expect(because).toContain(poolUUID);
  expect(simulated.newCalls()).not.toContain('host-1 event.from');
});

test('trusts neither of two members that both answer as masters', async () => {
  const simulated = await simulateLink({ prepare: (pool) => (pool.members[2]!.role = 'master') });
  await simulated.pass(60_000);
  const because = await whyUnknown(simulated);
  expect(because).toContain('host-1 (10.0.0.1) and host-3 (10.0.0.3) both answer as the master');
  expect(simulated.newCalls().filter((call) => call.endsWith('event.from'))).toEqual([]);
});

test('gives the belief up when a probe meets a second master', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.members[1]!.role = 'master';
  await simulated.run((link) => link.askMember(hostUUIDs[1]!, 5_000));
  expect(await whyUnknown(simulated)).toContain('both answer as the master');
  simulated.pool.members[1]!.role = 'member';
  await simulated.until('known');
});

test('gives the belief up when a second master answers late, and from then on waits for it', async () => {
  const simulated = await simulateLink({
    prepare: (pool) => (pool.members[1]!.role = 'master'),
    interpose: ({ to }) => (to.includes('10.0.0.2') ? { kind: 'delay', delayMs: 2_300 } : 'deliver'),
  });
  await simulated.until('known');
  await simulated.until('unknown');
  expect(await whyUnknown(simulated)).toContain('both answer as the master');
  const heard: string[] = [];
  await simulated.run(async (link) => link.subscribe(() => heard.push(link.belief().kind)));
  await simulated.pass(120_000);
  expect(heard).not.toContain('known');
  expect(await whyUnknown(simulated)).toContain('both answer as the master');
});

test('never follows the address of a slave to a host that is not pinned', async () => {
  const simulated = await simulateLink({
    prepare: (pool) => {
      for (const member of pool.members) {
        member.role = 'member';
        member.masterAddress = '10.66.6.6';
      }
    },
  });
  await simulated.pass(60_000);
  expect(await whyUnknown(simulated)).toContain('10.66.6.6, which is no member known here and is not asked');
  expect(simulated.simulation.transcript.join('\n')).not.toContain('https://10.66.6.6');
});

test('follows the role when another member becomes the master', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  const { pool } = simulated;
  pool.members[0]!.role = 'member';
  pool.members[0]!.masterAddress = '10.0.0.2';
  pool.members[1]!.role = 'master';
  pool.patch('pool', 'OpaqueRef:pool', { master: 'OpaqueRef:host-2' });
  pool.restartMaster();
  await simulated.until('unknown');
  await simulated.until('known');
  expect(await simulated.run(async (link) => link.belief())).toMatchObject({
    value: { masterUUID: hostUUIDs[1] },
    source: 'pool master host-2 (10.0.0.2)',
  });
});

test('refuses a master whose pool says that the master is another host', async () => {
  const simulated = await simulateLink({
    prepare: (pool) => pool.patch('pool', 'OpaqueRef:pool', { master: 'OpaqueRef:host-3' }),
  });
  await simulated.pass(10_000);
  const because = await whyUnknown(simulated);
  expect(because).toContain(`pinned as the host ${hostUUIDs[0]}`);
  expect(because).toContain(`the host ${hostUUIDs[2]} (host-3)`);
});

test('a dead member does not hold up the search', async () => {
  const simulated = await simulateLink({
    interpose: ({ to }) =>
      to.includes('10.0.0.3') ? ({ kind: 'dropRequest', shownAs: 'silence' } as const) : 'deliver',
  });
  await simulated.until('known');
  expect(simulated.simulation.nowMs).toBeLessThan(3_000);
});

test('keeps asking, ever more seldom, while there is no master', async () => {
  const simulated = await simulateLink({
    prepare: (pool) => {
      for (const member of pool.members) member.role = 'emergency';
    },
  });
  await simulated.pass(600_000);
  const logins = simulated.newCalls().filter((call) => call === 'host-1 session.login_with_password');
  expect(logins.length).toBeGreaterThan(600 / 31);
  expect(logins.length).toBeLessThan(60);
  simulated.pool.members[0]!.role = 'master';
  await simulated.until('known');
});

test('trusts no master while another member accepts logins and does not say of which pool', async () => {
  const simulated = await simulateLink({
    prepare: (pool) => {
      pool.members[1]!.role = 'master';
      pool.answer('pool.get_all_records', ({ member }) => (member === 'host-2' ? 'hangUp' : undefined));
    },
  });
  await simulated.pass(30_000);
  expect(await whyUnknown(simulated)).toContain(
    'host-1 (10.0.0.1) and host-2 (10.0.0.2) both answer as the master',
  );
});
