import { expect, test } from 'vitest';
import type { PoolLink } from '../../../src/ports/hypervisor.ts';
import { freely } from './freely.ts';
import { vbdRecord, vdiRecord } from './recordShapes.ts';
import { hostRefs, hostUUIDs, type Reply, srUUID, vdiUUID, vmUUID } from './scriptedPool.ts';
import { type SimulatedLink, simulateLink } from './simulatedLink.ts';

const start = (link: PoolLink) => link.acts.start({ vmUUID, hostUUID: hostUUIDs[2]! }, 20_000, freely);
const declareDead = (link: PoolLink) => link.acts.declareDead({ hostUUID: hostUUIDs[1]! }, 20_000, freely);

async function connectedLink(): Promise<SimulatedLink> {
  const simulated = await simulateLink();
  await simulated.until('known');
  await simulated.pass(5_000);
  simulated.newCalls();
  return simulated;
}

/** Answers the Async call with a task, which ends in the given way after so much time. */
function taskEnds(
  { pool, simulation }: SimulatedLink,
  method: string,
  options: { readonly afterMs: number; readonly fields: Readonly<Record<string, unknown>> },
): void {
  const clock = simulation.clock(simulation.world);
  pool.answer(method, () => {
    pool.set('task', 'OpaqueRef:task-1', {
      name_label: 'Async.VM.start_on',
      status: 'pending',
      error_info: [],
    });
    clock.after(options.afterMs, () => pool.patch('task', 'OpaqueRef:task-1', options.fields));
    return { result: 'OpaqueRef:task-1' };
  });
  pool.answer('task.destroy', ({ params }) => {
    pool.remove('task', String(params[1]));
    return { result: '' };
  });
}

test('starts a virtual machine without force, hears of the end from the event stream, and removes the task', async () => {
  const simulated = await connectedLink();
  taskEnds(simulated, 'Async.VM.start_on', {
    afterMs: 8_000,
    fields: { name_label: 'Async.VM.start_on', status: 'success' },
  });
  expect(await simulated.run(start)).toEqual({ kind: 'succeeded' });
  await simulated.pass(1_000);
  expect(simulated.newCalls().filter((call) => !call.endsWith('event.from'))).toEqual([
    'host-1 Async.VM.start_on',
    'host-1 task.destroy',
  ]);
  const sent = simulated.pool.calls.find(({ method }) => method === 'Async.VM.start_on');
  expect(sent?.params.slice(1)).toEqual(['OpaqueRef:vm-1', hostRefs[2], false, false]);
  expect(simulated.pool.record('task', 'OpaqueRef:task-1')).toBeUndefined();
});

test('starts one virtual machine with all its checks in six calls', async () => {
  const simulated = await connectedLink();
  taskEnds(simulated, 'Async.VM.start_on', {
    afterMs: 8_000,
    fields: { name_label: 'Async.VM.start_on', status: 'success' },
  });
  await simulated.run(async (link) => {
    await link.canBootHere(vmUUID, hostUUIDs[2]!, 5_000);
    await link.readVirtualMachine(vmUUID, 5_000);
    await link.readDiskLocks([vdiUUID], 5_000);
    await start(link);
    await link.readVirtualMachine(vmUUID, 5_000);
  });
  await simulated.pass(1_000);
  expect(simulated.newCalls().filter((call) => !call.endsWith('event.from')).length).toBeLessThanOrEqual(6);
});

test('a task that fails gives its code and its words', async () => {
  const simulated = await connectedLink();
  taskEnds(simulated, 'Async.VM.start_on', {
    afterMs: 500,
    fields: {
      name_label: 'Async.VM.start_on',
      status: 'failure',
      error_info: ['SR_BACKEND_FAILURE_46', '', 'The VDI is not available', 'opterr=x'],
    },
  });
  expect(await simulated.run(start)).toEqual({
    kind: 'failed',
    code: 'SR_BACKEND_FAILURE_46',
    says: 'SR_BACKEND_FAILURE_46 The VDI is not available opterr=x',
  });
});

test('a task that ended before its reference arrived is not waited for', async () => {
  const simulated = await connectedLink();
  simulated.pool.answer('Async.VM.start_on', () => {
    simulated.pool.set('task', 'OpaqueRef:task-1', {
      name_label: 'Async.VM.start_on',
      status: 'success',
      error_info: [],
    });
    return { result: 'OpaqueRef:task-1' };
  });
  const startedMs = simulated.simulation.nowMs;
  expect(await simulated.run(start)).toEqual({ kind: 'succeeded' });
  expect(simulated.simulation.nowMs - startedMs).toBeLessThan(1_000);
});

test('a task that was cancelled has failed', async () => {
  const simulated = await connectedLink();
  taskEnds(simulated, 'Async.VM.start_on', {
    afterMs: 500,
    fields: { name_label: 'Async.VM.start_on', status: 'cancelled' },
  });
  expect(await simulated.run(start)).toMatchObject({ kind: 'failed', code: 'TASK_CANCELLED' });
});

test('a task that goes on past the deadline is lost, at the deadline', async () => {
  const simulated = await connectedLink();
  taskEnds(simulated, 'Async.VM.start_on', {
    afterMs: 600_000,
    fields: { name_label: 'Async.VM.start_on', status: 'success' },
  });
  const startedMs = simulated.simulation.nowMs;
  expect(await simulated.run(start)).toMatchObject({ kind: 'lost' });
  expect(simulated.simulation.nowMs - startedMs).toBeLessThan(20_500);
});

test('a task that the restarted toolstack forgot is lost, and is not started again', async () => {
  const simulated = await connectedLink();
  const clock = simulated.simulation.clock(simulated.simulation.world);
  taskEnds(simulated, 'Async.host.declare_dead', {
    afterMs: 600_000,
    fields: { name_label: 'Async.VM.start_on', status: 'success' },
  });
  clock.after(3_000, () => simulated.pool.restartMaster());
  expect(await simulated.run(declareDead)).toMatchObject({
    kind: 'lost',
    because: 'the pool does not know the task OpaqueRef:task-1 any more',
  });
  await simulated.pass(120_000);
  const sent = simulated.pool.calls.filter(({ method }) => method === 'Async.host.declare_dead');
  expect(sent.length).toBe(1);
});

test('a task that somebody removed before its end was seen is lost at once', async () => {
  const simulated = await connectedLink();
  const clock = simulated.simulation.clock(simulated.simulation.world);
  taskEnds(simulated, 'Async.VM.start_on', {
    afterMs: 600_000,
    fields: { name_label: 'Async.VM.start_on', status: 'success' },
  });
  clock.after(3_000, () => simulated.pool.remove('task', 'OpaqueRef:task-1'));
  const startedMs = simulated.simulation.nowMs;
  expect(await simulated.run(start)).toMatchObject({ kind: 'lost' });
  expect(simulated.simulation.nowMs - startedMs).toBeLessThan(4_000);
});

test('asks for a task by itself when the stream tells nothing of it for long', async () => {
  const simulated = await connectedLink();
  simulated.pool.answer('Async.VM.start_on', () => ({ result: 'OpaqueRef:unseen' }));
  simulated.pool.answer('task.get_record', () => ({
    result: { name_label: 'Async.VM.start_on', status: 'success', error_info: [] },
  }));
  expect(
    await simulated.run((link) => link.acts.start({ vmUUID, hostUUID: hostUUIDs[2]! }, 120_000, freely)),
  ).toEqual({
    kind: 'succeeded',
  });
  expect(simulated.newCalls().filter((call) => call === 'host-1 task.get_record').length).toBe(1);
});

test.each<[string, Reply]>([
  ['no answer', 'silence'],
  ['a broken connection', 'hangUp'],
  ['HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
  ['an error page', { status: 500, headers: {}, body: 'internal error' }],
  ['half a reply', { status: 200, headers: {}, body: '{"jsonrpc":"2.0","resu' }],
  ['a reply without a task', { result: {} }],
])('an effect answered with %s may have happened: it is lost, and sent once', async (_what, reply) => {
  const simulated = await connectedLink();
  simulated.pool.answer('Async.host.declare_dead', () => reply);
  expect(await simulated.run(declareDead)).toMatchObject({ kind: 'lost' });
  await simulated.pass(300_000);
  const sent = simulated.pool.calls.filter(({ method }) => method === 'Async.host.declare_dead');
  expect(sent.length).toBe(1);
});

test('an effect that the pool refuses has failed, with its code', async () => {
  const simulated = await connectedLink();
  simulated.pool.answer('Async.host.declare_dead', () => ({ error: ['HOST_IS_LIVE', 'OpaqueRef:host-2'] }));
  expect(await simulated.run(declareDead)).toEqual({
    kind: 'failed',
    code: 'HOST_IS_LIVE',
    says: 'HOST_IS_LIVE OpaqueRef:host-2',
  });
});

test('an effect under a session that was lost is refused, not repeated, and the link comes back', async () => {
  const simulated = await connectedLink();
  simulated.pool.answer('event.from', () => 'silence');
  await simulated.pass(16_000);
  simulated.pool.restartMaster();
  expect(await simulated.run(declareDead)).toMatchObject({ kind: 'failed', code: 'SESSION_INVALID' });
  expect(await simulated.run(async (link) => link.belief())).toMatchObject({ kind: 'unknown' });
  simulated.pool.answer('event.from', () => undefined);
  await simulated.until('known');
  await simulated.pass(60_000);
  const sent = simulated.pool.calls.filter(({ method }) => method === 'Async.host.declare_dead');
  expect(sent.length).toBe(1);
});

test('sends no effect to a closed port', async () => {
  const simulated = await connectedLink();
  simulated.listeners[0]!.close();
  expect(await simulated.run(declareDead)).toMatchObject({ kind: 'notSent' });
});

test('sends no effect while the belief is unknown', async () => {
  const simulated = await simulateLink({ prepare: (pool) => (pool.members[0]!.role = 'emergency') });
  await simulated.pass(10_000);
  expect(await simulated.run(declareDead)).toMatchObject({ kind: 'notSent' });
  expect(await simulated.run(start)).toMatchObject({ kind: 'notSent' });
  expect(
    await simulated.run((link) => link.acts.removeLock({ vdiUUID, hostRef: hostRefs[1]! }, 1_000, freely)),
  ).toMatchObject({
    kind: 'notSent',
  });
});

test('sends no effect on what the pool does not know', async () => {
  const simulated = await connectedLink();
  expect(
    await simulated.run((link) => link.acts.declareDead({ hostUUID: 'no-such-host' }, 1_000, freely)),
  ).toMatchObject({
    kind: 'notSent',
  });
  expect(
    await simulated.run((link) =>
      link.acts.start({ vmUUID: 'no-such-vm', hostUUID: hostUUIDs[2]! }, 1_000, freely),
    ),
  ).toMatchObject({
    kind: 'notSent',
  });
  expect(simulated.newCalls().filter((call) => call.includes('Async'))).toEqual([]);
});

test('removes the lock of exactly one host from exactly one disk', async () => {
  const simulated = await connectedLink();
  expect(
    await simulated.run((link) => link.acts.removeLock({ vdiUUID, hostRef: hostRefs[1]! }, 5_000, freely)),
  ).toEqual({
    kind: 'succeeded',
  });
  const sent = simulated.pool.calls.find(({ method }) => method === 'VDI.remove_from_sm_config');
  expect(sent?.params.slice(1)).toEqual(['OpaqueRef:vdi-1', 'host_OpaqueRef:host-2']);
});

test('reads the locks of a whole storage repository in one call', async () => {
  const simulated = await connectedLink();
  simulated.pool.set(
    'vdi',
    'OpaqueRef:vdi-2',
    vdiRecord('disk-2', { [`host_${hostRefs[0]}`]: 'RO', paused: '1', 'vhd-parent': 'x', activating: '1' }),
  );
  const reading = await simulated.run((link) => link.readLocks([srUUID], 5_000));
  expect(reading).toMatchObject({
    kind: 'known',
    value: [
      { vdiUUID, srUUID, heldBy: new Map([[hostRefs[1], 'RW']]), interruptedWork: [] },
      {
        vdiUUID: 'disk-2',
        heldBy: new Map([[hostRefs[0], 'RO']]),
        interruptedWork: ['paused', 'activating'],
      },
    ],
  });
  const asked = simulated.pool.calls.filter(({ method }) => method === 'VDI.get_all_records_where');
  expect(asked.map(({ params }) => params[1])).toEqual(['field "SR" = "OpaqueRef:sr"']);
});

test('a lock of a kind that nobody knows counts as the strongest', async () => {
  const simulated = await connectedLink();
  simulated.pool.patch('vdi', 'OpaqueRef:vdi-1', { sm_config: { [`host_${hostRefs[0]}`]: 'EXCLUSIVE' } });
  expect(await simulated.run((link) => link.readDiskLocks([vdiUUID], 5_000))).toMatchObject({
    value: [{ heldBy: new Map([[hostRefs[0], 'RW']]) }],
  });
});

test('the locks of a disk that has no record are unknown, not free', async () => {
  const simulated = await connectedLink();
  expect(await simulated.run((link) => link.readDiskLocks([vdiUUID, 'no-such-disk'], 5_000))).toMatchObject({
    kind: 'unknown',
    because: expect.stringContaining('no-such-disk'),
  });
});

test('locks that are cut off in the middle of the list are unknown', async () => {
  const simulated = await connectedLink();
  const body = JSON.stringify({ result: { 'OpaqueRef:vdi-1': vdiRecord(vdiUUID, {}) } }).slice(0, -3);
  simulated.pool.answer('VDI.get_all_records_where', () => ({ status: 200, headers: {}, body }));
  expect(await simulated.run((link) => link.readLocks([srUUID], 5_000))).toMatchObject({ kind: 'unknown' });
});

test('reads a virtual machine past the event stream, with disks that the stream has not told of yet', async () => {
  const simulated = await connectedLink();
  simulated.pool.answer('event.from', () => 'silence');
  simulated.pool.set('vdi', 'OpaqueRef:vdi-9', vdiRecord('disk-9', {}));
  simulated.pool.set('vbd', 'OpaqueRef:vbd-9', vbdRecord({ VDI: 'OpaqueRef:vdi-9' }));
  simulated.pool.patch('vm', 'OpaqueRef:vm-1', {
    power_state: 'Halted',
    VBDs: ['OpaqueRef:vbd-1', 'OpaqueRef:vbd-9'],
  });
  const reading = await simulated.run((link) => link.readVirtualMachine(vmUUID, 5_000));
  expect(reading).toMatchObject({
    kind: 'known',
    value: { powerState: 'Halted', disks: [{ vdiUUID }, { vdiUUID: 'disk-9', srUUID }] },
  });
});

test.each([
  ['HOST_OFFLINE', 'cannotBeContacted'],
  ['CANNOT_CONTACT_HOST', 'cannotBeContacted'],
  ['TLS_CONNECTION_FAILED', 'cannotBeContacted'],
])("takes %s for the master's own failure to call the member", async (code, value) => {
  const simulated = await connectedLink();
  simulated.pool.answer('host.get_servertime', () => ({ error: [code, 'OpaqueRef:host-2'] }));
  expect(await simulated.run((link) => link.askMasterAbout(hostUUIDs[1]!, 5_000))).toMatchObject({ value });
});

test('a master that hangs on calling the member tells nothing about it', async () => {
  const simulated = await connectedLink();
  simulated.pool.answer('host.get_servertime', () => 'silence');
  expect(await simulated.run((link) => link.askMasterAbout(hostUUIDs[1]!, 5_000))).toMatchObject({
    kind: 'unknown',
  });
});

test.each([[''], ['done'], [12], [{}]])(
  'a master that answers %j instead of the time of the member has not reached it (a made-up success had its controller caught for good)',
  async (result) => {
    const simulated = await connectedLink();
    simulated.pool.answer('host.get_servertime', () => ({ result }));
    expect(await simulated.run((link) => link.askMasterAbout(hostUUIDs[1]!, 5_000))).toMatchObject({
      kind: 'unknown',
      because: expect.stringMatching(/was asked for the time of the host .* and answered without one/),
    });
  },
);

test('a master that answers with the time of the member has reached it', async () => {
  const simulated = await connectedLink();
  simulated.pool.answer('host.get_servertime', () => ({ result: '20260101T00:00:00Z' }));
  expect(await simulated.run((link) => link.askMasterAbout(hostUUIDs[1]!, 5_000))).toMatchObject({
    value: 'answers',
  });
});

test('hears why a host does not take a virtual machine', async () => {
  const simulated = await connectedLink();
  simulated.pool.answer('VM.assert_can_boot_here', () => ({ error: ['VM_REQUIRES_SR', 'vm', 'sr'] }));
  expect(await simulated.run((link) => link.canBootHere(vmUUID, hostUUIDs[2]!, 5_000))).toMatchObject({
    value: { kind: 'no', code: 'VM_REQUIRES_SR', says: 'VM_REQUIRES_SR vm sr' },
  });
  simulated.pool.answer('VM.assert_can_boot_here', () => ({ result: '' }));
  expect(await simulated.run((link) => link.canBootHere(vmUUID, hostUUIDs[2]!, 5_000))).toMatchObject({
    value: { kind: 'yes' },
  });
});

test('a session lost in the middle of a question makes the answer unknown, and the next one is answered', async () => {
  const simulated = await connectedLink();
  simulated.pool.answer('event.from', ({ params }) => (params[2] === '' ? undefined : 'silence'));
  simulated.pool.restartMaster();
  expect(await simulated.run((link) => link.readVirtualMachine(vmUUID, 5_000))).toMatchObject({
    kind: 'unknown',
  });
  simulated.pool.answer('event.from', () => undefined);
  await simulated.until('known');
  expect(await simulated.run((link) => link.readVirtualMachine(vmUUID, 5_000))).toMatchObject({
    kind: 'known',
  });
});

test('logs each effect with what it was sent, and never the session', async () => {
  const simulated = await connectedLink();
  simulated.pool.answer('Async.host.declare_dead', () => ({ error: ['HOST_IS_LIVE'] }));
  await simulated.run(declareDead);
  expect(simulated.logged.join('\n')).toContain('Async.host.declare_dead');
  expect(simulated.logged.join('\n')).not.toContain('OpaqueRef:session');
});
