/** What stands in the way of a start, or seems to: the plan knows it before anything is done, and says what to do. */
import { describe, expect, test } from 'vitest';
import { poolKind } from '../../src/api/kinds.ts';
import type { KubernetesObject } from '../../src/ports/kubernetes.ts';
import { ended, lostHost, requestName } from './release.ts';
import { harm, look, lose, settled, untilPhase, untilSays, violations } from './stage.ts';
import { namespace, type World } from './world.ts';

const starts = ['start app-01', 'start web-02'];

function startsOf(world: World): readonly string[] {
  return harm(world)
    .filter((act) => act.startsWith('start'))
    .toSorted();
}

async function call(world: World, method: string, params: readonly unknown[]): Promise<unknown> {
  let result: unknown;
  await world.run(async () => {
    result = await world.lab.callAs('an administrator', 'host-1', method, params);
  });
  return result;
}

async function whys(world: World): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  await world.run(async () => {
    for (const one of (await world.recovery(requestName))?.status?.items ?? []) {
      found[one.name] = `${one.state} ${one.why ?? ''}`;
    }
  });
  return found;
}

/** The plan as a person reads it before anything is done. */
async function planned(world: World): Promise<Readonly<Record<string, string>>> {
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.pass(50_000);
  await world.request('look', lostHost, 'Plan');
  await ended(world, 'look');
  const found: Record<string, string> = {};
  await world.run(async () => {
    for (const one of (await world.recovery('look'))?.status?.items ?? []) {
      found[one.name] = `${one.state} ${one.why ?? ''}`;
    }
  });
  expect(harm(world)).toEqual([]);
  return found;
}

async function poolReady(world: World): Promise<string> {
  let says = '';
  await world.run(async () => {
    const pool = await world.api.read<
      KubernetesObject & { status?: { conditions?: { type: string; status: string; message: string }[] } }
    >(poolKind, { namespace, name: 'lab' });
    const ready = pool?.status?.conditions?.find((one) => one.type === 'Ready');
    says = `${ready?.status}: ${ready?.message}`;
  });
  return says;
}

async function setKey(world: World, name: string, key: string, value: string): Promise<void> {
  const disk = world.lab.document.virtualMachines.find((machine) => machine.name === name)?.diskUUID;
  await call(world, 'VDI.add_to_sm_config', [await call(world, 'VDI.get_by_uuid', [disk]), key, value]);
}

describe('a CD in a drive', () => {
  test('that lies in the drive of the lost member itself is named with how to eject it, and all else is started', async () => {
    const world = await settled();
    world.lab.steer.insertMedia('app-01', 'hostDrive');
    expect((await planned(world))['app-01']).toMatch(/NotRecoverable .*Eject it .*xe vm-cd-eject uuid=/);
    await world.request(requestName, lostHost);
    const scene = await untilPhase(world, 'Failed');
    expect(scene.says).toMatch(/app-01 could not be started/);
    expect(startsOf(world)).toEqual(['start web-02']);
  });

  test('that was ejected after the plan was made does not stand in the way any more', async () => {
    const world = await settled();
    await world.patch('Pool', 'lab', { spec: { paused: [{ reason: 'we look' }] } });
    world.lab.steer.insertMedia('app-01', 'hostDrive');
    await lose(world);
    await untilSays(world, /we look/);
    expect((await whys(world))['app-01']).toMatch(/NotRecoverable/);
    world.lab.steer.ejectMedia('app-01');
    await world.pass(5_000);
    await world.patch('Pool', 'lab', { spec: { paused: null } });
    await untilPhase(world, 'Succeeded');
    expect(startsOf(world)).toEqual(starts);
  });

  test('of a library that every member reaches is no disk and no obstacle', async () => {
    const world = await settled();
    world.lab.steer.insertMedia('app-01', 'isoLibrary');
    await lose(world);
    await untilPhase(world, 'Succeeded');
    expect(startsOf(world)).toEqual(starts);
    expect(violations(world)).toEqual([]);
  });

  test('of a library that one member cannot reach is started on another', async () => {
    const world = await settled({ lab: { members: 4 } });
    const iso = world.lab.document.storage.find((storage) => storage.kind === 'isoLibrary')?.name ?? '';
    world.lab.steer.insertMedia('app-01', 'isoLibrary');
    for (const host of ['host-1', 'host-2']) world.lab.steer.unplugStorage(iso, host);
    await lose(world);
    await untilPhase(world, 'Succeeded');
    const truth = world.lab.verdict().virtualMachines.find((one) => one.name === 'app-01');
    expect(truth?.runsOn).toEqual(['host-4']);
  });

  test('that every machine of the member has, so that none can start, makes no success', async () => {
    const world = await settled();
    for (const name of ['app-01', 'web-02', 'scratch-01']) world.lab.steer.insertMedia(name, 'hostDrive');
    await lose(world);
    expect((await untilPhase(world, 'Failed')).phase).toBe('Failed');
  });
});

describe('storage that is not plugged on a member', () => {
  test('is no obstacle when it is a library of CDs that nothing uses: the Pool stays Ready and the release goes on', async () => {
    const world = await settled();
    const iso = world.lab.document.storage.find((storage) => storage.kind === 'isoLibrary')?.name ?? '';
    world.lab.steer.unplugStorage(iso, 'host-2');
    await world.pass(5_000);
    expect(await poolReady(world)).toMatch(/^True/);
    await lose(world);
    await untilPhase(world, 'Succeeded');
    expect(startsOf(world)).toEqual(starts);
  });

  test('makes the Pool not Ready long before a release would be refused for it', async () => {
    const world = await settled();
    const name = world.lab.document.storage.find(
      (storage) => storage.kind === 'disks' && storage.shared,
    )?.name;
    for (const { hostName, uuid } of world.lab.document.virtualMachines) {
      if (hostName !== 'host-2') continue;
      await call(world, 'VM.hard_shutdown', [await call(world, 'VM.get_by_uuid', [uuid])]);
    }
    world.lab.steer.unplugStorage(name ?? '', 'host-2');
    await world.pass(5_000);
    expect(await poolReady(world)).toMatch(
      /^False: The shared storage .* is not plugged on host-.*xe pbd-plug/,
    );
    await lose(world);
    await world.pass(60_000);
    expect((await look(world)).says).toMatch(/is not plugged on host-/);
    expect(harm(world)).toEqual([]);
  });
});

describe('a key in the locks of a disk', () => {
  test.each(['activating', 'paused', 'relinking'])(
    'that was left by interrupted work (%s) is in the plan, and the machine is never started',
    async (key) => {
      const world = await settled();
      await setKey(world, 'app-01', key, 'True');
      expect((await planned(world))['app-01']).toMatch(
        new RegExp(`NotRecoverable .*interrupted \\(${key}\\).*storage administrator`),
      );
      await world.request(requestName, lostHost);
      await untilPhase(world, 'Failed');
      expect(startsOf(world)).toEqual(['start web-02']);
    },
  );

  test('of a host that the pool has forgotten is no obstacle', async () => {
    const world = await settled();
    await setKey(world, 'app-01', 'host_OpaqueRef:00000000-1111-4222-8333-444444444444', 'RW');
    await lose(world);
    await untilPhase(world, 'Succeeded');
    expect(startsOf(world)).toEqual(starts);
    expect(violations(world)).toEqual([]);
  });
});

describe('what people declare after the plan was made', () => {
  test.each([
    ['before the release', (world: World) => untilSays(world, /we look/), true],
    ['after the release', (world: World) => world.until(async () => harm(world).length > 1), false],
  ] as const)('counts %s: what is declared Halted then is not started', async (_when, arrive, pause) => {
    const world = await settled();
    if (pause) await world.patch('Pool', 'lab', { spec: { paused: [{ reason: 'we look' }] } });
    await lose(world);
    await arrive(world);
    await world.patch('VirtualServer', 'web-02', { spec: { powerState: 'Halted' } });
    await world.patch('Pool', 'lab', { spec: { paused: null } });
    const scene = await untilPhase(world, 'Succeeded');
    expect(scene.machines).toContain('web-02 LeftHalted');
    expect(startsOf(world)).toEqual(['start app-01']);
  });

  test('counts both ways: what is declared Running again is started', async () => {
    const world = await settled();
    await world.patch('VirtualServer', 'web-02', { spec: { powerState: 'Halted' } });
    await lose(world);
    await world.until(async () => harm(world).includes(`declareDead ${lostHost}`));
    await world.patch('VirtualServer', 'web-02', { spec: { powerState: 'Running' } });
    await untilPhase(world, 'Succeeded');
    expect(startsOf(world)).toEqual(starts);
  });

  test('counts for the order of those that were not started yet', async () => {
    const world = await settled();
    await world.patch('VirtualServer', 'app-01', { spec: { restart: { order: 1, delaySeconds: 0 } } });
    await world.patch('VirtualServer', 'web-02', { spec: { restart: { order: 2, delaySeconds: 0 } } });
    await lose(world);
    await world.until(async () => harm(world).includes(`forceOff ${lostHost}`));
    await world.patch('VirtualServer', 'app-01', { spec: { restart: { order: 3, delaySeconds: 0 } } });
    await untilPhase(world, 'Succeeded');
    expect(harm(world).filter((act) => act.startsWith('start'))).toEqual(['start web-02', 'start app-01']);
  });
});

describe('a member whose statistics daemon', () => {
  test.each(['down', 'neverUp'] as const)('is %s takes what the pool counts as free', async (state) => {
    const world = await settled();
    for (const host of ['host-1', 'host-2']) world.lab.steer.statisticsDaemon(host, state);
    await world.pass(5_000);
    await lose(world);
    await untilPhase(world, 'Succeeded');
    expect(startsOf(world)).toEqual(starts);
    expect(violations(world)).toEqual([]);
  });
});
