/** What counts of a silence that was written down before the operator went away. */
import { expect, test } from 'vitest';
import { lostHost, requestName, smallWorld } from './release.ts';

test.each([
  [
    'a silence that was written down before a long absence does not count: in it the member may have been well',
    0,
  ],
  ['a wall clock that was set back during a long absence does not make the old silence count', -3 * 3600_000],
])('%s', async (_rule, jumpMs) => {
  const world = smallWorld({ manifests: { memberTimeoutSeconds: 600 } });
  world.startOperator();
  await world.applyAndSettle();
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.pass(90_000);
  world.operatorOwner().kill();
  world.lab.steer.heal();
  await world.pass(2 * 3600_000);
  world.jumpWallClock(jumpMs);
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.request(requestName, lostHost);
  const startMs = world.simulation.nowMs;
  world.startOperator();
  const cut = (): boolean => world.lab.verdict().harmfulEffects.some((act) => act.kind === 'forceOff');
  expect(await world.until(async () => cut(), 15 * 60_000)).toBe(true);
  expect(world.simulation.nowMs - startMs).toBeGreaterThan(600_000);
});
