/**
 * Every other write to the API server (what Pools, Hosts and VirtualServers show, the lease, events), in each scene and with
 * every fault. There are so many that two files play them, side by side. One is repeated with
 * `npx vitest run test/sim/everyFault.writes -t 'TITLE'`: each run is the same to the byte.
 */
import { describe, expect, test } from 'vitest';
import { scenes } from '../scenes/scenes.ts';
import { faultsOf, runWithFault } from './faultedRun.ts';
import { cleanRun, type Point } from './points.ts';
import { expectSameEnding } from './sameEnding.ts';

/** Method and resource, without the names of objects. */
function kindOf({ label }: Point): string {
  return label
    .replace(/\/namespaces\/[^/]+/, '')
    .replace(/\/(pools|hosts|virtualservers|leases|events)\/[^/]+/, '/$1/NAME');
}

/** Declares the tests of one half: the writes with even numbers, or those with odd ones. */
export async function faultEveryWrite(half: 0 | 1): Promise<void> {
  for (const scene of scenes) {
    const { points } = await cleanRun(scene);
    const writes = points.filter(({ kind }) => kind === 'write');

    test(`${scene.name}: the operator writes nothing of a kind that nobody has thought of`, () => {
      expect([...new Set(writes.map(kindOf))].toSorted((a, b) => a.localeCompare(b))).toEqual([
        'PATCH /apis/events.k8s.io/v1/events/NAME',
        'POST /apis/coordination.k8s.io/v1/leases',
        'POST /apis/events.k8s.io/v1/events',
        'PUT /apis/coordination.k8s.io/v1/leases/NAME',
        'PUT /apis/kintsugi.dev/v1alpha1/hosts/NAME/status',
        'PUT /apis/kintsugi.dev/v1alpha1/pools/NAME/status',
        'PUT /apis/kintsugi.dev/v1alpha1/virtualservers/NAME/status',
      ]);
    });

    for (const point of writes.filter((_, index) => index % 2 === half)) {
      describe(`${scene.name}, ${point.key}`, () => {
        test.each(faultsOf(point))('$name changes nothing about the end', async (fault) => {
          expectSameEnding(scene, await runWithFault(scene, point, fault));
        });
      });
    }
  }
}
