/**
 * What a real XAPI answered, and that the lab answers the same: one row for each thing that was seen, with the world in
 * which it was asked. How long calls take to a member that is gone is in contact.test.ts, what the storage manager does
 * with its keys in locks.test.ts, hosts that start in toolstack.test.ts, event.from in observedEvents.test.ts, and what the
 * lab does not serve in observedScope.test.ts.
 */
import { expect, test } from 'vitest';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

interface Scene {
  readonly world: SimulatedLab;
  /** Of the master. */
  readonly session: string;
  /** References. */
  readonly host: (name: string) => string;
  readonly vm: (name: string) => string;
  readonly address: (name: string) => string;
  readonly password: string;
  /** A session of slave_local_login_with_password. */
  readonly localAt: (host: string) => Promise<string>;
  /** Of db-02, which runs on host-2. */
  readonly disk: string;
  readonly pool: string;
}

interface Fact {
  readonly seen: string;
  /** What is so before it is asked. */
  readonly given?: (scene: Scene) => unknown;
  readonly at?: string;
  readonly method: string;
  readonly params: (scene: Scene) => readonly unknown[] | Promise<readonly unknown[]>;
  /** The result, or the code and parameters of the error, or that nothing comes within 12 s. */
  readonly answer: (scene: Scene) => Reply | Promise<Reply>;
}

type Reply = { readonly result: unknown } | { readonly error: readonly string[] } | 'hangs';

const error = (...words: readonly string[]) => ({ error: words });
const voided = { result: '' };
const nobody = 'OpaqueRef:11111111-1111-1111-1111-111111111111';

const logins: readonly Fact[] = [
  {
    seen: 'a slave says whose slave it is',
    at: 'host-2',
    method: 'session.login_with_password',
    params: ({ password }) => ['root', password],
    answer: ({ address }) => error('HOST_IS_SLAVE', address('host-1')),
  },
  {
    seen: 'a slave looks at its role before it looks at the password',
    at: 'host-2',
    method: 'session.login_with_password',
    params: () => ['root', 'wrong'],
    answer: ({ address }) => error('HOST_IS_SLAVE', address('host-1')),
  },
  {
    seen: 'a slave names its master also when that is dead',
    given: ({ world }) => world.lab.steer.cutPower('host-1'),
    at: 'host-2',
    method: 'session.login_with_password',
    params: ({ password }) => ['root', password],
    answer: ({ address }) => error('HOST_IS_SLAVE', address('host-1')),
  },
  {
    seen: 'a wrong password',
    method: 'session.login_with_password',
    params: () => ['root', 'wrong', '1.0', 'x'],
    answer: () => error('SESSION_AUTHENTICATION_FAILED', 'root', 'Authentication failure'),
  },
  {
    seen: 'a user that is not there',
    method: 'session.login_with_password',
    params: () => ['nobody2', 'wrong'],
    answer: () =>
      error(
        'SESSION_AUTHENTICATION_FAILED',
        'nobody2',
        'User not known to the underlying authentication module',
      ),
  },
  {
    seen: 'a local login with a wrong password',
    at: 'host-2',
    method: 'session.slave_local_login_with_password',
    params: () => ['root', 'wrong'],
    answer: () => error('SESSION_AUTHENTICATION_FAILED', 'root', 'Authentication failure'),
  },
  ...['OpaqueRef:00000000-0000-0000-0000-000000000000', 'junk', ''].map(
    (ref): Fact => ({
      seen: `a session that is ${ref === '' ? 'empty' : ref}`,
      method: 'host.get_all',
      params: () => [ref],
      answer: () => error('SESSION_INVALID', ref),
    }),
  ),
  {
    seen: 'logging out of what is no session',
    method: 'session.logout',
    params: () => ['OpaqueRef:nope'],
    answer: () => error('SESSION_INVALID', 'OpaqueRef:nope'),
  },
  {
    seen: 'a session of the master, used at a slave',
    at: 'host-2',
    method: 'host.get_all',
    params: ({ session }) => [session],
    answer: ({ address }) => error('HOST_IS_SLAVE', address('host-1')),
  },
  {
    seen: 'a slave is in no emergency while its master is up',
    at: 'host-2',
    method: 'host.is_in_emergency_mode',
    params: async ({ localAt }) => [await localAt('host-2')],
    answer: () => ({ result: false }),
  },
  {
    seen: 'nor while its master is dead',
    given: ({ world }) => world.lab.steer.cutPower('host-1'),
    at: 'host-2',
    method: 'host.is_in_emergency_mode',
    params: async ({ localAt }) => [await localAt('host-2')],
    answer: () => ({ result: false }),
  },
  {
    seen: 'the master answers the same question to a session of its pool',
    method: 'host.is_in_emergency_mode',
    params: ({ session }) => [session],
    answer: () => ({ result: false }),
  },
  {
    seen: 'a local session reads the pool at a slave',
    at: 'host-2',
    method: 'pool.get_all',
    params: async ({ localAt }) => [await localAt('host-2')],
    answer: ({ pool }) => ({ result: [pool] }),
  },
  {
    seen: 'a local session reads the pool at the master too',
    method: 'pool.get_all',
    params: async ({ localAt }) => [await localAt('host-1')],
    answer: ({ pool }) => ({ result: [pool] }),
  },
  {
    seen: 'with a dead master every call of a local session hangs',
    given: ({ world }) => world.lab.steer.cutPower('host-1'),
    at: 'host-2',
    method: 'pool.get_all',
    params: async ({ localAt }) => [await localAt('host-2')],
    answer: () => 'hangs',
  },
  {
    seen: 'also one that would change something',
    given: ({ world }) => world.lab.steer.cutPower('host-1'),
    at: 'host-2',
    method: 'VM.start',
    params: async ({ localAt, vm }) => [await localAt('host-2'), vm('db-02'), false, false],
    answer: () => 'hangs',
  },
  {
    seen: 'a local session of a slave is none at the master',
    method: 'host.get_all',
    params: async ({ localAt }) => [await localAt('host-2')],
    answer: async ({ localAt }) => error('SESSION_INVALID', await localAt('host-2')),
  },
  {
    seen: 'nobody logs in where a toolstack that starts has no master',
    given: async ({ world }) => {
      world.lab.steer.partition('host-1', 'host-2', 'management');
      world.lab.steer.restartToolstack('host-2');
      await world.wait(20_000);
    },
    at: 'host-2',
    method: 'session.login_with_password',
    params: ({ password }) => ['root', password],
    answer: () => error('HOST_STILL_BOOTING'),
  },
];

const words: readonly Fact[] = [
  {
    seen: 'a method that is not there',
    method: 'host.nope',
    params: ({ session }) => [session],
    answer: () => error('MESSAGE_METHOD_UNKNOWN', 'host.nope'),
  },
  {
    seen: 'the same in the background, named without Async',
    method: 'Async.host.nope',
    params: ({ session }) => [session],
    answer: () => error('MESSAGE_METHOD_UNKNOWN', 'host.nope'),
  },
  ...['event.from', 'host.is_in_emergency_mode'].map(
    (method): Fact => ({
      seen: `${method} in the background`,
      method: `Async.${method}`,
      params: ({ session }) => [session],
      answer: () => error('Fault', `No async mode for this operation (rpc: ${method})`),
    }),
  ),
  {
    seen: 'too few parameters, counted without the session',
    method: 'host.get_uuid',
    params: ({ session }) => [session],
    answer: () => error('MESSAGE_PARAMETER_COUNT_MISMATCH', 'host.get_uuid', '1', '0'),
  },
  {
    seen: 'too many parameters',
    method: 'host.get_all',
    params: ({ session }) => [session, 'x'],
    answer: () => error('MESSAGE_PARAMETER_COUNT_MISMATCH', 'host.get_all', '0', '1'),
  },
  {
    seen: 'a text where yes or no belongs',
    method: 'VM.start',
    params: ({ session, vm }) => [session, vm('db-02'), 'true', false],
    answer: () => error('INTERNAL_ERROR', `Failure("Expected bool, got 'S(true)'")`),
  },
  {
    seen: 'a text where a list belongs',
    method: 'event.from',
    params: ({ session }) => [session, 'VM', '', 1],
    answer: () => error('INTERNAL_ERROR', `Failure("Expecting Rpc.Enum, but found 'S(VM)'")`),
  },
  {
    seen: 'a reference to nothing',
    method: 'VM.get_record',
    params: ({ session }) => [session, nobody],
    answer: () => error('HANDLE_INVALID', 'VM', nobody),
  },
  {
    seen: 'a UUID of nothing',
    method: 'VM.get_by_uuid',
    params: ({ session }) => [session, 'zz'],
    answer: () => error('UUID_INVALID', 'VM', 'zz'),
  },
  {
    seen: 'a condition that cannot be read',
    method: 'VM.get_all_records_where',
    params: ({ session }) => [session, 'junk'],
    answer: () => error('INVALID_VALUE', 'junk', 'Failure("lexing: empty token")'),
  },
  {
    seen: 'a key that is there already',
    given: ({ world, session, disk }) => world.ask('host-1', 'VDI.add_to_sm_config', session, disk, 'k', 'v'),
    method: 'VDI.add_to_sm_config',
    params: ({ session, disk }) => [session, disk, 'k', 'v'],
    answer: ({ disk }) => error('MAP_DUPLICATE_KEY', 'VDI', 'sm_config', disk, 'k'),
  },
  {
    seen: 'a key that is not there goes without a word',
    method: 'VDI.remove_from_sm_config',
    params: ({ session, disk }) => [session, disk, 'k'],
    answer: () => voided,
  },
  {
    seen: 'an event of a class that is not there',
    method: 'event.inject',
    params: ({ session }) => [session, 'moon', nobody],
    answer: () => error('HANDLE_INVALID', 'moon', nobody),
  },
  {
    seen: 'an event of nothing, with the class as it was written',
    method: 'event.inject',
    params: ({ session }) => [session, 'vm', nobody],
    answer: () => error('HANDLE_INVALID', 'vm', nobody),
  },
  {
    seen: 'a token that is none',
    method: 'event.from',
    params: ({ session }) => [session, ['vm'], 'junk', 1],
    answer: () => error('EVENT_FROM_TOKEN_PARSE_FAILURE', 'junk'),
  },
];

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

async function sceneOf(world: SimulatedLab): Promise<Scene> {
  const session = await world.logIn();
  const { host, vm } = await world.refs(session);
  const { password } = world.member('host-1');
  const locals = new Map<string, string>();
  const uuid = world.lab.document.virtualMachines.find((each) => each.name === 'db-02')?.diskUUID;
  return {
    world,
    session,
    host,
    vm,
    password,
    address: (name) => world.member(name).address,
    pool: (await world.ask<string[]>('host-1', 'pool.get_all', session))[0] ?? 'none',
    disk: await world.ask('host-1', 'VDI.get_by_uuid', session, uuid),
    localAt: async (name) => {
      const known =
        locals.get(name) ??
        (await world.ask<string>(name, 'session.slave_local_login_with_password', 'root', password));
      locals.set(name, known);
      return known;
    },
  };
}

async function answerOf(world: SimulatedLab, host: string, method: string, params: readonly unknown[]) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const hangs = 12_000;
  const reply = await world.post(host, body, { deadlineMs: hangs }).catch(() => undefined);
  if (reply === undefined) return 'hangs';
  const { result, error: problem } = JSON.parse(reply.text);
  if (problem === undefined) return { result };
  return { error: Array.isArray(problem) ? problem : [problem.message, ...problem.data] };
}

test.each([...logins, ...words, ...operations])(
  '$method: $seen',
  async ({ given, at = 'host-1', method, params, answer }) => {
    const world = createSimulatedLab();
    await world.run(async () => {
      const scene = await sceneOf(world);
      await given?.(scene);
      const sent = await params(scene);
      expect(await answerOf(world, at, method, sent)).toEqual(await answer(scene));
    });
  },
);

test.each(['event.from', 'session.get_uuid'])('%s knows no local session', async (method) => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const local = await world.ask(
      'host-2',
      'session.slave_local_login_with_password',
      'root',
      world.member('host-2').password,
    );
    const params = method === 'event.from' ? [['vm'], '', 1] : [local];
    expect(await world.rpc('host-2', method, local, ...params)).toEqual({
      error: ['SESSION_INVALID', local],
    });
  });
});

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
