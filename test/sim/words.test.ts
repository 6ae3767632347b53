/** People's words that a machine has no power, in worlds that contradict them sooner or later. */
import { expect, test } from 'vitest';
import { lostHost, requestName } from './release.ts';
import {
  attest,
  attestation,
  harm,
  look,
  lose,
  settled,
  untilPhase,
  untilSays,
  violations,
} from './stage.ts';
import type { World } from './world.ts';

async function restart(world: World, awayMs = 5_000): Promise<void> {
  world.operatorOwner().kill();
  await world.pass(awayMs);
  world.startOperator();
}

/** The member is cut off from everybody, runs on, and its controller hangs; so nothing but people can tell. */
async function nothingCanTell(world: World): Promise<void> {
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  world.lab.steer.setBmc(lostHost, 'hangs');
}

test('a word that its controller contradicted does not count again when the controller hangs and the operator was restarted', async () => {
  const world = await settled();
  world.lab.steer.setBmc(lostHost, 'ignoresReset');
  await lose(world);
  await world.pass(20_000);
  await attest(world);
  await untilSays(world, /./);
  await world.pass(30_000);
  world.lab.steer.setBmc(lostHost, 'hangs');
  await restart(world);
  await world.pass(5 * 60_000);
  const scene = await look(world);
  expect(scene.says).toMatch(
    /attestation by Ada does not count any more: .*said that the power of host-3 is "On"/,
  );
  expect(harm(world)).toEqual([]);
  expect(violations(world)).toEqual([]);
});

test('a word that was given while the pool master still reached the machine does not count when nobody reaches it any more', async () => {
  const world = await settled();
  world.lab.steer.setBmc(lostHost, 'hangs');
  world.lab.steer.partition('operator', lostHost, 'management');
  await world.request(requestName, lostHost);
  await world.pass(30_000);
  await attest(world);
  await world.pass(30_000);
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.pass(5 * 60_000);
  expect((await look(world)).says).toMatch(/does not count any more: the pool master reached/);
  expect(harm(world)).toEqual([]);
  expect(violations(world)).toEqual([]);
});

test('a word that ended does not count again in a request that was made anew with it', async () => {
  const world = await settled();
  world.lab.steer.setBmc(lostHost, 'hangs');
  world.lab.steer.partition('operator', lostHost, 'management');
  await world.request(requestName, lostHost);
  await world.pass(30_000);
  const word = attestation(world);
  await world.patch('RecoveryRequest', requestName, { spec: { attestations: [word] } });
  await world.pass(30_000);
  await nothingCanTell(world);
  await world.remove('RecoveryRequest', requestName);
  await restart(world);
  await world.request(requestName, lostHost);
  await world.patch('RecoveryRequest', requestName, { spec: { attestations: [word] } });
  await world.pass(5 * 60_000);
  expect(harm(world)).toEqual([]);
  expect(violations(world)).toEqual([]);
});

test('a new word that is given after the machine has really lost its power counts', async () => {
  const world = await settled();
  world.lab.steer.setBmc(lostHost, 'hangs');
  world.lab.steer.partition('operator', lostHost, 'management');
  await world.request(requestName, lostHost);
  await world.pass(30_000);
  const early = attestation(world);
  await world.patch('RecoveryRequest', requestName, { spec: { attestations: [early] } });
  await untilSays(world, /the pool master reached/);
  world.lab.steer.cutPower(lostHost);
  await world.pass(60_000);
  await world.patch('RecoveryRequest', requestName, { spec: { attestations: [early, attestation(world)] } });
  await untilPhase(world, 'Succeeded');
  expect(harm(world)).toEqual([`declareDead ${lostHost}`, 'start app-01', 'start web-02']);
  expect(violations(world)).toEqual([]);
});

test('a word that does not count because the controller says On is told why', async () => {
  const world = await settled();
  world.lab.steer.setBmc(lostHost, 'saysAlwaysOn');
  await world.patch('Pool', 'lab', { spec: { detection: { memberTimeoutSeconds: 600 } } });
  await lose(world);
  await world.pass(20_000);
  await attest(world);
  await world.pass(5_000);
  world.lab.steer.setBmc(lostHost, 'hangs');
  await world.pass(12 * 60_000);
  const scene = await look(world);
  expect(scene.says).toMatch(
    /The attestation by Ada does not count any more: .*said that the power of host-3 is "On"/,
  );
  expect(harm(world)).toEqual([]);
});
