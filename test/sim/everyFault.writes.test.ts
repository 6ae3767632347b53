/**
 * Every other write to the API server (what Pools, Hosts and VirtualServers show, the lease, events), with every fault.
 * One is repeated with
 * `npx vitest run test/sim/everyFault.writes.test.ts -t 'TITLE'`: each run is the same to the byte.
 */
import { expect, test } from 'vitest';
import { runWithFault, writeFaultKinds } from './faultedRun.ts';
import { cleanRun, type Point } from './release.ts';

const clean = await cleanRun();
const byKind = Map.groupBy(
  clean.points.filter((point) => point.kind === 'write'),
  kindOf,
);

/** Method and resource, without the names of objects. */
function kindOf({ label }: Point): string {
  return label
    .replace(/\/namespaces\/[^/]+/, '')
    .replace(/\/(pools|hosts|virtualservers|leases|events)\/[^/]+/, '/$1/NAME');
}

test('the operator writes nothing of a kind that nobody has thought of', () => {
  expect([...byKind.keys()].toSorted((a, b) => a.localeCompare(b))).toEqual([
    'PATCH /apis/events.k8s.io/v1/events/NAME',
    'POST /apis/coordination.k8s.io/v1/leases',
    'POST /apis/events.k8s.io/v1/events',
    'PUT /apis/coordination.k8s.io/v1/leases/NAME',
    'PUT /apis/kintsugi.dev/v1alpha1/hosts/NAME/status',
    'PUT /apis/kintsugi.dev/v1alpha1/pools/NAME/status',
    'PUT /apis/kintsugi.dev/v1alpha1/virtualservers/NAME/status',
  ]);
});

for (const [kind, points] of byKind) {
  for (const point of points) {
    test.each(writeFaultKinds)(`${kind} (${point.key}): %s changes nothing about the end`, async (fault) => {
      const { ending, struck } = await runWithFault(point, fault);
      expect(struck).toBe(true);
      expect(ending).toEqual(clean.ending);
    });
  }
}
