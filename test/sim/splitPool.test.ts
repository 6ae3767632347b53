/**
 * A pool that is split: somebody made a second member master while the first one lives. Each has a database of its own, and
 * what one of them started is halted in the other's.
 */
import { describe, expect, test } from 'vitest';
import { lostHost } from './release.ts';
import { harm, look, lose, settled, untilPhase, untilSays, violations } from './stage.ts';
import type { World } from './world.ts';

const declared = `declareDead ${lostHost}`;
const split = /host-1.* and host-2.* both answer as (?:pool master|the master of the pool)/;

/** Six machines start on three members, one at a time on each: two waves at the least, and each start takes a while. */
async function settledWithFour(): Promise<World> {
  return settled({
    lab: {
      members: 4,
      virtualServers: 24,
      localVirtualServers: 0,
      latencies: { forwardedCallMs: 3_000, guardContactMs: 1_000, forceOffMs: 2_000, startMs: 20_000 },
    },
    manifests: { startsAtOncePerHost: 1 },
  });
}

function started(world: World): readonly string[] {
  return harm(world).filter((act) => act.startsWith('start '));
}

function twice(world: World): readonly string[] {
  return world.lab
    .verdict()
    .virtualMachines.filter((one) => one.runsOn.length > 1)
    .map((one) => one.name);
}

describe('two members that answer as master', () => {
  test('stop a release before its first act, and it says so', async () => {
    const world = await settledWithFour();
    world.lab.steer.secondMaster('host-2', 'on');
    await world.pass(60_000);
    await lose(world);
    await world.pass(10 * 60_000);
    expect((await look(world)).says).toMatch(split);
    expect(harm(world)).toEqual([]);
  });

  test('stop the starts after the release, and nothing runs twice', async () => {
    const world = await settledWithFour();
    await lose(world);
    await world.until(async () => harm(world).includes(declared));
    world.lab.steer.secondMaster('host-2', 'on');
    await world.pass(15 * 60_000);
    expect((await look(world)).says).toMatch(split);
    // Those that were on their way when the pool was split, and no more.
    expect(started(world).length).toBeLessThanOrEqual(3);
    expect(twice(world)).toEqual([]);
    expect(violations(world)).toEqual([]);
  });

  test('stop nothing any more when one of them has become a member again', async () => {
    const world = await settledWithFour();
    await lose(world);
    await world.until(async () => harm(world).includes(declared));
    world.lab.steer.secondMaster('host-2', 'on');
    await untilSays(world, split);
    world.lab.steer.secondMaster('host-2', 'off');
    await untilPhase(world, 'Succeeded', 40 * 60_000);
    expect(started(world)).toHaveLength(6);
    expect(twice(world)).toEqual([]);
    expect(violations(world)).toEqual([]);
  });
});

describe('a second master that alone is in sight', () => {
  const hidden = /host-1 was pool master when this recovery last acted, and host-2 is now/;

  async function split(world: World): Promise<void> {
    await world.until(async () => harm(world).includes(declared));
    world.lab.steer.secondMaster('host-2', 'on');
    world.lab.steer.partition('host-2', 'operator', 'management');
  }

  function seeTheOther(world: World): void {
    world.lab.steer.partition('host-1', 'operator', 'management');
    world.lab.steer.mend('host-2', 'operator', 'management');
  }

  test('is not followed, and what the first one started is not started again', async () => {
    const world = await settledWithFour();
    await lose(world);
    await split(world);
    await world.until(async () => started(world).length > 0);
    seeTheOther(world);
    await world.pass(15 * 60_000);
    expect((await look(world)).says).toMatch(hidden);
    expect(started(world)).toHaveLength(1);
    expect(twice(world)).toEqual([]);
    expect(violations(world)).toEqual([]);
  });

  test('is not followed either by an operator that was started anew', async () => {
    const world = await settledWithFour();
    await lose(world);
    await split(world);
    await world.until(async () => started(world).length > 0);
    world.operatorOwner().kill();
    seeTheOther(world);
    world.startOperator();
    await world.pass(15 * 60_000);
    expect((await look(world)).says).toMatch(hidden);
    expect(started(world)).toHaveLength(1);
    expect(twice(world)).toEqual([]);
  });

  test('is forgotten when the first one is in sight again and alone', async () => {
    const world = await settledWithFour();
    await lose(world);
    await split(world);
    await world.until(async () => started(world).length > 0);
    seeTheOther(world);
    await untilSays(world, hidden);
    world.lab.steer.secondMaster('host-2', 'off');
    world.lab.steer.heal();
    world.lab.steer.partition(lostHost, 'everyone', 'management');
    await untilPhase(world, 'Succeeded', 40 * 60_000);
    expect(started(world)).toHaveLength(6);
    expect(twice(world)).toEqual([]);
    expect(violations(world)).toEqual([]);
  });
});
