/** Waves of starts that overlap, and acts that could not even be sent. */
import { expect, test } from 'vitest';
import type { KubernetesObject } from '../../src/ports/kubernetes.ts';
import type { Interpose } from '../../src/simulation/faults.ts';
import { lostHost } from './release.ts';
import { harm, look, lose, settled, untilPhase, untilSeen, violations } from './stage.ts';
import type { World } from './world.ts';

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
  // Two writes a try, a try in half a minute at the least, and the words in between.
  expect(records).toBeLessThan(200);
  expect(scene.journal.length).toBeLessThanOrEqual(2);
  expect(scene.says).toMatch(/could not be sent: .*ECONNREFUSED/);
  expect(lostHost).toBe('host-3');
});

/** Tells that the record with the first wave of starts is on its way, which takes three seconds. */
function whenStartsAreRecorded(run: () => void): Interpose {
  let done = false;
  return ({ method, label, body }) => {
    const carries =
      method === 'PUT' && label.includes('/recoveryrequests/') && body.includes('"act":"start"');
    if (done || !carries) return 'deliver';
    done = true;
    run();
    return { kind: 'delay', delayMs: 3_000 };
  };
}

test.each<[string, (world: World) => unknown]>([
  [
    'is declared to be in Maintenance',
    (world) => world.patch('Host', 'host-2', { spec: { state: 'Maintenance' } }),
  ],
  ['loses its power', (world) => world.lab.steer.cutPower('host-2')],
])(
  'one host that %s while a wave is written down holds up its own starts and no other, which once stopped them all',
  async (_what, happens) => {
    let recorded = false;
    const world: World = await settled({
      lab: { members: 5, virtualServers: 30, localVirtualServers: 0 },
      edit: oneOrder,
      interpose: whenStartsAreRecorded(() => {
        recorded = true;
      }),
    });
    await lose(world);
    await untilSeen(world, () => recorded);
    await happens(world);
    const before = harm(world).filter((act) => act.startsWith('start')).length;
    await world.pass(4_500);
    expect(before).toBe(0);
    expect(harm(world).filter((act) => act.startsWith('start')).length).toBeGreaterThan(1);
    await untilPhase(world, 'Succeeded');
    const where = world.lab.verdict().virtualMachines.filter(({ runsOn }) => runsOn.includes('host-2'));
    expect(new Set(harm(world)).size).toBe(harm(world).length);
    expect(violations(world)).toEqual([]);
    expect(where.length).toBeLessThanOrEqual(6);
  },
);

test('a start that waits for its connection is judged again when it gets one: a sign of life meanwhile stops it', async () => {
  let sent = 0;
  const world: World = await settled({
    lab: { members: 3, virtualServers: 48, localVirtualServers: 0 },
    manifests: { startsAtOncePerHost: 16 },
    edit: oneOrder,
    interpose: ({ from, label }) => {
      if (from !== 'operator' || label !== 'XAPI Async.VM.start_on') return 'deliver';
      sent += 1;
      // From the first start on the controller says that the power is on again.
      if (sent === 1) world.lab.steer.setBmc(lostHost, 'saysAlwaysOn');
      return { kind: 'delay', delayMs: 5_000 };
    },
  });
  await lose(world);
  await untilSeen(world, () => sent > 0);
  await world.pass(60_000);
  const scene = await look(world);
  expect(scene.machines.length).toBeGreaterThan(12);
  expect(scene.says).toMatch(/power of host-3 is "On"/);
  // As many as there are connections to the master were on the wire before it.
  expect(sent).toBeLessThanOrEqual(8);
  expect(violations(world)).toEqual([]);
});
