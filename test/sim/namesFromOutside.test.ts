/** Names and words that nobody would choose: the record of a recovery is written, and people can read it. */
import { expect, test } from 'vitest';
import { lostHost, requestName } from './release.ts';
import { harm, look, lose, settled, untilPhase, violations } from './stage.ts';

test.each([
  ['of 300 characters', 'n'.repeat(300)],
  ['with line breaks', 'first line\nsecond line\n\n'],
  ['of another script', '仮想サーバー・本番環境・経理部門'.repeat(20)],
  ['that are no names at all', '\u0000\u0001"\\\'{}$(rm)\ud83d'],
])('machines and hosts with names %s are recovered, and the record is there', async (_what, shown) => {
  const world = await settled();
  for (const name of ['app-01', 'web-02', 'scratch-01', 'host-2', lostHost])
    world.lab.steer.label(name, shown);
  await lose(world);
  const scene = await untilPhase(world, 'Succeeded');
  expect(scene.phase).toBe('Succeeded');
  expect(scene.machines).toHaveLength(3);
  expect(scene.machines.join('')).not.toMatch(/\n/);
  expect(harm(world)).toEqual([
    `forceOff ${lostHost}`,
    `declareDead ${lostHost}`,
    'start app-01',
    'start web-02',
  ]);
  expect(violations(world)).toEqual([]);
  expect(world.logLines.filter((line) => line.includes('refused the record'))).toEqual([]);
  expect((await look(world, requestName)).journal.length).toBeGreaterThan(2);
});
