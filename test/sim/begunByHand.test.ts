/**
 * Somebody began by hand before asking, or an earlier recovery stopped half way: what was on the lost member and is halted now
 * is taken up, or named. Nothing that is declared Running stays halted under the word Succeeded.
 */
import { describe, expect, test } from 'vitest';
import { ended, endingOf, lostHost, requestName } from './release.ts';
import {
  harm,
  look,
  lose,
  type Sight,
  settled,
  untilPhase,
  untilSays,
  untilSeen,
  violations,
} from './stage.ts';
import type { World } from './world.ts';

const starts = ['start app-01', 'start web-02'];

async function call(world: World, method: string, params: readonly unknown[]): Promise<unknown> {
  let result: unknown;
  await world.run(async () => {
    result = await world.lab.callAs('an administrator', 'host-1', method, params);
  });
  return result;
}

async function resetByHand(world: World, name: string): Promise<void> {
  const uuid = world.lab.document.virtualMachines.find((machine) => machine.name === name)?.uuid;
  await call(world, 'VM.power_state_reset', [await call(world, 'VM.get_by_uuid', [uuid])]);
}

async function declareDeadByHand(world: World): Promise<void> {
  const uuid = world.lab.document.members.find((member) => member.name === lostHost)?.hostUUID;
  await call(world, 'host.declare_dead', [await call(world, 'host.get_by_uuid', [uuid])]);
}

async function why(world: World, name: string, request = requestName): Promise<string> {
  let sentence = '';
  await world.run(async () => {
    const machines = (await world.recovery(request))?.status?.items ?? [];
    sentence = machines.find((machine) => machine.name === name)?.why ?? '';
  });
  return sentence;
}

function startsOf(world: World): readonly string[] {
  return harm(world)
    .filter((act) => act.startsWith('start'))
    .toSorted();
}

/** The VirtualServers are not there, or declare nothing. */
async function undeclared(world: World, how: 'deleted' | 'Unmanaged'): Promise<void> {
  for (const name of ['app-01', 'web-02', 'scratch-01']) {
    if (how === 'deleted') await world.remove('VirtualServer', name);
    else await world.patch('VirtualServer', name, { spec: { powerState: 'Unmanaged' } });
  }
}

describe('before the request somebody', () => {
  test('reset the power state of what was there: it is started all the same, since its locks are left', async () => {
    const world = await settled();
    world.lab.steer.cutPower(lostHost);
    await world.pass(5_000);
    await resetByHand(world, 'app-01');
    await resetByHand(world, 'web-02');
    await world.request(requestName, lostHost);
    expect((await untilPhase(world, 'Succeeded')).machines).toEqual([
      'app-01 Running',
      'web-02 Running',
      'scratch-01 NotRecoverable',
    ]);
    expect(startsOf(world)).toEqual(starts);
    expect(violations(world)).toEqual([]);
  });

  test.each(['deleted', 'Unmanaged'] as const)(
    'reset it, and nothing is declared (%s): its locks tell that nothing shut it down, so it is started',
    async (how) => {
      const world = await settled();
      await undeclared(world, how);
      world.lab.steer.cutPower(lostHost);
      await world.pass(5_000);
      await resetByHand(world, 'app-01');
      await world.request(requestName, lostHost);
      await untilPhase(world, 'Succeeded');
      expect(startsOf(world)).toEqual(starts);
      expect(violations(world)).toEqual([]);
    },
  );

  test('declared the member dead: what is declared Running was last seen there, and is started', async () => {
    const world = await settled();
    world.lab.steer.cutPower(lostHost);
    await world.pass(5_000);
    await declareDeadByHand(world);
    await world.pass(5_000);
    await world.request(requestName, lostHost);
    await untilPhase(world, 'Succeeded');
    expect(startsOf(world)).toEqual(starts);
    expect(violations(world)).toEqual([]);
  });

  test('reset one while the member still runs it: nothing is started before the member is proven off', async () => {
    const world = await settled();
    world.lab.steer.partition(lostHost, 'everyone', 'management');
    await world.pass(2_000);
    await resetByHand(world, 'app-01');
    await world.request(requestName, lostHost);
    await untilPhase(world, 'Succeeded');
    expect(harm(world).slice(-3)[0]).toBe(`declareDead ${lostHost}`);
    expect(startsOf(world)).toEqual(starts);
    expect(violations(world)).toEqual([]);
  });
});

test('somebody who declares the member dead by hand while the request waits takes nothing out of its plan', async () => {
  const world = await settled();
  await undeclared(world, 'deleted');
  await world.patch('Pool', 'lab', { spec: { paused: [{ reason: 'we look' }] } });
  await lose(world);
  await untilSays(world, /we look/);
  world.lab.steer.cutPower(lostHost);
  await world.pass(5_000);
  await declareDeadByHand(world);
  await world.patch('Pool', 'lab', { spec: { paused: null } });
  await untilPhase(world, 'Succeeded');
  expect(startsOf(world)).toEqual(starts);
  expect(violations(world)).toEqual([]);
});

test('what was shut down in order and is declared Running is started; what is declared Halted, or nothing, is left', async () => {
  const world = await settled();
  const shutDown = async (name: string): Promise<void> => {
    const uuid = world.lab.document.virtualMachines.find((machine) => machine.name === name)?.uuid;
    await call(world, 'VM.clean_shutdown', [await call(world, 'VM.get_by_uuid', [uuid])]);
  };
  await shutDown('app-01');
  await shutDown('web-02');
  await world.patch('VirtualServer', 'web-02', { spec: { powerState: 'Unmanaged' } });
  await world.pass(5_000);
  await lose(world);
  await ended(world, requestName);
  expect(startsOf(world)).toEqual(['start app-01']);
});

describe('a member that powers itself on after the release', () => {
  async function halfDone(): Promise<World> {
    const world = await settled();
    await lose(world);
    await untilSeen(world, () => harm(world).includes(`declareDead ${lostHost}`));
    world.lab.steer.pressPowerButton(lostHost);
    await untilPhase(world, 'Refused');
    return world;
  }

  test('stops the recovery, and the sentence names what stays halted and the way out', async () => {
    const world = await halfDone();
    const scene = await look(world);
    expect(startsOf(world)).toEqual([]);
    expect(scene.says).toMatch(/web-02 may be left halted.*new RecoveryRequest/);
  });

  test('leaves what is halted to a new request, which brings it back', async () => {
    const world = await halfDone();
    await world.patch('RecoveryRequest', requestName, { spec: { cancel: true } });
    await world.pass(30_000);
    expect((await look(world)).says).toMatch(/web-02 may be left halted/);
    world.lab.steer.cutPower(lostHost);
    await world.pass(60_000);
    await world.request('again', lostHost);
    await ended(world, 'again');
    expect(await endingOf(world, 'again')).toMatchObject({ phase: 'Succeeded', violations: [] });
    expect(startsOf(world)).toEqual(starts);
  });

  test('leaves what nobody declared to be named by a new request, which starts only what it knows to have run', async () => {
    const world = await settled();
    await undeclared(world, 'Unmanaged');
    await lose(world);
    await untilSeen(world, () => harm(world).includes(`declareDead ${lostHost}`));
    world.lab.steer.pressPowerButton(lostHost);
    await untilPhase(world, 'Refused');
    await world.patch('RecoveryRequest', requestName, { spec: { cancel: true } });
    world.lab.steer.heal();
    // Meanwhile the pool has had the member back for a while.
    await world.pass(10 * 60_000);
    world.lab.steer.cutPower(lostHost);
    await world.pass(60_000);
    await world.request('again', lostHost);
    await ended(world, 'again');
    const scene: Sight = await look(world, 'again');
    expect(scene.says).toMatch(/web-02/);
    expect(await why(world, 'web-02', 'again')).toMatch(/nothing tells whether it should run/);
  });
});

test('one that is declared Running, is halted and was never seen anywhere is named when a recovery ends', async () => {
  const world = await settled();
  world.operatorOwner().kill();
  const uuid = world.lab.document.virtualMachines.find((machine) => machine.name === 'app-01')?.uuid;
  await call(world, 'VM.hard_shutdown', [await call(world, 'VM.get_by_uuid', [uuid])]);
  await world.remove('VirtualServer', 'app-01');
  await world.run(async () => {
    await world.create({
      apiVersion: 'kintsugi.dev/v1alpha1',
      kind: 'VirtualServer',
      metadata: { name: 'app-01', namespace: 'default' },
      spec: { poolRef: { name: 'lab' }, vmUUID: uuid, powerState: 'Running' },
    } as never);
  });
  world.startOperator();
  await world.pass(60_000);
  await lose(world);
  const scene = await untilPhase(world, 'Succeeded');
  expect(scene.says).toMatch(/app-01 is declared Running and is halted.*start it by hand/);
});
