/** The fence under everything that power controllers, machines and people do to it. */
import { describe, expect, test } from 'vitest';
import { lostHost, smallWorld } from './release.ts';
import {
  attest,
  attestation,
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

describe('a sign of life after the proof', () => {
  test('before the proof is whole: the power is cut once more, and nothing is released until it was read off twice after that', async () => {
    const world = await settled();
    await lose(world);
    await untilSeen(world, () => harm(world).includes(cut));
    // Two readings of off are needed, ten seconds apart: the button is pressed between them.
    await world.pass(5_000);
    world.lab.steer.pressPowerButton(lostHost);
    await untilPhase(world, 'Succeeded');
    expect(harm(world)).toEqual([cut, cut, declared, 'start app-01', 'start web-02']);
    const [, second, release] = world.lab.verdict().harmfulEffects;
    expect((release?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(10_000);
    expect(violations(world)).toEqual([]);
  });

  test('right when the release is sent: the proof is void, nothing is started, and the request says why', async () => {
    let pressed = false;
    const world = await settled({
      interpose: whenSent('host.declare_dead', () => {
        world.lab.steer.pressPowerButton(lostHost);
        pressed = true;
      }),
    });
    await lose(world);
    await untilSeen(world, () => pressed);
    await world.pass(10 * 60_000);
    const scene = await look(world);
    expect(harm(world)).toEqual([cut, declared]);
    expect(scene.phase).toBe('Refused');
    expect(scene.says).toMatch(/The proof that host-3 has no power was contradicted/);
    expect(scene.fenced).toMatch(/^False: .*says that the power of host-3 is "PoweringOn"|"On"/);
    expect(violations(world)).toEqual([]);
  });

  test('between two starts: the recovery stops where it stands, and what runs goes on running', async () => {
    let pressed = false;
    const world = await settled({
      interpose: whenSent('VM.start_on', () => {
        world.lab.steer.pressPowerButton(lostHost);
        pressed = true;
      }),
    });
    await lose(world);
    await untilSeen(world, () => pressed);
    await world.pass(10 * 60_000);
    const scene = await look(world);
    expect(harm(world)).toEqual([cut, declared, 'start app-01']);
    expect(scene.phase).toBe('Refused');
    expect(scene.machines).toContain('app-01 Running');
    expect(scene.machines).toContain('web-02 Planned');
    expect(violations(world)).toEqual([]);
  });
});

describe('a power controller', () => {
  test('that accepts the reset and does nothing: the member is never declared dead, and the request says so', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'ignoresReset');
    await lose(world);
    const scene = await untilSays(world, /did not cut/);
    expect(scene.says).toMatch(
      /did not cut the power of host-3, tried 3 times\. Cut it by hand and state so/,
    );
    await world.pass(10 * 60_000);
    expect(harm(world)).toEqual([]);
  });

  test('that ignores the reset, until a person cuts the power: it is read, and the release goes on', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'ignoresReset');
    await lose(world);
    await untilSays(world, /did not cut/);
    world.lab.steer.cutPower(lostHost);
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(violations(world)).toEqual([]);
  });

  test('that says on whatever is done: nothing is released', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'saysAlwaysOn');
    await lose(world);
    await world.pass(20 * 60_000);
    expect(harm(world).filter((act) => act !== cut)).toEqual([]);
    expect((await look(world)).says).toMatch(/did not cut the power/);
  });

  test('that lies that the power is off is not believed while the member answers anybody', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'saysAlwaysOff');
    world.lab.steer.partition(lostHost, 'operator', 'management');
    await world.request('release-3', lostHost);
    await world.pass(10 * 60_000);
    expect(harm(world)).toEqual([]);
    expect((await look(world)).says).toMatch(/The pool master reached host-3/);
  });

  test('that lies, about a member that nobody hears of, is the limit of what can be known: the oracle sees the harm', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'saysAlwaysOff');
    await lose(world);
    await untilPhase(world, 'Succeeded');
    expect(violations(world).length).toBeGreaterThan(0);
  });

  test('that loses its power with the machine: nothing is done until a person says so', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'losesPowerWithHost');
    world.lab.steer.cutPower(lostHost);
    await world.request('release-3', lostHost);
    await world.pass(5 * 60_000);
    expect(harm(world)).toEqual([]);
    const scene = await look(world);
    expect(scene.phase).toBe('Waiting');
    expect(scene.says).toMatch(/could not be read: .* add spec\.attestations for/);
    await attest(world);
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual([declared, 'start app-01', 'start web-02']);
    expect(violations(world)).toEqual([]);
  });
});

test.each(['hangs', 'refusesPassword'] as const)(
  'a power controller that %s makes the release wait, and the word of a person who cut the power lets it go on',
  async (behaviour) => {
    const world = smallWorld();
    world.lab.steer.setBmc(lostHost, behaviour);
    world.startOperator();
    await world.apply();
    await world.pass(60_000);
    await lose(world);
    const scene = await untilSays(world, /could not be read/);
    expect(scene.phase).toBe('Waiting');
    await world.pass(3 * 60_000);
    expect(harm(world)).toEqual([]);
    world.lab.steer.cutPower(lostHost);
    await attest(world);
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)).toEqual([declared, 'start app-01', 'start web-02']);
    expect(violations(world)).toEqual([]);
  },
);

describe('the word of a person', () => {
  async function withoutController(): Promise<World> {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'hangs');
    await lose(world);
    await world.pass(2 * 60_000);
    return world;
  }

  test('about a member that the pool master reaches does not count', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'hangs');
    world.lab.steer.partition(lostHost, 'operator', 'management');
    await world.request('release-3', lostHost);
    await world.pass(60_000);
    await attest(world);
    await world.pass(10 * 60_000);
    expect(harm(world)).toEqual([]);
    expect((await look(world)).says).toMatch(/The pool master reached host-3/);
  });

  test('is void as soon as the member is heard of', async () => {
    const world = await withoutController();
    await attest(world);
    world.lab.steer.heal();
    await world.pass(10 * 60_000);
    expect(harm(world)).toEqual([]);
    expect(violations(world)).toEqual([]);
  });

  test.each([
    [
      'about another machine',
      { hostUUID: '11111111-2222-4333-8444-555555555555' },
      /is about another machine/,
    ],
    ['that has expired', { atMs: -300_000, validForSeconds: 60 }, /has expired/],
    [
      'dated before the last answer of the member',
      { atMs: -760_000, validForSeconds: 3600 },
      /answered at its own address after it was given/,
    ],
    ['dated in the future', { atMs: 3_600_000 }, /is dated in the future/],
  ])('%s does not count, and the request says why', async (_name, change, sentence) => {
    const world = await withoutController();
    await world.pass(10 * 60_000);
    await attest(world, change);
    await world.pass(5 * 60_000);
    expect(harm(world)).toEqual([]);
    expect((await look(world)).says).toMatch(sentence);
  });

  test('that expires before the release is done stops it where it stands, and a new one lets it go on', async () => {
    const world = await withoutController();
    world.lab.steer.cutPower(lostHost);
    world.lab.steer.addFault({ method: 'VM.start_on', nth: 1, effect: { kind: 'slow', delayMs: 120_000 } });
    const first = attestation(world, { validForSeconds: 60 });
    expect(
      await world.patch('RecoveryRequest', 'release-3', { spec: { attestations: [first] } }),
    ).toBeUndefined();
    await world.pass(10 * 60_000);
    expect(harm(world)).toEqual([declared, 'start app-01']);
    expect((await look(world)).says).toMatch(/no longer in force|has expired/);
    const refused = await world.patch('RecoveryRequest', 'release-3', { spec: { attestations: [] } });
    expect(refused).toMatch(/attestations can only be added/);

    const both = [first, attestation(world)];
    expect(
      await world.patch('RecoveryRequest', 'release-3', { spec: { attestations: both } }),
    ).toBeUndefined();
    expect((await untilPhase(world, 'Succeeded')).phase).toBe('Succeeded');
    expect(harm(world).filter((act) => act === declared)).toEqual([declared]);
    expect(new Set(harm(world)).size).toBe(harm(world).length);
    expect(violations(world)).toEqual([]);
  });
});
