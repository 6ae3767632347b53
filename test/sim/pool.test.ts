/** What the pool, its hosts and other people do in the middle of a release. */
import { describe, expect, test } from 'vitest';
import { lostHost, requestName } from './release.ts';
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
import type { World } from './world.ts';

const cut = `forceOff ${lostHost}`;
const declared = `declareDead ${lostHost}`;
const starts = ['start app-01', 'start web-02'];

async function why(world: World, name: string): Promise<string> {
  let sentence = '';
  await world.run(async () => {
    const request = await world.recovery(requestName);
    sentence = request?.status?.items?.find((machine) => machine.name === name)?.why ?? '';
  });
  return sentence;
}

describe('the hook that unlocks the disks', () => {
  test('ends with 1 and nobody says so: the locks are found, the pool is asked again, and everything starts', async () => {
    const world = await settled();
    world.lab.steer.addFault({ method: 'host.declare_dead', nth: 1, effect: { kind: 'hookFails' } });
    await lose(world);
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual([cut, declared, declared, ...starts]);
    expect(violations(world)).toEqual([]);
  });

  test('never works: only the locks of what is started are removed, each once, after the pool was asked twice', async () => {
    const world = await settled();
    world.lab.steer.addFault({ method: 'host.declare_dead', effect: { kind: 'hookFails' } });
    await lose(world);
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    const lostRef = world.lab.document.members[2]?.hostRef;
    const disks = new Map(
      world.lab.document.virtualMachines.map((machine) => [machine.name, machine.diskUUID]),
    );
    expect(harm(world)).toEqual([
      cut,
      declared,
      ...harm(world).filter((act) => act.startsWith('lockRemoved')),
      ...starts,
    ]);
    expect(new Set(harm(world).filter((act) => act.startsWith('lockRemoved')))).toEqual(
      new Set(['app-01', 'web-02'].map((name) => `lockRemoved ${disks.get(name)} host_${lostRef}`)),
    );
    expect(violations(world)).toEqual([]);
  });
});

describe('the pool master', () => {
  test('whose toolstack restarts in the middle: nothing is released for eleven minutes, with a sentence; then it goes on', async () => {
    const world = await settled();
    await lose(world);
    await untilSeen(world, () => harm(world).includes(cut));
    world.lab.steer.restartToolstack('host-1');
    const restartedMs = world.simulation.nowMs;
    await untilSays(world, /toolstack started \d+ min ago.*only reliable after 11 min/s, 5 * 60_000);
    expect(await untilPhase(world, 'Succeeded', 30 * 60_000)).toMatchObject({ phase: 'Succeeded' });
    const released = world.lab.verdict().harmfulEffects.find((act) => act.kind === 'declareDead');
    const startedAt = world.lab.wallMs() - (world.simulation.nowMs - restartedMs);
    expect((released?.at ?? 0) - startedAt).toBeGreaterThan(11 * 60_000);
    expect(harm(world)).toEqual([cut, declared, ...starts]);
    expect(violations(world)).toEqual([]);
  });

  test('whose clock could not be read because one reply was lost delays the release by seconds, not by eleven minutes', async () => {
    let lost = 0;
    const world = await settled({
      interpose: ({ from, label }) => {
        if (from !== 'operator' || label !== 'XAPI host.get_servertime' || lost > 0) return 'deliver';
        lost += 1;
        return { kind: 'dropReply', shownAs: 'silence' };
      },
    });
    expect(lost).toBe(1);
    await lose(world);
    const lostMs = world.simulation.nowMs;
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(world.simulation.nowMs - lostMs).toBeLessThan(5 * 60_000);
    expect(harm(world)).toEqual([cut, declared, ...starts]);
  });

  test.each(['host.declare_dead', 'VM.start_on'])(
    'whose toolstack restarts while it carries out %s: nothing takes place twice',
    async (method) => {
      const world = await settled({
        interpose: whenSent(`Async.${method}`, () => {
          const { simulation } = world;
          simulation.clock(simulation.world).after(200, () => world.lab.steer.restartToolstack('host-1'));
        }),
      });
      await lose(world);
      expect(await untilPhase(world, 'Succeeded', 60 * 60_000)).toMatchObject({ phase: 'Succeeded' });
      expect(
        harm(world)
          .filter((act) => act.startsWith('start'))
          .toSorted(),
      ).toEqual(starts);
      expect(harm(world).filter((act) => act === cut)).toEqual([cut]);
      expect(violations(world)).toEqual([]);
    },
  );

  test('that loses its power in the middle of it all: nothing more is done, and the request says what is missing', async () => {
    const world = await settled();
    await lose(world);
    await untilSeen(world, () => harm(world).includes(cut));
    world.lab.steer.cutPower('host-1');
    await world.pass(20 * 60_000);
    expect(harm(world)).toEqual([cut]);
    expect((await look(world)).says).toMatch(/no member answers as the master|does not answer|members fail/);
  });

  test('that answers every call after seconds only delays the release', async () => {
    const world = await settled();
    world.lab.steer.addFault({ at: 'host-1', effect: { kind: 'slow', delayMs: 1_500 } });
    await lose(world);
    expect(await untilPhase(world, 'Succeeded', 60 * 60_000)).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual([cut, declared, ...starts]);
  });

  test.each(['html', 'truncated', 'hang'] as const)(
    'whose answers are spoilt (%s) for ten minutes: nothing is done meanwhile, and it goes on afterwards',
    async (kind) => {
      const world = await settled();
      await lose(world);
      await untilSeen(world, () => harm(world).includes(cut));
      // Whoever falls silent in the very moment of the cut may be the one that was cut; by then every other has answered.
      await world.pass(7_000);
      const id = world.lab.steer.addFault({ at: 'host-1', effect: { kind } });
      await world.pass(10 * 60_000);
      expect(harm(world)).toEqual([cut]);
      expect((await look(world)).phase).not.toBe('Succeeded');
      world.lab.steer.removeFault(id);
      expect(await untilPhase(world, 'Succeeded', 60 * 60_000)).toMatchObject({ phase: 'Succeeded' });
      expect(harm(world)).toEqual([cut, declared, ...starts]);
      expect(violations(world)).toEqual([]);
    },
  );
});

describe('a virtual machine', () => {
  test('that no member may take is reported with why, and nothing is started', async () => {
    const world = await settled();
    for (const member of world.lab.document.members) {
      if (member.name === lostHost) continue;
      const host = await rootCall(world, 'host.get_by_uuid', [member.hostUUID]);
      await rootCall(world, 'host.disable', [host]);
    }
    await lose(world);
    const scene = await untilPhase(world, 'Failed', 20 * 60_000);
    expect(scene.phase).toBe('Failed');
    expect(scene.machines).toContain('app-01 NotRecoverable');
    expect(await why(world, 'app-01')).toMatch(/No other member is enabled, live and answering/);
    expect(harm(world).filter((act) => act.startsWith('start'))).toEqual([]);
  });

  test('that refuses to start twice is left halted and reported with why; the others start', async () => {
    const world = await settled();
    for (const nth of [1, 2]) {
      world.lab.steer.addFault({
        method: 'VM.start_on',
        nth,
        effect: { kind: 'domainFails', lock: 'released' },
      });
    }
    await lose(world);
    const scene = await untilPhase(world, 'Failed', 20 * 60_000);
    expect(scene.machines).toEqual(['app-01 Failed', 'web-02 Running', 'scratch-01 NotRecoverable']);
    expect(await why(world, 'app-01')).toMatch(
      /2 starts failed, the last with: INTERNAL_ERROR.*start it by hand/,
    );
    expect(scene.says).toMatch(/app-01 could not be started/);
    expect(harm(world)).toEqual([cut, declared, 'start web-02']);
  });

  test('that somebody else starts in between is taken as it is, and started by nobody else', async () => {
    const world = await settled();
    await lose(world);
    await untilSeen(world, () => harm(world).includes(declared));
    await startAs(world, 'web-02', 'host-1');
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world).filter((act) => act === 'start web-02')).toHaveLength(1);
    const truth = world.lab.verdict().virtualMachines.find((machine) => machine.name === 'web-02');
    expect(truth?.runsOn).toHaveLength(1);
    expect(violations(world)).toEqual([]);
  });

  test('whose planned host dies before its turn is started elsewhere, or waits, and never twice', async () => {
    const world = await settled({
      lab: { members: 4 },
      interpose: whenSent('host.declare_dead', () => world.lab.steer.cutPower('host-2')),
    });
    await lose(world);
    await world.pass(30 * 60_000);
    expect(violations(world)).toEqual([]);
    const started = harm(world).filter((act) => act.startsWith('start'));
    expect(new Set(started).size).toBe(started.length);
  });
});

describe('the lost member', () => {
  test('that comes back by itself after the release is done is left alone, and nothing of it runs twice', async () => {
    const world = await settled();
    await lose(world);
    await untilPhase(world, 'Succeeded');
    world.lab.steer.heal();
    world.lab.steer.pressPowerButton(lostHost);
    await world.pass(15 * 60_000);
    expect(harm(world)).toEqual([cut, declared, ...starts]);
    expect(violations(world)).toEqual([]);
  });
});

async function rootCall(world: World, method: string, params: readonly unknown[]): Promise<unknown> {
  let result: unknown;
  await world.run(async () => {
    result = await world.lab.callAs('an administrator', 'host-1', method, params);
  });
  return result;
}

async function startAs(world: World, vmName: string, hostName: string): Promise<void> {
  const machine = world.lab.document.virtualMachines.find((each) => each.name === vmName);
  const member = world.lab.document.members.find((each) => each.name === hostName);
  const vm = await rootCall(world, 'VM.get_by_uuid', [machine?.uuid]);
  const host = await rootCall(world, 'host.get_by_uuid', [member?.hostUUID]);
  await rootCall(world, 'VM.start_on', [vm, host, false, false]);
}
