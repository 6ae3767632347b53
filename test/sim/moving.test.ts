/**
 * Virtual machines that were being moved when their host was lost: the pool's database goes on saying that they are there,
 * and where they really run depends on how far the move had come.
 */
import { describe, expect, test } from 'vitest';
import { endingOf, lostHost, requestName } from './release.ts';
import { harm, look, lose, settled, untilPhase, untilSays, violations } from './stage.ts';
import type { World } from './world.ts';

const cut = `forceOff ${lostHost}`;
const declared = `declareDead ${lostHost}`;
const points = ['sourceRuns', 'bothEnds', 'targetRuns'] as const;

async function machine(world: World, name: string, request = requestName) {
  let found: Record<string, unknown> | undefined;
  await world.run(async () => {
    const status = (await world.recovery(request))?.status;
    found = status?.items?.find((one) => one.name === name);
  });
  return found;
}

function hostUUID(world: World, name: string): string {
  return world.lab.document.members.find((member) => member.name === name)?.hostUUID ?? '';
}

function runsOn(world: World, name: string): readonly string[] {
  return world.lab.verdict().virtualMachines.find((one) => one.name === name)?.runsOn ?? [];
}

async function restart(world: World): Promise<void> {
  world.operatorOwner().kill();
  await world.pass(5_000);
  world.startOperator();
}

describe.each(points)('a move that had come so far: %s', (stopsWhen) => {
  test('ends with the machine running once, at its other end, whatever place had more room', async () => {
    const world = await settled({ lab: { members: 4 } });
    world.lab.steer.migrate('app-01', 'host-2', { stopsWhen });
    await lose(world);
    await untilPhase(world, 'Succeeded');
    await world.pass(60_000);
    expect(violations(world)).toEqual([]);
    expect(runsOn(world, 'app-01')).toEqual(['host-2']);
    expect(await machine(world, 'app-01')).toMatchObject({
      state: 'Running',
      onlyOn: hostUUID(world, 'host-2'),
    });
    expect(harm(world).filter((act) => act.startsWith('start app-01')).length).toBeLessThanOrEqual(1);
  });

  test("ends so too when the master's toolstack was restarted meanwhile, which forgets the move", async () => {
    const world = await settled({ lab: { members: 4 } });
    world.lab.steer.migrate('app-01', 'host-2', { stopsWhen });
    world.lab.steer.restartToolstack('host-1');
    await world.pass(60_000);
    await lose(world);
    await untilPhase(world, 'Succeeded', 40 * 60_000);
    await world.pass(60_000);
    expect(violations(world)).toEqual([]);
    expect(runsOn(world, 'app-01')).toHaveLength(1);
  });

  test('is remembered by an operator that is started anew after the release', async () => {
    const world = await settled({ lab: { members: 4 } });
    world.lab.steer.migrate('app-01', 'host-2', { stopsWhen });
    await lose(world);
    await world.until(async () => harm(world).includes(declared));
    await restart(world);
    await untilPhase(world, 'Succeeded');
    expect(violations(world)).toEqual([]);
    expect(runsOn(world, 'app-01')).toEqual(['host-2']);
  });

  test('starts nothing while the other end is silent too, and says where to look', async () => {
    const world = await settled({
      lab: { members: 4 },
      manifests: { memberTimeoutSeconds: 10 },
    });
    await world.patch('Pool', 'lab', { spec: { limits: { failedMembers: 2 } } });
    world.lab.steer.migrate('app-01', 'host-2', { stopsWhen });
    world.lab.steer.partition('host-2', 'everyone', 'management');
    await lose(world);
    const scene = await untilPhase(world, 'Failed');
    expect(scene.says).toMatch(/app-01 could not be started/);
    expect((await machine(world, 'app-01'))?.['why']).toMatch(
      /may run .* already.*[Ll]ook there.*by hand only/,
    );
    expect(violations(world)).toEqual([]);
    expect(harm(world).filter((act) => act.startsWith('start app-01'))).toEqual([]);
  });
});

test('a move that begins after the plan was made is in the plan before anything is released', async () => {
  const world = await settled({ lab: { members: 4 } });
  await world.patch('Pool', 'lab', { spec: { paused: [{ reason: 'we look' }] } });
  await lose(world);
  await untilSays(world, /we look/);
  world.lab.steer.migrate('app-01', 'host-2', { stopsWhen: 'targetRuns' });
  await world.pass(5_000);
  await world.patch('Pool', 'lab', { spec: { paused: null } });
  await untilPhase(world, 'Succeeded');
  expect(violations(world)).toEqual([]);
  expect(runsOn(world, 'app-01')).toEqual(['host-2']);
});

test('what runs at its other end is shown as such, with how to tell the pool', async () => {
  const world = await settled({ lab: { members: 4 } });
  world.lab.steer.migrate('app-01', 'host-2', { stopsWhen: 'targetRuns' });
  await lose(world);
  const scene = await untilPhase(world, 'Succeeded');
  expect((await machine(world, 'app-01'))?.['why']).toMatch(/runs on host-2 already.*xe-toolstack-restart/);
  expect(scene.says).toMatch(/app-01.*the pool does not know it/);
  expect(harm(world).filter((act) => act.includes('app-01'))).toEqual([]);
  expect((await endingOf(world, requestName)).harm).toContain(cut);
});

test('a move of which only a lock is left, since somebody declared the member dead by hand, is found by that lock', async () => {
  const world = await settled({ lab: { members: 4 } });
  world.lab.steer.migrate('app-01', 'host-2', { stopsWhen: 'targetRuns' });
  world.lab.steer.cutPower(lostHost);
  await world.pass(30_000);
  await world.run(async () => {
    const host = await world.lab.callAs('an administrator', 'host-1', 'host.get_by_uuid', [
      hostUUID(world, lostHost),
    ]);
    await world.lab.callAs('an administrator', 'host-1', 'host.declare_dead', [host]);
  });
  await world.request(requestName, lostHost);
  await untilPhase(world, 'Succeeded');
  expect(violations(world)).toEqual([]);
  expect(runsOn(world, 'app-01')).toEqual(['host-2']);
  expect((await look(world)).machines).toContain('app-01 Running');
});
