/** What a request would be refused for tonight is shown on the Pool or the Host today. */
import { expect, test } from 'vitest';
import type { Pool } from '../../src/api/generated/types.ts';
import { poolKind } from '../../src/api/kinds.ts';
import { latenciesDefault } from '../../src/lab/settings.ts';
import { lostHost, smallWorld } from './release.ts';
import { harm, lose, settled, untilPhase, violations } from './stage.ts';
import { namespace, type World } from './world.ts';

async function poolReady(world: World): Promise<string> {
  let shown = '';
  await world.run(async () => {
    const pool = await world.api.read<Pool>(poolKind, { namespace, name: 'lab' });
    const ready = pool?.status?.conditions?.find(({ type }) => type === 'Ready');
    shown = `${ready?.status} ${ready?.reason}: ${ready?.message}`;
  });
  return shown;
}

test('a rolling upgrade makes the Pool not Ready, and its end makes it Ready again', async () => {
  const world = await settled();
  world.lab.steer.setRollingUpgrade('on');
  await world.pass(30_000);
  expect(await poolReady(world)).toMatch(/^False UpgradeUnderWay: A rolling upgrade/);
  world.lab.steer.setRollingUpgrade('off');
  await world.pass(30_000);
  expect(await poolReady(world)).toMatch(/^True/);
});

test('a member that is not declared makes the Pool not Ready', async () => {
  const world = await settled();
  await world.remove('Host', 'host-2');
  await world.pass(30_000);
  expect(await poolReady(world)).toMatch(/^False MemberNotDeclared: host-2 /);
});

test('a member that does not answer makes the Pool not Ready, in a sentence that names it as a person would', async () => {
  const world = await settled();
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.pass(60_000);
  expect(await poolReady(world)).toMatch(
    /^False MemberNotReady: host-3 is not ready\. host-3 \(10\.77\.0\.3\) does not answer\.$/,
  );
});

test('a member whose pool still takes it for live is released long before the pool gives it up', async () => {
  // Calls that the master hands on to the lost member take as long as on a real pool.
  const { forwardedCallMs, guardContactMs } = latenciesDefault;
  const world = smallWorld({
    lab: { latencies: { forwardedCallMs, guardContactMs, forceOffMs: 2_000, startMs: 1_000 } },
  });
  world.startOperator();
  await world.applyAndSettle();
  await lose(world);
  const startMs = world.simulation.nowMs;
  await untilPhase(world, 'Succeeded');
  expect(harm(world)).toEqual([
    `forceOff ${lostHost}`,
    `declareDead ${lostHost}`,
    'start app-01',
    'start web-02',
  ]);
  expect(world.simulation.nowMs - startMs).toBeLessThan(5 * 60_000);
  expect(violations(world)).toEqual([]);
});
