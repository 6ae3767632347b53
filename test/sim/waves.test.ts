/** Waves of starts that overlap, and acts that could not even be sent. */
import { expect, test } from 'vitest';
import type { KubernetesObject } from '../../src/ports/kubernetes.ts';
import { lostHost } from './release.ts';
import { harm, look, lose, settled, untilPhase, violations } from './stage.ts';

/** Every virtual machine may start at once, as far as its order goes. */
function oneOrder(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'VirtualServer') return object;
  const { spec } = object as KubernetesObject & { readonly spec: object };
  return { ...object, spec: { ...spec, restart: { order: 1, delaySeconds: 0 } } } as KubernetesObject;
}

test('a reply that comes while the intent of the next wave is being written is not lost', async () => {
  let slowed = 0;
  const world = await settled({
    lab: { members: 3, virtualServers: 18, localVirtualServers: 0 },
    manifests: { startsAtOncePerHost: 1 },
    edit: oneOrder,
    interpose: ({ method, label, body }) => {
      const starting = (body.match(/"state":"Starting"/g) ?? []).length;
      if (method !== 'PUT' || !label.includes('/recoveryrequests/') || starting === 0) return 'deliver';
      slowed += 1;
      return { kind: 'delay', delayMs: 1_500 };
    },
  });
  // The second start takes longer than the first, and fails in the middle of the write that the first one's end brings.
  world.lab.steer.addFault({ method: 'VM.start_on', nth: 2, effect: { kind: 'slow', delayMs: 700 } });
  world.lab.steer.addFault({
    method: 'VM.start_on',
    nth: 2,
    effect: { kind: 'domainFails', lock: 'released' },
  });
  await lose(world);
  const scene = await untilPhase(world, 'Succeeded', 5 * 60_000);
  expect(slowed).toBeGreaterThan(2);
  expect(scene.phase).toBe('Succeeded');
  expect(harm(world).filter((act) => act.startsWith('start'))).toHaveLength(6);
  expect(violations(world)).toEqual([]);
});

test('an act that can never be sent is tried less and less often, and the request says why', async () => {
  let records = 0;
  const world = await settled({
    interpose: ({ method, label }) => {
      if (method === 'PUT' && label.includes('/recoveryrequests/')) records += 1;
      return label.includes('ComputerSystem.Reset') ? { kind: 'refuse' } : 'deliver';
    },
  });
  await lose(world);
  await world.pass(30 * 60_000);
  const scene = await look(world);
  expect(harm(world)).toEqual([]);
  expect(records).toBeLessThan(150);
  expect(scene.journal.length).toBeLessThanOrEqual(2);
  expect(scene.says).toMatch(/could not be sent: .*ECONNREFUSED/);
  expect(lostHost).toBe('host-3');
});
