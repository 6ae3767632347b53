/**
 * Every harmful effect of each scene, each with every fault that a wire, a process or a liar can add to it. What the
 * pool and the machines are asked for must take place once, whatever is lost, and everything must come to the same end.
 * One is repeated with `npx vitest run test/sim/everyFault.effects.test.ts -t 'TITLE'`: each run is the same to the byte.
 */
import { describe, test } from 'vitest';
import type { FaultEffect } from '../../src/lab/lab.ts';
import { scenes } from '../scenes/scenes.ts';
import { effectsOf, faultsOf, runWithFault, runWithLabFault } from './faultedRun.ts';
import { cleanRun } from './points.ts';
import { expectSameEnding } from './sameEnding.ts';

/** What a server of the lab can do wrongly with any call. */
const labFaults: readonly FaultEffect[] = [
  { kind: 'slow', delayMs: 90_000 },
  { kind: 'lostReply' },
  { kind: 'refused' },
  { kind: 'saysFailed', code: 'INTERNAL_ERROR' },
  { kind: 'saysDone' },
  { kind: 'hang' },
  { kind: 'html' },
  { kind: 'truncated' },
];

for (const scene of scenes) {
  const { points } = await cleanRun(scene);
  for (const point of effectsOf(points)) {
    describe(`${scene.name}, ${point.key}`, () => {
      test.each(faultsOf(point))('$name changes nothing about the end', async (fault) => {
        expectSameEnding(scene, await runWithFault(scene, point, fault));
      });
      test.each(labFaults)("the server's $kind changes nothing about the end", async (effect) => {
        expectSameEnding(scene, await runWithLabFault(scene, point, effect));
      });
    });
  }
}
