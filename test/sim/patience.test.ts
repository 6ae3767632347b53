/**
 * How a request ends that cannot go on, and what it does meanwhile: a cancel always ends it, age ends it when nothing was
 * begun, it holds nobody up, it shows no refusal that is about to change, and it does not watch for ever.
 */
import { describe, expect, test } from 'vitest';
import { hostKind } from '../../src/api/kinds.ts';
import type { KubernetesObject } from '../../src/ports/kubernetes.ts';
import { ended, endingOf, lostHost, requestName } from './release.ts';
import { harm, look, lose, settled, untilPhase, untilSays, untilSeen, violations } from './stage.ts';
import { namespace, type World } from './world.ts';

const cut = `forceOff ${lostHost}`;

async function restart(world: World): Promise<void> {
  world.operatorOwner().kill();
  await world.pass(5_000);
  world.startOperator();
}

/** Takes a Host away, and gives back what puts it there again as it was. */
async function takeAway(world: World, name: string): Promise<() => Promise<void>> {
  let host: KubernetesObject | undefined;
  await world.run(async () => {
    host = await world.api.read<KubernetesObject>(hostKind, { namespace, name });
  });
  await world.remove('Host', name);
  return async () => {
    const { spec } = host as KubernetesObject & { readonly spec: object };
    const again = { apiVersion: 'kintsugi.dev/v1alpha1', kind: 'Host', metadata: { name, namespace }, spec };
    await world.run(async () => world.create(again));
  };
}

describe('a cancel', () => {
  test.each([
    ['whose Host was never declared', async () => 'host-33'],
    [
      'whose Host was deleted',
      async (world: World) => {
        await takeAway(world, lostHost);
        return lostHost;
      },
    ],
    [
      'whose pool cannot be opened for want of a Secret',
      async (world: World) => {
        await world.remove('Secret', 'lab-xapi');
        await restart(world);
        return lostHost;
      },
    ],
  ] as readonly (readonly [string, (world: World) => Promise<string>])[])(
    'ends a request %s',
    async (_what, prepare) => {
      const world = await settled();
      const name = await prepare(world);
      await world.request(requestName, name);
      await world.pass(30_000);
      await world.patch('RecoveryRequest', requestName, { spec: { cancel: true } });
      const scene = await untilPhase(world, 'Cancelled', 60_000);
      expect(scene.phase).toBe('Cancelled');
      expect(scene.says).toMatch(/cancelled before anything was done/);
      expect(harm(world)).toEqual([]);
    },
  );

  test('ends a request that was begun and whose Host was deleted then', async () => {
    const world = await settled();
    await lose(world);
    await untilSeen(world, () => harm(world).includes(cut));
    await takeAway(world, lostHost);
    await world.patch('RecoveryRequest', requestName, { spec: { cancel: true } });
    expect((await untilPhase(world, 'Cancelled', 15 * 60_000)).phase).toBe('Cancelled');
    expect(harm(world)).toEqual([cut]);
  });
});

describe('a request for which nothing was begun', () => {
  test('because its Host is missing ends after its time with a sentence, and does nothing when the Host comes back', async () => {
    const world = await settled();
    const giveBack = await takeAway(world, lostHost);
    await world.request(requestName, lostHost);
    await world.pass(80 * 60_000);
    expect((await look(world)).phase).toBe('Failed');
    expect((await look(world)).says).toMatch(
      /made \d+ min ago.*no Host host-3.*Create a new RecoveryRequest/,
    );
    world.lab.steer.partition(lostHost, 'everyone', 'management');
    await giveBack();
    await restart(world);
    await world.pass(15 * 60_000);
    expect(harm(world)).toEqual([]);
  });

  test('while no operator ran does not come true a day later: its age counts from its record', async () => {
    const world = await settled();
    world.operatorOwner().kill();
    await world.request(requestName, lostHost);
    await world.pass(26 * 3_600_000);
    world.lab.steer.partition(lostHost, 'everyone', 'management');
    world.startOperator();
    const scene = await untilPhase(world, 'Failed', 15 * 60_000);
    expect(scene.says).toMatch(/made 26 h ago/);
    expect(harm(world)).toEqual([]);
  });

  test('does not get younger by restarts', async () => {
    const world = await settled();
    await world.patch('Pool', 'lab', { spec: { paused: [{ reason: 'we look' }] } });
    await lose(world);
    for (let turn = 0; turn < 3; turn++) {
      await world.pass(60_000);
      world.operatorOwner().kill();
      await world.pass(25 * 60_000);
      world.startOperator();
    }
    expect((await untilPhase(world, 'Failed', 60_000)).says).toMatch(/made 7\d min ago.*Create a new/);
  });

  test.each([3 * 3_600_000, -3 * 3_600_000])(
    'is not taken for an old one because the wall clock of the operator is off by %d ms',
    async (byMs) => {
      const world = await settled();
      world.jumpWallClock(byMs);
      await lose(world);
      expect((await untilPhase(world, 'Succeeded')).phase).toBe('Succeeded');
    },
  );

  test('is never ended by age once something was', async () => {
    const world = await settled();
    await lose(world);
    await untilSeen(world, () => harm(world).includes(cut));
    await world.patch('Pool', 'lab', { spec: { paused: [{ reason: 'we look' }] } });
    await world.pass(30_000);
    world.operatorOwner().kill();
    await world.pass(26 * 3_600_000);
    world.startOperator();
    await world.patch('Pool', 'lab', { spec: { paused: null } });
    expect((await untilPhase(world, 'Succeeded')).phase).toBe('Succeeded');
    expect(violations(world)).toEqual([]);
  });
});

describe('an earlier request that has begun nothing', () => {
  const earlier: readonly (readonly [string, (world: World) => Promise<void>])[] = [
    ['is refused', async (world) => world.request('earlier', 'host-2')],
    ['waits for a Host that is missing', async (world) => world.request('earlier', 'host-33')],
    [
      'waits for the silence of another member',
      async (world) => {
        await world.patch('Pool', 'lab', {
          spec: { limits: { failedMembers: 2 }, detection: { memberTimeoutSeconds: 3600 } },
        });
        world.lab.steer.partition('host-2', 'everyone', 'management');
        await world.request('earlier', 'host-2');
        await world.pass(60_000);
        await world.patch('Pool', 'lab', { spec: { detection: { memberTimeoutSeconds: 10 } } });
        await world.patch('Host', 'host-2', { spec: { state: 'Maintenance' } });
      },
    ],
  ];
  test.each(earlier)('and %s holds nobody up', async (_what, prepare) => {
    const world = await settled({ lab: { members: 4 } });
    await prepare(world);
    await world.pass(30_000);
    await lose(world);
    await untilPhase(world, 'Succeeded', 10 * 60_000);
    expect((await look(world)).phase).toBe('Succeeded');
    expect(violations(world)).toEqual([]);
  });

  test('of two that may both begin only one acts at a time', async () => {
    const world = await settled({ lab: { members: 5 } });
    await world.patch('Pool', 'lab', { spec: { limits: { failedMembers: 2 } } });
    for (const host of ['host-3', 'host-4']) world.lab.steer.partition(host, 'everyone', 'management');
    await world.request('one', 'host-3');
    await world.request('two', 'host-4');
    await ended(world, 'one');
    await ended(world, 'two');
    expect(await endingOf(world, 'one')).toMatchObject({ violations: [], repeats: [] });
    const acts = harm(world).filter((act) => /^(forceOff|declareDead)/.test(act));
    const [first, second] = acts[0]?.endsWith('host-3') ? ['host-3', 'host-4'] : ['host-4', 'host-3'];
    expect(acts).toEqual([
      `forceOff ${first}`,
      `declareDead ${first}`,
      `forceOff ${second}`,
      `declareDead ${second}`,
    ]);
  });
});

test('a request for a member that the pool has forgotten says where its machines are, and holds up no other', async () => {
  const world = await settled({ lab: { members: 4 } });
  await lose(world);
  await untilPhase(world, 'Succeeded');
  const uuid = world.lab.document.members.find((member) => member.name === lostHost)?.hostUUID;
  await world.run(async () => {
    const host = await world.lab.callAs('an administrator', 'host-1', 'host.get_by_uuid', [uuid]);
    await world.lab.callAs('an administrator', 'host-1', 'host.destroy', [host]);
  });
  await world.pass(10_000);
  await world.request('again', lostHost);
  await world.pass(60_000);
  const scene = await look(world, 'again');
  expect(scene.phase).toBe('Refused');
  expect(scene.says).toMatch(/The pool has forgotten it.*scratch-01 is Halted.*delete the Host host-3/);
  expect(scene.says).not.toMatch(/Correct hostUUID/);
});

describe('the phase', () => {
  test.each([0, 500, 1_000, 5_000, 20_000, 39_000])(
    'of a request made %d ms after the member fell silent is never Refused before it waits',
    async (afterMs) => {
      const phases: string[] = [];
      const world = await settled({
        interpose: ({ method, label, body }) => {
          if (method === 'PUT' && label.includes('/recoveryrequests/')) {
            const { phase } = (JSON.parse(body) as { status: { phase: string } }).status;
            if (phases.at(-1) !== phase) phases.push(phase);
          }
          return 'deliver';
        },
      });
      world.lab.steer.partition(lostHost, 'everyone', 'management');
      await world.pass(afterMs);
      await world.request(requestName, lostHost);
      await untilPhase(world, 'Succeeded');
      expect(phases).not.toContain('Refused');
      expect(phases.at(-1)).toBe('Succeeded');
    },
  );

  test('of a request that really is refused is Refused within seconds', async () => {
    const world = await settled();
    await world.request(requestName, lostHost);
    await world.pass(12_000);
    expect((await look(world)).phase).toBe('Refused');
  });
});

test.each([
  ['denied', { spec: { mode: 'Observe' } }, { spec: { mode: 'Manual' } }],
  ['paused', { spec: { paused: [{ reason: 'we look' }] } }, { spec: { paused: null } }],
])(
  'a request that was begun and then %s does not ask the power controller twice a second for ever',
  async (_how, hold, letGo) => {
    let reads = 0;
    const world = await settled({
      interpose: ({ from, label }) => {
        if (from === 'operator' && label === 'GET /redfish/v1/Systems/1') reads += 1;
        return 'deliver';
      },
    });
    await lose(world);
    await untilSeen(world, () => harm(world).includes(cut));
    await world.patch('Pool', 'lab', hold);
    await world.pass(3 * 60_000);
    reads = 0;
    await world.pass(30 * 60_000);
    // Every other member's controller is asked in this time as well.
    expect(reads).toBeLessThan(100);
    await world.patch('Pool', 'lab', letGo);
    expect((await untilPhase(world, 'Succeeded')).phase).toBe('Succeeded');
    expect(harm(world).filter((act) => act === cut)).toEqual([cut]);
    expect(violations(world)).toEqual([]);
  },
);

test.each([2 * 3_600_000, -2 * 3_600_000])(
  'the moments of a recovery keep their order and their distance when the wall clock jumps by %d ms, also over a restart',
  async (byMs) => {
    const world = await settled();
    await lose(world);
    await untilSeen(world, () => harm(world).includes(cut));
    world.jumpWallClock(byMs);
    await untilSeen(world, () => harm(world).includes(`declareDead ${lostHost}`));
    if (byMs < 0) await restart(world);
    await untilPhase(world, 'Succeeded');
    const timeline = new Map<string, string>();
    await world.run(async () => {
      for (const { name, at } of (await world.recovery(requestName))?.status?.moments ?? [])
        timeline.set(name, at);
    });
    const moments = ['detectedAt', 'decidedAt', 'fencedAt', 'releasedAt', 'firstUpAt', 'recoveredAt'].map(
      (name) => Date.parse(timeline.get(name) ?? ''),
    );
    expect(moments).toEqual(moments.toSorted((a, b) => a - b));
    expect((moments.at(-1) ?? 0) - (moments[0] ?? 0)).toBeLessThan(10 * 60_000);
    await untilSays(world, /run on other members/);
  },
);
