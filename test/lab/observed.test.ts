/**
 * What a real XAPI answered to logins and to odd words, and that the lab answers the same. What it did is in
 * observedOperations.test.ts, event.from in observedEvents.test.ts, how long calls take to a member that is gone in contact.test.ts,
 * what the storage manager does with its keys in locks.test.ts, hosts that start in toolstack.test.ts, and what the lab does not
 * serve in observedScope.test.ts.
 */
import { expect, test } from 'vitest';
import { error, type Fact, holdFacts, nobody, voided } from './observedScene.ts';
import { createSimulatedLab } from './simulatedLab.ts';

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

holdFacts([...logins, ...words]);

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
