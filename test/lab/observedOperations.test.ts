/** What a real XAPI did with hosts, virtual machines and storage when it was asked to, and that the lab does the same. */
import { expect, test } from 'vitest';
import { error, type Fact, holdFacts, nobody, type Scene, sceneOf, voided } from './observedScene.ts';
import { createSimulatedLab } from './simulatedLab.ts';

const cut = ({ world }: Scene): void => world.lab.steer.cutPower('host-2');
const declared = async (scene: Scene): Promise<void> => {
  cut(scene);
  await scene.world.ask('host-1', 'host.declare_dead', scene.session, scene.host('host-2'));
};
const halted = ({ world, session, vm }: Scene) =>
  world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
const plugOfHost2 = async ({ world, session, host }: Scene): Promise<string> => {
  const sr = await world.ask(
    'host-1',
    'SR.get_by_uuid',
    session,
    world.lab.document.storage.find((each) => each.name === 'shared-nfs')?.uuid,
  );
  const all = await world.ask<Record<string, { SR: string; host: string }>>(
    'host-1',
    'PBD.get_all_records',
    session,
  );
  const found = Object.keys(all).find((each) => all[each]?.SR === sr && all[each]?.host === host('host-2'));
  return found ?? 'none';
};

const operations: readonly Fact[] = [
  ...(['host-2', 'host-1'] as const).flatMap((name): readonly Fact[] => [
    {
      seen: `${name} lives, and is not declared dead`,
      method: 'host.declare_dead',
      params: ({ session, host }) => [session, host(name)],
      answer: ({ host }) => error('HOST_IS_LIVE', host(name)),
    },
    {
      seen: `${name} lives, and is not forgotten`,
      method: 'host.destroy',
      params: ({ session, host }) => [session, host(name)],
      answer: ({ host }) => error('HOST_IS_LIVE', host(name)),
    },
  ]),
  {
    seen: 'a host that is not there is not declared dead',
    method: 'host.declare_dead',
    params: ({ session }) => [session, nobody],
    answer: () => error('HANDLE_INVALID', 'host', nobody),
  },
  {
    seen: 'a dead host that machines are resident on is not forgotten',
    given: cut,
    method: 'host.destroy',
    params: ({ session, host }) => [session, host('host-2')],
    answer: ({ host }) => error('HOST_HAS_RESIDENT_VMS', host('host-2')),
  },
  {
    seen: 'declaring dead once more is accepted',
    given: declared,
    method: 'host.declare_dead',
    params: ({ session, host }) => [session, host('host-2')],
    answer: () => voided,
  },
  {
    seen: 'the control domain of a host that was declared dead stays resident there',
    given: declared,
    method: 'host.get_resident_VMs',
    params: ({ session, host }) => [session, host('host-2')],
    answer: ({ vm }) => ({ result: [vm('Control domain on host: host-2')] }),
  },
  {
    seen: 'a host that was declared dead is not enabled',
    given: declared,
    method: 'host.get_enabled',
    params: ({ session, host }) => [session, host('host-2')],
    answer: () => ({ result: false }),
  },
  {
    seen: 'and takes no machine',
    given: declared,
    method: 'VM.assert_can_boot_here',
    params: ({ session, vm, host }) => [session, vm('db-02'), host('host-2')],
    answer: ({ host }) => error('HOST_DISABLED', host('host-2')),
  },
  {
    seen: 'a machine on a live slave is not reset',
    method: 'VM.power_state_reset',
    params: ({ session, vm }) => [session, vm('db-02')],
    answer: ({ host }) => error('HOST_IS_LIVE', host('host-2')),
  },
  {
    seen: 'a halted machine is reset without a question',
    given: halted,
    method: 'VM.power_state_reset',
    params: ({ session, vm }) => [session, vm('db-02')],
    answer: () => voided,
  },
  {
    seen: 'a control domain is never reset',
    method: 'VM.power_state_reset',
    params: ({ session, vm }) => [session, vm('Control domain on host: host-2')],
    answer: ({ vm }) => error('CANNOT_RESET_CONTROL_DOMAIN', vm('Control domain on host: host-2')),
  },
  {
    seen: 'a slave resets nothing',
    at: 'host-2',
    method: 'VM.power_state_reset',
    params: ({ session, vm }) => [session, vm('db-02')],
    answer: ({ address }) => error('HOST_IS_SLAVE', address('host-1')),
  },
  {
    seen: 'a machine that runs is not started',
    method: 'VM.start',
    params: ({ session, vm }) => [session, vm('db-02'), false, false],
    answer: ({ vm }) => error('VM_BAD_POWER_STATE', vm('db-02'), 'halted', 'running'),
  },
  {
    seen: 'nor is it on a host that is not there',
    method: 'VM.start_on',
    params: ({ session, vm }) => [session, vm('db-02'), nobody, false, false],
    answer: () => error('HANDLE_INVALID', 'host', nobody),
  },
  {
    seen: 'a machine that is not there is not started',
    method: 'VM.start',
    params: ({ session }) => [session, nobody, false, false],
    answer: () => error('HANDLE_INVALID', 'VM', nobody),
  },
  {
    seen: 'whether a machine could boot is answered while it runs',
    method: 'VM.assert_can_boot_here',
    params: ({ session, vm, host }) => [session, vm('db-02'), host('host-3')],
    answer: () => voided,
  },
  {
    seen: 'a host that is disabled takes no machine',
    given: async (scene) => {
      await halted(scene);
      await scene.world.ask('host-1', 'host.disable', scene.session, scene.host('host-3'));
    },
    method: 'VM.start_on',
    params: ({ session, vm, host }) => [session, vm('db-02'), host('host-3'), false, false],
    answer: ({ host }) => error('HOST_DISABLED', host('host-3')),
  },
  {
    seen: 'a dead host is a good place to boot until it is no longer live',
    given: cut,
    method: 'VM.assert_can_boot_here',
    params: ({ session, vm, host }) => [session, vm('app-01'), host('host-2')],
    answer: () => voided,
  },
  {
    seen: 'a machine without its agent cannot be asked to shut down',
    given: async ({ world, session, vm, host }) => {
      await world.ask('host-1', 'VM.hard_shutdown', session, vm('db-02'));
      await world.ask('host-1', 'VM.start_on', session, vm('db-02'), host('host-2'), false, false);
    },
    method: 'VM.clean_shutdown',
    params: ({ session, vm }) => [session, vm('db-02')],
    answer: ({ vm }) => error('VM_LACKS_FEATURE', vm('db-02')),
  },
  {
    seen: 'storage that a machine uses is not unplugged',
    method: 'PBD.unplug',
    params: async (scene) => [scene.session, await plugOfHost2(scene)],
    answer: ({ disk }) => error('VDI_IN_USE', disk),
  },
  {
    seen: 'plugging what is plugged is no error',
    method: 'PBD.plug',
    params: async (scene) => [scene.session, await plugOfHost2(scene)],
    answer: () => voided,
  },
  {
    seen: 'after a partition over a declared death the member is not enabled by itself, whatever time passes',
    given: async ({ world, session, host }) => {
      world.lab.steer.partition('host-2', 'host-1', 'management');
      await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
      world.lab.steer.heal();
      await world.wait(105_000);
    },
    method: 'host.get_enabled',
    params: ({ session, host }) => [session, host('host-2')],
    answer: () => ({ result: false }),
  },
  {
    seen: 'it may be enabled by hand',
    given: async ({ world, session, host }) => {
      world.lab.steer.partition('host-2', 'host-1', 'management');
      await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
      world.lab.steer.heal();
    },
    method: 'host.enable',
    params: ({ session, host }) => [session, host('host-2')],
    answer: () => voided,
  },
  {
    seen: 'it refuses to start what it runs, though the pool says Halted',
    given: async ({ world, session, host }) => {
      world.lab.steer.partition('host-2', 'host-1', 'management');
      await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
      world.lab.steer.heal();
      await world.ask('host-1', 'host.enable', session, host('host-2'));
    },
    method: 'VM.start_on',
    params: ({ session, vm, host }) => [session, vm('db-02'), host('host-2'), false, false],
    answer: ({ vm }) => error('VM_BAD_POWER_STATE', vm('db-02'), 'Halted', 'Running'),
  },
  {
    seen: 'another host starts the same machine without a question: it runs twice',
    given: async ({ world, session, host }) => {
      world.lab.steer.partition('host-2', 'host-1', 'management');
      await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
      world.lab.steer.heal();
    },
    method: 'VM.start_on',
    params: ({ session, vm, host }) => [session, vm('db-02'), host('host-3'), false, false],
    answer: () => voided,
  },
  {
    seen: 'a host that was declared dead enables itself when it has booted',
    given: async (scene) => {
      await declared(scene);
      scene.world.lab.steer.restorePower('host-2');
      await scene.world.wait(116_000);
    },
    method: 'host.get_enabled',
    params: ({ session, host }) => [session, host('host-2')],
    answer: () => ({ result: true }),
  },
  {
    seen: 'but is live some seconds before it is enabled',
    given: async (scene) => {
      await declared(scene);
      scene.world.lab.steer.restorePower('host-2');
      await scene.world.wait(108_000);
      expect(scene.world.lab.status().hosts[1]?.believed).toMatchObject({ live: true });
    },
    method: 'host.get_enabled',
    params: ({ session, host }) => [session, host('host-2')],
    answer: () => ({ result: false }),
  },
];

holdFacts(operations);

test('a task tells who runs it, and ends with an empty value when its call has none, or with references as XML', async () => {
  const world = createSimulatedLab({ latencies: { declareDeadMs: 60_000 } });
  await world.run(async () => {
    const session = await world.logIn();
    const { host, vm } = await world.refs(session);
    const record = (task: string) => world.ask('host-1', 'task.get_record', session, task);
    world.lab.steer.cutPower('host-2');
    const task = await world.ask('host-1', 'Async.host.declare_dead', session, host('host-2'));
    expect(await record(task)).toMatchObject({
      status: 'pending',
      finished: '19700101T00:00:00Z',
      type: '<none/>',
      resident_on: host('host-1'),
    });
    await world.wait(90_000);
    expect(await record(task)).toMatchObject({ status: 'success', result: '<value></value>', progress: 1 });
    const hosts = await world.ask('host-1', 'Async.VM.get_possible_hosts', session, vm('db-01'));
    await world.wait(100);
    expect(await record(hosts)).toMatchObject({
      result: expect.stringMatching(
        /^<value><array><data>(<value>OpaqueRef:[-\w]+<\/value>)+<\/data><\/array><\/value>$/,
      ),
    });
  });
});

test('a destroyed host leaves the pool at once, and its plugs within a minute', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const scene = await sceneOf(world);
    await declared(scene);
    const { session, host } = scene;
    await world.ask('host-1', 'host.destroy', session, host('host-2'));
    expect(await world.ask<string[]>('host-1', 'host.get_all', session)).toHaveLength(3);
    const plugs = async () =>
      Object.values(
        await world.ask<Record<string, { host: string }>>('host-1', 'PBD.get_all_records', session),
      ).filter((each) => each.host === host('host-2')).length;
    expect(await plugs()).toBe(4);
    await world.wait(55_000);
    expect(await plugs()).toBe(0);
  });
});
