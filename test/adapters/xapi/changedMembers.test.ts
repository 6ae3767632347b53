import { expect, test } from 'vitest';
import type { MemberAccess } from '../../../src/ports/hypervisor.ts';
import { hostUUIDs } from './scriptedPool.ts';
import { type SimulatedLink, simulateLink } from './simulatedLink.ts';

const logins = (simulated: SimulatedLink): readonly string[] =>
  simulated.newCalls().filter((call) => call.endsWith('login_with_password'));

/** Knows the first two of the three members, and has followed the pool for a while. */
async function twoMembers(): Promise<SimulatedLink> {
  const simulated = await simulateLink({
    access: (access) => ({ ...access, members: access.members.slice(0, 2).map((member) => ({ ...member })) }),
  });
  await simulated.until('known');
  await simulated.pass(60_000);
  simulated.newCalls();
  return simulated;
}

function setMembers(
  simulated: SimulatedLink,
  change: (members: readonly MemberAccess[]) => readonly MemberAccess[],
): Promise<void> {
  return simulated.run(async (link) => link.setMembers(change(simulated.pool.access.members)));
}

const belief = (simulated: SimulatedLink) => simulated.run(async (link) => link.belief());

test('a member that is added is asked like the others, and the session stays', async () => {
  const simulated = await twoMembers();
  const changes: string[] = [];
  await simulated.run(async (link) => {
    link.subscribe(() => changes.push(link.belief().kind));
  });
  await setMembers(simulated, (members) => members);
  await simulated.pass(30_000);
  expect(await simulated.run((link) => link.askMember(hostUUIDs[2]!, 2_000))).toMatchObject({
    value: { kind: 'member' },
  });
  expect(logins(simulated)).toEqual(['host-3 session.login_with_password']);
  expect(changes).not.toContain('unknown');
  expect(simulated.warned).toEqual([]);
});

test('a member that is gone, called otherwise or reached in another way does not touch the session of the master', async () => {
  const simulated = await twoMembers();
  await setMembers(simulated, ([master]) => [{ ...master!, name: 'first' }]);
  await simulated.pass(30_000);
  expect(await simulated.run((link) => link.askMember(hostUUIDs[1]!, 2_000))).toMatchObject({
    kind: 'unknown',
  });
  await setMembers(simulated, ([master, other]) => [master!, { ...other!, address: '10.0.0.99' }]);
  await simulated.pass(30_000);
  expect(logins(simulated)).toEqual([]);
  expect(await simulated.run((link) => link.askMember(hostUUIDs[1]!, 2_000))).toMatchObject({
    value: { kind: 'silent' },
  });
  expect(simulated.warned).toEqual([]);
});

test('a new account of the master gets a new session at once; the old one is closed, and nothing is suspected', async () => {
  const simulated = await twoMembers();
  const master = simulated.pool.members[0]!;
  Object.assign(master.access, { userName: 'operator' });
  await setMembers(simulated, () => [{ ...master.access }, simulated.pool.members[1]!.access]);
  await simulated.pass(3_000);
  const after = await belief(simulated);
  expect(simulated.newCalls().filter((call) => call.startsWith('host-1 session'))).toEqual([
    'host-1 session.logout',
    'host-1 session.login_with_password',
  ]);
  expect(simulated.warned).toEqual([]);
  if (after.kind === 'unknown') throw new Error(after.because);
  expect(after.value.masterUpForMs).toBeGreaterThan(11 * 60_000);
});

test('a pool that nobody answered for is sought again as soon as the right member is declared', async () => {
  const simulated = await simulateLink({
    access: (access) => ({ ...access, members: access.members.slice(1) }),
  });
  await simulated.pass(120_000);
  expect(await belief(simulated)).toMatchObject({ kind: 'unknown' });
  await setMembers(simulated, (members) => members);
  const declaredMs = simulated.simulation.nowMs;
  await simulated.until('known');
  expect(simulated.simulation.nowMs - declaredMs).toBeLessThan(1_000);
});

test('a link that is closed on purpose alarms nobody', async () => {
  const simulated = await twoMembers();
  await simulated.run(async (link) => link.close());
  await simulated.pass(5_000);
  expect(simulated.warned).toEqual([]);
  expect(simulated.newCalls()).toContain('host-1 session.logout');
});
