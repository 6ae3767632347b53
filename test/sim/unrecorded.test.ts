/** A record that the API server does not take: people hear of it, nothing is done without it, and it is not tried all the time. */
import { expect, test } from 'vitest';
import type { Pool } from '../../src/api/generated/types.ts';
import { poolKind } from '../../src/api/kinds.ts';
import type { Fault, OutgoingRequest } from '../../src/simulation/faults.ts';
import { refusal } from '../../src/simulation/protocols/kubernetes.ts';
import { lostHost, requestName } from './release.ts';
import { harm, look, lose, namespace, settled, untilPhase, violations } from './stage.ts';
import type { World } from './world.ts';

const statuses = {
  422: { reason: 'Invalid', message: `RecoveryRequest is invalid: ${'status.plan: too much. '.repeat(400)}` },
  413: { reason: 'RequestEntityTooLarge', message: 'Request entity too large: limit is 3145728' },
  403: { reason: 'Forbidden', message: 'the account may not update recoveryrequests/status' },
};

function refused(code: keyof typeof statuses): Fault {
  const { reason, message } = statuses[code];
  return { kind: 'falseReply', reaches: 'nobody', reply: refusal(code, reason, message) };
}

const isRecord = ({ from, method, label }: OutgoingRequest): boolean =>
  from === 'operator' && method === 'PUT' && label.includes('/recoveryrequests/');

test.each([422, 413] as const)(
  'a record that is refused with %i is told in the request by a smaller one, and by an Event; nothing is done, and it goes on when it is taken',
  async (code) => {
    let refusing = true;
    const tries: string[] = [];
    const world = await settled({
      interpose: (request) => {
        if (!isRecord(request)) return 'deliver';
        tries.push(request.body);
        return refusing && request.body.includes('"restsOn"') ? refused(code) : 'deliver';
      },
    });
    await lose(world);
    await world.pass(4 * 60_000);
    const scene = await look(world);
    expect(scene.phase).toBe('Pending');
    expect(scene.says).toMatch(
      /^False: The API server refuses the record of this request, so nothing is done for it/,
    );
    expect(scene.says.length).toBeLessThan(1_100);
    expect(scene.stalled).toMatch(/^True: /);
    expect(harm(world)).toEqual([]);
    expect(world.simulation.transcript.some((line) => line.includes('/events'))).toBe(true);
    expect(tries.length).toBeLessThan(16);
    refusing = false;
    expect(await untilPhase(world, 'Succeeded')).toMatchObject({ phase: 'Succeeded' });
    expect(harm(world)[0]).toBe(`forceOff ${lostHost}`);
    expect(violations(world)).toEqual([]);
  },
);

test('where not even a small record is taken, nothing is done and nothing is sent all the time', async () => {
  const tries: string[] = [];
  const world = await settled({
    interpose: (request) => {
      if (!isRecord(request)) return 'deliver';
      tries.push(request.body);
      return refused(403);
    },
  });
  await lose(world);
  await world.pass(8 * 60_000);
  expect(harm(world)).toEqual([]);
  expect(tries.length).toBeLessThan(30);
  expect(world.logLines.some((line) => line.includes('may not update recoveryrequests/status'))).toBe(true);
});

test('a request whose record nobody takes does not read the power of its machine all the time', async () => {
  let readings = 0;
  let controller = '';
  const world = await settled({
    interpose: (request) => {
      if (request.to === controller && request.path.includes('/Systems/1')) readings += 1;
      return isRecord(request) ? refused(403) : 'deliver';
    },
  });
  await lose(world);
  await world.pass(4 * 60_000);
  controller = world.lab.document.members[2]?.bmc.origin ?? '';
  await world.pass(8 * 60_000);
  expect(harm(world)).toEqual([]);
  // As often as where nothing is asked for, or when its turn to be recorded comes: not once a second.
  expect(readings).toBeGreaterThan(0);
  expect(readings).toBeLessThan(100);
});

test('an edit of the request is tried at once, however long the last pause is', async () => {
  let refusing = true;
  const world = await settled({
    interpose: (request) =>
      refusing && isRecord(request) && request.body.includes('"restsOn"') ? refused(422) : 'deliver',
  });
  await lose(world);
  await world.pass(5 * 60_000);
  refusing = false;
  await world.patch('RecoveryRequest', requestName, { spec: { cancel: true } });
  expect(
    await world.until(async () => (await world.recovery(requestName))?.status?.phase === 'Cancelled', 10_000),
  ).toBe(true);
});

test.each([
  ['hosts', async (world: World) => (await world.host('host-2'))?.status?.conditions],
  ['pools', async (world: World) => (await poolOf(world))?.status?.conditions],
] as const)(
  'a status of %s that is refused is told on the object, and not tried all the time',
  async (plural, read) => {
    let tries = 0;
    let refusing = false;
    const world = await settled({
      interpose: ({ from, method, path, body }) => {
        if (from !== 'operator' || method !== 'PUT' || !path.includes(`/${plural}/`)) return 'deliver';
        if (!refusing || body.includes('StatusRefused')) return 'deliver';
        tries += 1;
        return refused(422);
      },
    });
    refusing = true;
    world.lab.steer.partition('host-2', 'everyone', 'management');
    await world.pass(10 * 60_000);
    let says = '';
    await world.run(async () => {
      says = (await read(world))?.find((one) => one.type === 'Ready')?.message ?? '';
    });
    expect(says).toMatch(/^The API server refuses the status of this (?:Host|Pool): /);
    expect(tries).toBeLessThan(60);
    refusing = false;
    expect(
      await world.until(
        async () =>
          (await read(world))?.some((one) => one.type === 'Ready' && one.status === 'False') === true,
        20 * 60_000,
      ),
    ).toBe(true);
  },
);

function poolOf(world: World): Promise<Pool | undefined> {
  return world.api.read<Pool>(poolKind, { namespace, name: 'lab' });
}
