import { expect, test } from 'vitest';
import { createWorld } from './world.ts';

/**
 * Members of a settled pool are asked once a minute, and an answer counts for 45 s: for a quarter of the time a member that
 * is well was passed over, and what only it had room for was called not recoverable, for good.
 */
test('a plan has room for every virtual machine at any moment of a settled pool', async () => {
  const world = createWorld({ lab: { members: 2, virtualServers: 4, localVirtualServers: 0 } });
  world.startOperator();
  await world.applyAndSettle();
  for (let look = 0; look < 12; look++) {
    await world.pass(65_000);
    const name = `plan-${look}`;
    await world.request(name, 'host-2', 'Plan');
    const planned = await world.until(
      async () => (await world.recovery(name))?.status?.phase === 'Planned',
      10_000,
    );
    expect([name, planned]).toEqual([name, true]);
    await world.run(async () => {
      const machines = (await world.recovery(name))?.status?.items ?? [];
      expect(machines).toHaveLength(2);
      expect(machines.filter((machine) => machine.state !== 'Planned').map(({ why }) => why)).toEqual([]);
    });
  }
});
