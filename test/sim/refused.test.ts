/** When a release must not begin. Nothing harmful may take place, for as long as the reason stands, and the request says it. */
import { expect, test } from 'vitest';
import { lostHost, requestName } from './release.ts';
import { harm, look, lose, settled, untilPhase, violations } from './stage.ts';
import type { World } from './world.ts';

async function expectNothingDone(world: World, sentence: RegExp, phase = 'Refused'): Promise<void> {
  await world.pass(5 * 60_000);
  const scene = await look(world);
  expect(scene.says).toMatch(sentence);
  expect(scene.phase).toBe(phase);
  expect(scene.journal.filter((entry) => !entry.endsWith('NotSent'))).toEqual([]);
  expect(harm(world)).toEqual([]);
  expect(violations(world)).toEqual([]);
}

test('a member that answers is not released', async () => {
  const world = await settled();
  await world.request(requestName, lostHost);
  await expectNothingDone(world, /host-3 answered at its own address, so it has power/);
});

test('a member that only the operator cannot reach is not released, since the pool master reaches it', async () => {
  const world = await settled();
  world.lab.steer.partition(lostHost, 'operator', 'management');
  await world.request(requestName, lostHost);
  await expectNothingDone(world, /The pool master reached host-3, so it has power/);
});

test('a member that answers again before its silence has lasted is not released', async () => {
  const world = await settled({ manifests: { memberTimeoutSeconds: 60 } });
  await lose(world);
  await world.pass(40_000);
  world.lab.steer.heal();
  await expectNothingDone(world, /host-3 answered at its own address/);
});

test('the pool master is not released', async () => {
  const world = await settled();
  await world.request(requestName, 'host-1');
  await expectNothingDone(world, /host-1 is the pool master/);
});

test('nothing is done in a pool with high availability, and the release goes on by itself when that is off', async () => {
  const world = await settled();
  world.lab.steer.setHighAvailability('on');
  await lose(world);
  await expectNothingDone(world, /High availability is on/);
  world.lab.steer.setHighAvailability('off');
  expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
});

test('nothing is done during a rolling upgrade', async () => {
  const world = await settled();
  world.lab.steer.setRollingUpgrade('on');
  await lose(world);
  await expectNothingDone(world, /A rolling upgrade of the pool is under way/);
});

test('when two members fail together neither is released', async () => {
  const world = await settled({ lab: { members: 4 } });
  world.lab.steer.partition('host-2', 'everyone', 'management');
  await lose(world);
  await expectNothingDone(world, /2 members fail at the same time \(host-3, host-2\)/);
});

test('in mode Observe nothing is changed, whatever is requested, and the request says so', async () => {
  const world = await settled({ manifests: { mode: 'Observe' } });
  await lose(world);
  await expectNothingDone(world, /mode Observe, in which nothing is changed/);
});

test('a request of mode Plan ends with a plan, and nothing is done', async () => {
  const world = await settled();
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.request(requestName, lostHost, 'Plan');
  await expectNothingDone(world, /This is the plan [0-9a-f]+/, 'Planned');
  const scene = await look(world);
  expect(scene.machines).toEqual(['app-01 Planned', 'web-02 Planned', 'scratch-01 NotRecoverable']);
});

test('a host in Maintenance is not released', async () => {
  const world = await settled();
  expect(await world.patch('Host', lostHost, { spec: { state: 'Maintenance' } })).toBeUndefined();
  await lose(world);
  await expectNothingDone(world, /host-3 is in Maintenance/);
});

test('a power controller that shows the serial of another machine is not used', async () => {
  const world = await settled();
  world.lab.steer.setBmc(lostHost, 'anotherSerial');
  await lose(world);
  await expectNothingDone(
    world,
    /It controls another machine, or shows another of its numbers: correct the Host/,
  );
});

test('a machine that two Hosts claim is not released', async () => {
  const world = await settled();
  const member = world.lab.document.members[2];
  await world.run(async () => {
    const host = await world.host(lostHost);
    if (host === undefined) throw new Error('no host');
    const { name, namespace } = host.metadata;
    await world.create({ ...host, metadata: { name: `${name}-again`, namespace: namespace ?? '' } });
  });
  await lose(world);
  await expectNothingDone(
    world,
    new RegExp(`${member?.hostUUID} is claimed by the Hosts host-3 and host-3-again`),
  );
});
