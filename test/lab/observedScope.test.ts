/** What a real XAPI answers to requests that are none of its calls, and which of its calls and pages the lab does not serve. */
import { expect, test } from 'vitest';
import { labCalls } from '../../src/lab/lab.ts';
import { createSimulatedLab } from './simulatedLab.ts';

const page = (because: string): string =>
  `<html><body><h1>HTTP 500 internal server error</h1>An unexpected error occurred; please wait a while and try again. If the problem persists, please contact your support representative.<h1> Additional information </h1>${because}</body></html>`;

test.each([
  [
    'a null id',
    '{"jsonrpc":"2.0","id":null,"method":"host.get_all","params":[]}',
    '/jsonrpc',
    `Jsonrpc.Malformed_method_request(&quot;Invalid field 'id' in request body&quot;)`,
  ],
  [
    'a notification',
    '{"jsonrpc":"2.0","method":"host.get_all","params":[]}',
    '/jsonrpc',
    `Jsonrpc.Malformed_method_request(&quot;Invalid field 'id' in request body&quot;)`,
  ],
  ['a batch', '[]', '/jsonrpc', 'Jsonrpc.Malformed_method_request(&quot;Invalid request body&quot;)'],
  [
    'JSON where the older path takes XML',
    '{"id":1,"method":"host.get_all","params":[]}',
    '/json',
    'Xmlm.Error(1:1, &quot;expected root element&quot;)',
  ],
])('%s is answered with a page that tells the exception', async (_name, body, path, because) => {
  const world = createSimulatedLab();
  await world.run(async () => {
    expect(await world.post('host-1', body, { path })).toMatchObject({ status: 500, text: page(because) });
  });
});

/** What else was seen is about calls and pages that the lab does not serve; when it comes to serve one, it needs a row here. */
test.each([
  'pool.emergency_transition_to_master',
  'pool.emergency_reset_master',
  'pool.recover_slaves',
  'pool.designate_new_master',
  'pool.sync_database',
  'pool.is_slave',
  'pool.join',
  'pool.enable_ha',
  'pool.disable_ha',
  'pool.ha_compute_vm_failover_plan',
  'host.emergency_ha_disable',
  'host.call_plugin',
  'host.power_on',
  'host.local_assert_healthy',
  'host.list_methods',
  'host.get_log',
  'event.register',
  'event.get_current_id',
  'PBD.create',
  'PBD.destroy',
  'PBD.set_device_config',
  'SR.forget',
])('%s is out of scope: the lab lacks it', (name) => {
  expect(labCalls.map((each) => each.name)).not.toContain(name);
});

test.each(['/', '/pool/xmldbdump', '/export_metadata', '/import_metadata', '/host_backup', '/rrd_updates'])(
  '%s is out of scope: the lab does not serve the page',
  async (path) => {
    const world = createSimulatedLab();
    await world.run(async () => {
      expect(await world.post('host-1', '', { path })).toMatchObject({ status: 404 });
    });
  },
);
