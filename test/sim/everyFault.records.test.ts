/**
 * Every write of the request's own record, the journal that effects wait for, in each scene and with every fault. One is
 * repeated with `npx vitest run test/sim/everyFault.records.test.ts -t 'TITLE'`: each run is the same to the byte.
 */
import { describe, test } from 'vitest';
import { scenes } from '../scenes/scenes.ts';
import { faultsOf, runWithFault } from './faultedRun.ts';
import { cleanRun } from './points.ts';
import { expectSameEnding } from './sameEnding.ts';

for (const scene of scenes) {
  const { points } = await cleanRun(scene);
  for (const point of points.filter(({ kind }) => kind === 'record')) {
    describe(`${scene.name}, record #${point.nth}`, () => {
      test.each(faultsOf(point))('$name changes nothing about the end', async (fault) => {
        expectSameEnding(scene, await runWithFault(scene, point, fault));
      });
    });
  }
}
