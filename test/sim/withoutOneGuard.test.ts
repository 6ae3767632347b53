/**
 * Each of these runs the whole system with one guard that says yes whatever the facts are, in a world where that guard is
 * what stands between the operator and harm. The world shows the harm; with every guard in place there is none. Guards
 * that cannot be alone in a whole world (others, or the adapters, stop there as well) are held by test/spec alone.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import type { Verdict } from '../../src/domain/kernel/verdict.ts';
import type { World } from './world.ts';

type Stage = typeof import('./stage.ts');

interface Case {
  readonly guard: string;
  readonly when: string;
  readonly happens: (world: World, stage: Stage) => Promise<void>;
  /** What there is of harm; every act if nothing is said. */
  readonly harm?: (world: World, stage: Stage) => readonly string[];
}

const lostHost = 'host-3';
const request = 'release-3';
const cut = `forceOff ${lostHost}`;
const declared = `declareDead ${lostHost}`;
const minuteMs = 60_000;

const lostAfter =
  (prepare: (world: World) => Promise<unknown> | undefined) =>
  async (world: World, stage: Stage): Promise<void> => {
    await prepare(world);
    await stage.lose(world);
    await world.pass(15 * minuteMs);
  };

const cases: readonly Case[] = [
  {
    guard: 'hostIsProvenOff',
    when: 'a controller said off wrongly, twice, and cannot be read any more when the release may begin',
    happens: async (world, stage) => {
      world.lab.steer.setBmc(lostHost, 'saysAlwaysOff');
      world.lab.steer.restartToolstack('host-1');
      await stage.lose(world);
      await world.until(async () => {
        const conditions = (await world.recovery(request))?.status?.conditions;
        return conditions?.some((one) => one.type === 'Fenced' && one.status === 'True') === true;
      });
      world.lab.steer.setBmc(lostHost, 'hangs');
      await world.pass(20 * minuteMs);
    },
    // The oracle itself: virtual machines run twice and write one disk.
    harm: (world, stage) => stage.violations(world),
  },
  {
    guard: 'noContrarySignWasSeen',
    when: 'somebody powers the member on after its proof',
    happens: async (world, stage) => {
      await stage.lose(world);
      await stage.untilSeen(world, () => stage.harm(world).includes(declared));
      world.lab.steer.pressPowerButton(lostHost);
      await world.pass(15 * minuteMs);
    },
    harm: (world, stage) =>
      stage
        .harm(world)
        .filter((act) => act === cut)
        .slice(1),
  },
  {
    guard: 'memberIsSilent',
    when: 'the member has not been silent for long',
    happens: async (world, stage) => {
      await world.patch('Pool', 'lab', { spec: { detection: { memberTimeoutSeconds: 600 } } });
      await stage.lose(world);
      await world.pass(3 * minuteMs);
    },
  },
  {
    guard: 'noOtherMemberFails',
    when: 'two members fail together',
    happens: lostAfter(async (world) => world.lab.steer.partition('host-2', 'everyone', 'management')),
  },
  {
    guard: 'highAvailabilityIsOff',
    when: 'the pool recovers by itself',
    happens: lostAfter(async (world) => world.lab.steer.setHighAvailability('on')),
  },
  {
    guard: 'noUpgradeIsUnderWay',
    when: 'the pool is being upgraded',
    happens: lostAfter(async (world) => world.lab.steer.setRollingUpgrade('on')),
  },
  {
    guard: 'poolModeAllowsActing',
    when: 'the Pool is only to be observed',
    happens: lostAfter((world) => world.patch('Pool', 'lab', { spec: { mode: 'Observe' } })),
  },
  {
    guard: 'poolIsNotPaused',
    when: 'the Pool is paused',
    happens: lostAfter((world) => world.patch('Pool', 'lab', { spec: { paused: [{ reason: 'work' }] } })),
  },
  {
    guard: 'hostIsInService',
    when: 'people work on the host',
    happens: lostAfter((world) => world.patch('Host', lostHost, { spec: { state: 'Maintenance' } })),
  },
  {
    guard: 'machineIsTheOneMeant',
    when: 'two Hosts claim the machine',
    happens: lostAfter((world) =>
      world.run(async () => {
        const host = await world.host(lostHost);
        if (host === undefined) throw new Error('no host');
        await world.create({ ...host, metadata: { name: 'again', namespace: 'default' } });
      }),
    ),
  },
  {
    guard: 'planIsApproved',
    when: 'every plan needs an approval',
    happens: lostAfter((world) => world.patch('Pool', 'lab', { spec: { approval: 'Always' } })),
  },
  {
    guard: 'masterHasBeenUpLongEnough',
    when: "the master's toolstack has just started",
    happens: async (world, stage) => {
      world.lab.steer.restartToolstack('host-1');
      await stage.lose(world);
      await world.pass(8 * minuteMs);
    },
    harm: (world, stage) => stage.harm(world).filter((act) => act === declared),
  },
  {
    guard: 'noOtherRecoveryRuns',
    when: 'two members are released at the same time',
    happens: async (world) => {
      await world.patch('Pool', 'lab', { spec: { limits: { failedMembers: 2 } } });
      world.lab.steer.partition('host-2', 'everyone', 'management');
      world.lab.steer.partition(lostHost, 'everyone', 'management');
      await world.request(request, lostHost);
      await world.request('release-2', 'host-2');
      await world.pass(15 * minuteMs);
    },
    harm: (world, stage) => {
      const done = stage.harm(world);
      return done.indexOf('forceOff host-2') < done.findLastIndex((act) => act.startsWith('start web-02'))
        ? done
        : [];
    },
  },
];

function fileOf(guard: string): string {
  const folder = new URL('../../src/domain/guards/', import.meta.url);
  const file = readdirSync(folder).find((name) =>
    readFileSync(new URL(name, folder), 'utf8').includes(`export const ${guard}:`),
  );
  if (file === undefined) throw new Error(`there is no guard ${guard}`);
  return `../../src/domain/guards/${file}`;
}

/** The modules anew, with the guard taken out. */
async function stageWithout(guard: string | undefined): Promise<Stage> {
  vi.resetModules();
  if (guard !== undefined) {
    vi.doMock(fileOf(guard), async (original) => ({
      ...(await original<object>()),
      [guard]: { name: guard, judge: (): Verdict => ({ kind: 'allow', because: 'It was taken out.' }) },
    }));
  }
  return await import('./stage.ts');
}

afterEach(() => {
  for (const { guard } of cases) vi.doUnmock(fileOf(guard));
  vi.resetModules();
});

for (const { guard, when, happens, harm } of cases) {
  const harmIn = async (stage: Stage): Promise<readonly string[]> => {
    const world = await stage.settled();
    await happens(world, stage);
    return harm?.(world, stage) ?? stage.harm(world);
  };
  test(`when ${when} there is harm without ${guard}`, async () => {
    expect(await harmIn(await stageWithout(guard))).not.toEqual([]);
  });
  test(`when ${when} there is none with every guard`, async () => {
    expect(await harmIn(await stageWithout(undefined))).toEqual([]);
  });
}
