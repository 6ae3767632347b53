/** Power controllers as they are in server rooms, in the whole system: what the Host says beforehand, and how a release ends. */
import { describe, expect, test } from 'vitest';
import { looksOfEndedSession } from '../../src/lab/bmc/behaviours.ts';
import type { BmcBehaviour } from '../../src/lab/lab.ts';
import { lostHost, smallWorld } from './release.ts';
import { harm, lose, settled, untilPhase, untilSays, violations } from './stage.ts';
import type { World } from './world.ts';

const cut = `forceOff ${lostHost}`;
const wholeRelease = [cut, `declareDead ${lostHost}`, 'start app-01', 'start web-02'];

/** "True PowerRead: …" */
async function fencingReady(world: World): Promise<string> {
  let shown = 'no condition';
  await world.run(async () => {
    const host = await world.host(lostHost);
    const found = host?.status?.conditions?.find(({ type }) => type === 'FencingReady');
    if (found !== undefined) shown = `${found.status} ${found.reason}: ${found.message}`;
  });
  return shown;
}

/** A world that has been declared for some minutes, whose one controller was like this from the beginning. */
async function worldWith(...behaviours: readonly BmcBehaviour[]): Promise<World> {
  const world = smallWorld();
  world.lab.steer.setBmc(lostHost, ...behaviours);
  world.startOperator();
  await world.apply();
  await world.pass(13 * 60_000);
  return world;
}

const harmless: readonly (readonly BmcBehaviour[])[] = [
  ['answersAfterMs=4300'],
  ['answersAfterMs=4300', 'redirects', 'wantsIfMatch'],
  ['hidesAccounts'],
  ['offersInActionInfo'],
  ['offersInActionInfo', 'answersAfterMs=3000'],
  ['offersEmptyList'],
  ['noSessions'],
  ['noSessionLeft'],
  ['redirects'],
  ['severalSystems'],
  ['answersWithTask'],
  ['dropsConnectionAtReset'],
  ['wantsIfMatch'],
  ['clockYearsOff'],
  ['goesOffAfterMs=60000'],
];

describe.each(harmless)('a controller that is %s %s %s', (...behaviours) => {
  test('is ready, and a release ends well by one cut', async () => {
    const world = await worldWith(...behaviours.filter((each) => each !== undefined));
    expect(await fencingReady(world)).toMatch(/^True PowerRead/);
    await lose(world);
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual(wholeRelease);
    expect(violations(world)).toEqual([]);
  });
});

test('a right that was taken from the account is noticed within two hours', async () => {
  const world = await settled();
  expect(await fencingReady(world)).toMatch(/^True PowerRead: .*could cut it/);
  world.lab.steer.setBmc(lostHost, 'mayOnlyRead');
  await world.pass(2 * 60 * 60_000);
  expect(await fencingReady(world)).toMatch(/^False CannotCut/);
});

test.each(looksOfEndedSession)(
  'a session that ended with %s before the member was lost holds nothing up',
  async (look) => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, `endedSessionIs=${look}`);
    await lose(world);
    expect(await untilPhase(world, 'Succeeded', 3 * 60_000)).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual(wholeRelease);
  },
);

test('answers of 4.3 s are shown as power, not as silence', async () => {
  const world = await worldWith('answersAfterMs=4300');
  let power: unknown;
  await world.run(async () => {
    power = (await world.host(lostHost))?.status?.power?.state;
  });
  expect(power).toBe('On');
});

test('a controller that is too slow for any act is shown and named before it is needed, and nothing rests on it', async () => {
  const world = await worldWith('answersAfterMs=6000');
  expect(await fencingReady(world)).toMatch(
    /^False TooSlow: .* answers after 6 s, .* within 4\.5 s\. Take load off it/,
  );
  await lose(world);
  const scene = await untilSays(world, /answers after 6 s/);
  expect(scene.says).toMatch(/answers after 6 s/);
  await world.pass(10 * 60_000);
  expect(harm(world)).toEqual([]);
  world.lab.steer.setBmc(lostHost, 'honest');
  expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
});

describe.each([
  ['mayOnlyRead', /role ReadOnly, which may not reset .* Give it the role Operator\./],
  ['offersNoForceOff', /offers no ForceOff, only On, GracefulShutdown/],
] as const)('a controller that is %s', (behaviour, sentence) => {
  test('is red before it is needed, and green soon after it was mended', async () => {
    const world = await worldWith(behaviour);
    const shown = await fencingReady(world);
    expect(shown).toMatch(/^False CannotCut/);
    expect(shown).toMatch(sentence);
    world.lab.steer.setBmc(lostHost, 'honest');
    await world.pass(3 * 60_000);
    expect(await fencingReady(world)).toMatch(/^True PowerRead/);
  });

  test('is named in the request from the beginning, and a person can go on by hand', async () => {
    const world = await worldWith(behaviour);
    await lose(world);
    const scene = await untilSays(world, sentence, 2 * 60_000);
    expect(scene.says).toMatch(sentence);
    expect(scene.says).toMatch(/spec\.attestations/);
    expect(harm(world)).toEqual([]);
    world.lab.steer.cutPower(lostHost);
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(violations(world)).toEqual([]);
  });

  test('that is mended while the request waits lets it go on', async () => {
    const world = await worldWith(behaviour);
    await lose(world);
    await untilSays(world, sentence, 2 * 60_000);
    await world.pass(5 * 60_000);
    world.lab.steer.setBmc(lostHost, 'honest');
    expect(await untilPhase(world, 'Succeeded', 5 * 60_000)).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual(wholeRelease);
  });
});

test('a refusal by right that nobody could know of beforehand is said at once in the request, with the way out', async () => {
  const world = await worldWith('mayOnlyRead', 'hidesAccounts');
  expect(await fencingReady(world)).toMatch(/^True PowerRead: .*does not show what its account/);
  await lose(world);
  const refused = /has no right to reset the machine; give it the role Operator/;
  const scene = await untilSays(world, refused, 2 * 60_000);
  expect(scene.says).toMatch(refused);
  expect(scene.says).toMatch(/state so in spec\.attestations/);
  expect(harm(world)).toEqual([]);
  world.lab.steer.cutPower(lostHost);
  expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
});

test.each([3, 12])(
  'a controller that was too busy %i times is asked again until it takes the cut',
  async (times) => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, `busyTimes=${times}`);
    await lose(world);
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual(wholeRelease);
  },
);

test('a controller that is busy for long says so in the request, and its recovery is noticed within a minute', async () => {
  const world = await settled();
  world.lab.steer.setBmc(lostHost, 'busyTimes=1000');
  await lose(world);
  expect((await untilSays(world, /HTTP 503/)).says).toMatch(
    /could not be sent: .*HTTP 503.* It is tried again/,
  );
  await world.pass(8 * 60_000);
  expect(harm(world)).toEqual([]);
  world.lab.steer.setBmc(lostHost, 'honest');
  expect(await untilPhase(world, 'Succeeded', 3 * 60_000)).toMatchObject({ phase: 'Succeeded' });
  expect(harm(world)).toEqual(wholeRelease);
});

test('a controller that nobody attends to is left alone, also after a release', async () => {
  const world = await settled();
  await lose(world);
  await untilPhase(world, 'Succeeded');
  await world.pass(60_000);
  const before = world.simulation.transcript.length;
  await world.pass(31 * 60_000);
  const asked = world.simulation.transcript
    .slice(before)
    .filter((line) => line.includes('GET /redfish/v1/Systems/1 >') && line.includes(bmcOf(world)));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThan(6);
});

function bmcOf(world: World): string {
  const member = world.lab.document.members.find(({ name }) => name === lostHost);
  return new URL(member?.bmc.origin ?? '').hostname;
}
