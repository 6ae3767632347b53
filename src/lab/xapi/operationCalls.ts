import { freeMemory } from '../belief/powerState.ts';
import { possibleHosts, refuseToBoot } from './bootChecks.ts';
import { type Call, type CallDefinition, databaseOf, text } from './call.ts';
import { askServerTime, declareDead, destroyHost, setEnabled } from './hostOperations.ts';
import { done, doneVoid, failed } from './outcome.ts';
import { startAnywhere, startOn } from './startVirtualMachine.ts';
import { resetPowerState, shutDown } from './virtualMachineOperations.ts';

type Operation = Pick<CallDefinition, 'name' | 'params' | 'run'> & Partial<CallDefinition>;

function operation(definition: Operation): CallDefinition {
  return { result: 'void', login: 'pool', async: 'also', ...definition };
}

const host = { name: 'host', type: 'host ref' };
const vm = { name: 'vm', type: 'VM ref' };
const startFlags = [
  { name: 'start_paused', type: 'bool' },
  { name: 'force', type: 'bool' },
] as const;

export const operationCalls: readonly CallDefinition[] = [
  operation({
    name: 'host.declare_dead',
    params: [host],
    run: (call) => declareDead(call.acting, text(call, 'host')),
  }),
  operation({
    name: 'host.destroy',
    params: [{ name: 'self', type: 'host ref' }],
    run: (call) => destroyHost(call.acting, text(call, 'self')),
  }),
  operation({
    name: 'host.get_servertime',
    params: [host],
    result: 'datetime',
    async: 'no',
    run: (call) => askServerTime(call.acting, text(call, 'host')),
  }),
  operation({
    name: 'host.enable',
    params: [host],
    run: (call) => setEnabled(call.acting, { host: text(call, 'host'), to: 'enabled' }),
  }),
  operation({
    name: 'host.disable',
    params: [host, { name: 'auto_enable', type: 'bool', optional: true }],
    run: (call) => setEnabled(call.acting, { host: text(call, 'host'), to: 'disabled' }),
  }),
  operation({
    name: 'host.compute_free_memory',
    params: [host],
    result: 'int',
    run: (call) =>
      databaseOf(call).get('host', text(call, 'host')) === undefined
        ? failed('HANDLE_INVALID', 'host', text(call, 'host'))
        : done(freeMemory(databaseOf(call), text(call, 'host'))),
  }),
  {
    name: 'host.is_in_emergency_mode',
    params: [],
    result: 'bool',
    login: 'local',
    async: 'no',
    hidden: 'XAPI keeps it out of its documentation; it works without a master',
    run: ({ member }) => done(member.toolstack === 'emergency'),
  },
  operation({
    name: 'VM.power_state_reset',
    params: [vm],
    run: (call) => resetPowerState(call.acting, text(call, 'vm')),
  }),
  operation({
    name: 'VM.start',
    params: [vm, ...startFlags],
    run: (call) => startAnywhere(call.acting, text(call, 'vm')),
  }),
  operation({
    name: 'VM.start_on',
    params: [vm, host, ...startFlags],
    run: (call) => {
      const target = text(call, 'host');
      if (databaseOf(call).get('host', target) === undefined) return failed('HANDLE_INVALID', 'host', target);
      return startOn(call.acting, { vm: text(call, 'vm'), host: target });
    },
  }),
  ...(['clean_shutdown', 'hard_shutdown', 'shutdown'] as const).map((how) =>
    operation({
      name: `VM.${how}`,
      params: [vm],
      run: (call) => shutDown(call.acting, text(call, 'vm'), how),
    }),
  ),
  operation({
    name: 'VM.assert_can_boot_here',
    params: [{ name: 'self', type: 'VM ref' }, host],
    run: assertCanBootHere,
  }),
  operation({
    name: 'VM.get_possible_hosts',
    params: [vm],
    result: 'host ref set',
    run: (call) => {
      const ref = text(call, 'vm');
      if (databaseOf(call).get('VM', ref) === undefined) return failed('HANDLE_INVALID', 'VM', ref);
      return done(possibleHosts(databaseOf(call), ref));
    },
  }),
];

function assertCanBootHere(call: Call) {
  const database = databaseOf(call);
  const self = text(call, 'self');
  const target = text(call, 'host');
  if (database.get('VM', self) === undefined) return failed('HANDLE_INVALID', 'VM', self);
  if (database.get('host', target) === undefined) return failed('HANDLE_INVALID', 'host', target);
  return refuseToBoot(database, { vm: self, host: target }) ?? doneVoid;
}
