/** What people can do to a recovery that is under way, and what the operator's own misfortunes do to it. */
import { describe, expect, test } from 'vitest';
import { ended, endingOf, lostHost, requestName, smallWorld } from './release.ts';
import {
  harm,
  look,
  lose,
  settled,
  untilPhase,
  untilSays,
  untilSeen,
  violations,
  whenSent,
} from './stage.ts';
import { apiOrigin, type World } from './world.ts';

const cut = `forceOff ${lostHost}`;
const declared = `declareDead ${lostHost}`;
const starts = ['start app-01', 'start web-02'];

async function fenced(options: Parameters<typeof settled>[0] = {}): Promise<World> {
  const world = await settled(options);
  await lose(world);
  await untilSeen(world, () => harm(world).includes(cut));
  return world;
}

describe('a person', () => {
  test('who pauses the pool in the middle stops it where it stands, and it goes on when the pause is over', async () => {
    const world = await fenced();
    await world.patch('Pool', 'lab', { spec: { paused: [{ reason: 'we look at the switch' }] } });
    await world.pass(15 * 60_000);
    const scene = await look(world);
    expect(harm(world)).toEqual([cut]);
    expect(scene.says).toMatch(/The pool is paused: we look at the switch/);
    expect(scene.stalled).toMatch(/^True: .*paused/);
    await world.patch('Pool', 'lab', { spec: { paused: null } });
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual([cut, declared, ...starts]);
  });

  test('who sets the pool to Observe in the middle stops it where it stands', async () => {
    const world = await fenced();
    await world.patch('Pool', 'lab', { spec: { mode: 'Observe' } });
    await world.pass(10 * 60_000);
    expect(harm(world)).toEqual([cut]);
    expect((await look(world)).says).toMatch(/mode Observe/);
  });

  test('who cancels it in the middle ends it; nothing more is begun', async () => {
    const world = await fenced();
    await world.patch('RecoveryRequest', requestName, { spec: { cancel: true } });
    const scene = await untilPhase(world, 'Cancelled', 60_000);
    expect(scene).toMatchObject({ phase: 'Cancelled' });
    expect(scene.says).toMatch(/what had been begun was followed to its end\. 0 of 3/);
    await world.pass(10 * 60_000);
    expect(harm(world)).toEqual([cut]);
  });

  test('who cancels it while one starts is told how that ended, and no other one is started', async () => {
    let sent = false;
    const world = await settled({
      interpose: whenSent('VM.start_on', () => {
        sent = true;
      }),
    });
    await lose(world);
    await untilSeen(world, () => sent);
    await world.patch('RecoveryRequest', requestName, { spec: { cancel: true } });
    const scene = await untilPhase(world, 'Cancelled', 60_000);
    expect(scene.machines).toEqual(['app-01 Running', 'web-02 Planned', 'scratch-01 NotRecoverable']);
    await world.pass(10 * 60_000);
    expect(harm(world)).toEqual([cut, declared, 'start app-01']);
  });

  test('who cancels it while the power controller hangs gets it ended all the same, and is told what is not known', async () => {
    const world = await settled({
      interpose: whenSent('ComputerSystem.Reset', () => {
        world.lab.steer.setBmc(lostHost, 'hangs');
      }),
    });
    await lose(world);
    await untilSays(world, /could not be read|has to be read/, 10 * 60_000);
    await world.patch('RecoveryRequest', requestName, { spec: { cancel: true } });
    const scene = await untilPhase(world, 'Cancelled', 30 * 60_000);
    expect(scene).toMatchObject({ phase: 'Cancelled' });
    expect(scene.says).toMatch(/the result of some acts is not known/);
  });

  test('who deletes the request in the middle stops it; a new request finishes what is left', async () => {
    const world = await fenced();
    await world.remove('RecoveryRequest', requestName);
    await world.pass(10 * 60_000);
    expect(harm(world)).toEqual([cut]);
    await world.request('again', lostHost);
    await ended(world, 'again');
    expect(await endingOf(world, 'again')).toMatchObject({ phase: 'Succeeded', repeats: [], violations: [] });
    expect(harm(world)).toEqual([cut, declared, ...starts]);
  });

  test('who edits what a request is about is refused, with the field and what to do', async () => {
    const world = await settled();
    await lose(world);
    const target = { spec: { target: { hostRef: { name: 'host-2' } } } };
    expect(await world.patch('RecoveryRequest', requestName, target)).toMatch(
      /spec\.target.*create a new RecoveryRequest/s,
    );
    expect(await world.patch('RecoveryRequest', requestName, { spec: { mode: 'Plan' } })).toMatch(
      /mode cannot be changed/,
    );
  });

  test('who must approve every plan: nothing is done without, nothing for another plan, and it is carried out for this one', async () => {
    const world = await settled();
    await world.patch('Pool', 'lab', { spec: { approval: 'Always' } });
    await lose(world);
    const scene = await untilPhase(world, 'AwaitingApproval', 5 * 60_000);
    expect(scene.phase).toBe('AwaitingApproval');
    await world.pass(5 * 60_000);
    expect((await look(world)).says).toMatch(/set spec\.approval with planHash/);
    await world.patch('RecoveryRequest', requestName, {
      spec: { approval: { planHash: 'ffffffffffffffff', by: 'Ada' } },
    });
    await world.pass(5 * 60_000);
    expect(harm(world)).toEqual([]);
    expect((await look(world)).says).toMatch(/The approval by Ada is for the plan ffffffffffffffff/);
    const { planHash } = await look(world);
    await world.patch('RecoveryRequest', requestName, { spec: { approval: { planHash, by: 'Ada' } } });
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual([cut, declared, ...starts]);
  });

  test('who applies a finished request again changes nothing', async () => {
    const world = await fenced();
    await untilPhase(world, 'Succeeded');
    await world.patch('RecoveryRequest', requestName, { metadata: { annotations: { again: 'yes' } } });
    await world.pass(10 * 60_000);
    expect(harm(world)).toEqual([cut, declared, ...starts]);
  });
});

describe('two operators', () => {
  test('that both live from the beginning act once: only one of them leads', async () => {
    const world = smallWorld();
    world.startOperator();
    world.startOperator('operator beside');
    await world.applyAndSettle();
    await lose(world);
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual([cut, declared, ...starts]);
    expect(violations(world)).toEqual([]);
  });

  test.each([
    ['the power is cut', (world: World) => harm(world).includes(cut)],
    ['the member is declared dead', (world: World) => harm(world).includes(declared)],
    ['the first one starts', (world: World) => harm(world).includes('start app-01')],
  ])(
    'the leader of which loses the API server when %s: the other one finishes, and nothing takes place twice',
    async (_when, now) => {
      const world = smallWorld();
      world.startOperator();
      await world.applyAndSettle();
      world.startOperator('operator beside');
      await lose(world);
      await untilSeen(world, () => now(world));
      world.simulation.restrict((from, to) => !(from === 'operator' && to === apiOrigin));
      expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
      await world.pass(5 * 60_000);
      expect(harm(world)).toEqual([cut, declared, ...starts]);
      expect(world.lab.verdict().harmfulEffects.length).toBe(4);
      expect(violations(world)).toEqual([]);
    },
  );
});

describe('an operator', () => {
  test('that cannot reach the API server for a minute does nothing meanwhile and goes on afterwards', async () => {
    const world = await fenced();
    const heal = world.simulation.restrict((from, to) => !(from === 'operator' && to === apiOrigin));
    await world.pass(60_000);
    expect(harm(world)).toEqual([cut]);
    heal();
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual([cut, declared, ...starts]);
  });

  test.each([3_600_000, -3_600_000])(
    'whose wall clock jumps by %d ms fences no earlier and still finishes',
    async (byMs) => {
      const world = await settled({ manifests: { memberTimeoutSeconds: 60 } });
      const startMs = world.simulation.nowMs;
      await lose(world);
      await world.pass(5_000);
      world.jumpWallClock(byMs);
      await untilSeen(world, () => harm(world).includes(cut));
      expect(world.simulation.nowMs - startMs).toBeGreaterThan(60_000);
      world.jumpWallClock(-byMs);
      expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
      expect(harm(world)).toEqual([cut, declared, ...starts]);
      expect(violations(world)).toEqual([]);
    },
  );

  test.each([3_600_000, -3_600_000])(
    'whose wall clock jumps by %d ms between proof and release still finishes, without a second cut',
    async (byMs) => {
      const world = await settled({
        interpose: whenSent('host.declare_dead', () => world.jumpWallClock(byMs)),
      });
      await lose(world);
      expect(await untilPhase(world, 'Succeeded', 3 * 3_600_000)).toMatchObject({ phase: 'Succeeded' });
      expect(harm(world)).toEqual([cut, declared, ...starts]);
    },
  );
});
