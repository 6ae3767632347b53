/**
 * What each guard of ReleaseMember keeps from happening in a whole world. Guards that cannot be alone there (others, or the
 * adapters, stop as well) are held by test/spec alone.
 */
import { harm, lose, untilSeen, violations } from '../sim/stage.ts';
import type { World } from '../sim/world.ts';
import type { GuardCase } from './guardCase.ts';
import { asUsual, lostHost, requestName } from './releaseMember.ts';

const cut = `forceOff ${lostHost}`;
const declared = `declareDead ${lostHost}`;
const minuteMs = 60_000;

const lostAfter =
  (prepare: (world: World) => Promise<unknown> | undefined) =>
  async (world: World): Promise<void> => {
    await prepare(world);
    await lose(world);
    await world.pass(15 * minuteMs);
  };

const cases: readonly Omit<GuardCase, 'scene'>[] = [
  {
    guard: 'hostIsProvenOff',
    when: 'a controller said off wrongly, twice, and cannot be read any more when the release may begin',
    happens: async (world) => {
      world.lab.steer.setBmc(lostHost, 'saysAlwaysOff');
      world.lab.steer.restartToolstack('host-1');
      await lose(world);
      await world.until(async () => {
        const conditions = (await world.recovery(requestName))?.status?.conditions;
        return conditions?.some((one) => one.type === 'Fenced' && one.status === 'True') === true;
      });
      world.lab.steer.setBmc(lostHost, 'hangs');
      await world.pass(20 * minuteMs);
    },
    // The oracle itself: virtual machines run twice and write one disk.
    harm: violations,
  },
  {
    guard: 'noContrarySignWasSeen',
    when: 'somebody powers the member on after its proof',
    happens: async (world) => {
      await lose(world);
      await untilSeen(world, () => harm(world).includes(declared));
      world.lab.steer.pressPowerButton(lostHost);
      await world.pass(15 * minuteMs);
    },
    harm: (world) =>
      harm(world)
        .filter((act) => act === cut)
        .slice(1),
  },
  {
    guard: 'memberIsSilent',
    when: 'the member has not been silent for long',
    happens: async (world) => {
      await world.patch('Pool', 'lab', { spec: { detection: { memberTimeoutSeconds: 600 } } });
      await lose(world);
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
    happens: async (world) => {
      world.lab.steer.restartToolstack('host-1');
      await lose(world);
      await world.pass(8 * minuteMs);
    },
    harm: (world) => harm(world).filter((act) => act === declared),
  },
  {
    guard: 'noOtherRecoveryRuns',
    when: 'two members are released at the same time',
    happens: async (world) => {
      await world.patch('Pool', 'lab', { spec: { limits: { failedMembers: 2 } } });
      world.lab.steer.partition('host-2', 'everyone', 'management');
      world.lab.steer.partition(lostHost, 'everyone', 'management');
      await world.request(requestName, lostHost);
      await world.request('release-2', 'host-2');
      await world.pass(15 * minuteMs);
    },
    harm: (world) => {
      const done = harm(world);
      return done.indexOf('forceOff host-2') < done.findLastIndex((act) => act.startsWith('start web-02'))
        ? done
        : [];
    },
  },
];

export const releaseMemberGuards: readonly GuardCase[] = cases.map((each) => ({ ...each, scene: asUsual }));
