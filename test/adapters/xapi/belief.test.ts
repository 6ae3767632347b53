import { expect, test } from 'vitest';
import type { PoolBelief } from '../../../src/domain/xapi/pool.ts';
import type { PoolLink } from '../../../src/ports/hypervisor.ts';
import { vbdRecord, vdiRecord, vmRecord } from './recordShapes.ts';
import { hostUUIDs, poolUUID, srUUID, vdiUUID, vmUUID } from './scriptedPool.ts';
import { type SimulatedLink, simulateLink } from './simulatedLink.ts';

async function beliefOf({ run }: SimulatedLink): Promise<PoolBelief> {
  const reading = await run(async (link: PoolLink) => link.belief());
  if (reading.kind !== 'known') throw new Error(`the belief is unknown: ${reading.because}`);
  return reading.value;
}

test('says that nothing has been read before the pool has answered', async () => {
  const { run } = await simulateLink();
  const reading = await run(async (link) => link.belief());
  expect(reading).toEqual({ kind: 'unknown', because: 'the pool has not been read yet' });
});

test('shows hosts, virtual machines and storage by UUID, with references resolved', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  const belief = await beliefOf(simulated);
  expect(belief).toMatchObject({
    uuid: poolUUID,
    name: 'lab',
    masterUUID: hostUUIDs[0],
    haEnabled: false,
    rollingUpgrade: false,
  });
  expect(belief.hosts.get(hostUUIDs[1]!)).toEqual({
    uuid: hostUUIDs[1],
    ref: 'OpaqueRef:host-2',
    name: 'host-2',
    address: '10.0.0.2',
    live: true,
    enabled: true,
    currentOperations: [],
    serial: 'SERIAL-2',
    boardSerial: '',
    softwareVersion: '8.3.0/25.33.1',
    memoryTotalBytes: 64e9,
    memoryFreeBytes: 32e9,
  });
  expect(belief.virtualMachines.get(vmUUID)).toEqual({
    uuid: vmUUID,
    name: 'machine 1',
    powerState: 'Running',
    residentOn: hostUUIDs[1],
    scheduledOn: undefined,
    affinity: undefined,
    currentOperations: [],
    memoryBytes: 4_010_000_000,
    order: 1,
    startDelaySeconds: 30,
    disks: [{ vdiUUID, srUUID, mode: 'RW' }],
    media: [],
    guestAgentLive: true,
  });
  const storage = belief.storage.get(srUUID);
  expect([...(storage?.attachedOn ?? [])]).toEqual([hostUUIDs[0], hostUUIDs[1]]);
  expect([...(storage?.knownOn ?? [])]).toEqual(hostUUIDs);
});

test('leaves templates, snapshots and control domains out of the virtual machines', async () => {
  const simulated = await simulateLink({
    prepare: (pool) =>
      pool.set('vm', 'OpaqueRef:snapshot', { ...vmRecord('snapshot', {}), is_a_snapshot: true }),
  });
  await simulated.until('known');
  expect([...(await beliefOf(simulated)).virtualMachines.keys()]).toEqual([vmUUID]);
});

test('follows changes through the event stream, and tells the subscribers', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  let told = 0;
  await simulated.run(async (link) => link.subscribe(() => (told += 1)));
  simulated.pool.patch('vm', 'OpaqueRef:vm-1', { power_state: 'Halted', resident_on: 'OpaqueRef:NULL' });
  await simulated.pass(1_000);
  expect(told).toBe(1);
  expect((await beliefOf(simulated)).virtualMachines.get(vmUUID)).toMatchObject({
    powerState: 'Halted',
    residentOn: undefined,
  });
});

test('a virtual machine about which nothing changed is the same object when another one changes', async () => {
  const simulated = await simulateLink({
    prepare: (pool) => pool.set('vm', 'OpaqueRef:vm-2', vmRecord('second', {})),
  });
  await simulated.until('known');
  const before = (await beliefOf(simulated)).virtualMachines;
  simulated.pool.patch('vm', 'OpaqueRef:vm-2', { power_state: 'Halted', resident_on: 'OpaqueRef:NULL' });
  await simulated.pass(1_000);
  const after = (await beliefOf(simulated)).virtualMachines;
  expect(after.get('second')).toMatchObject({ powerState: 'Halted' });
  expect(after.get(vmUUID)).toBe(before.get(vmUUID));
  expect(after.get('second')).not.toBe(before.get('second'));
});

test('finds the storage of a disk that was added later', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.set('vdi', 'OpaqueRef:vdi-9', vdiRecord('disk-9', {}));
  simulated.pool.set('vbd', 'OpaqueRef:vbd-9', vbdRecord({ VDI: 'OpaqueRef:vdi-9' }));
  simulated.pool.patch('vm', 'OpaqueRef:vm-1', { VBDs: ['OpaqueRef:vbd-9'] });
  await simulated.pass(1_000);
  expect((await beliefOf(simulated)).virtualMachines.get(vmUUID)?.disks).toEqual([
    { vdiUUID: 'disk-9', srUUID, mode: 'RW' },
  ]);
});

test('keeps a disk whose record is gone, on a storage repository that nobody has', async () => {
  const simulated = await simulateLink({
    prepare: (pool) => pool.patch('vbd', 'OpaqueRef:vbd-1', { VDI: 'OpaqueRef:no-such-disk' }),
  });
  await simulated.until('known');
  expect((await beliefOf(simulated)).virtualMachines.get(vmUUID)?.disks).toEqual([
    { vdiUUID: 'OpaqueRef:no-such-disk', srUUID: '', mode: 'RW' },
  ]);
});

test('never loses sight of a virtual machine on a host that has no record any more', async () => {
  const simulated = await simulateLink({
    prepare: (pool) => pool.patch('vm', 'OpaqueRef:vm-1', { resident_on: 'OpaqueRef:forgotten' }),
  });
  await simulated.until('known');
  expect((await beliefOf(simulated)).virtualMachines.get(vmUUID)?.residentOn).toBe('OpaqueRef:forgotten');
});

test('asks the pool nothing but the event stream while nothing happens', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  await simulated.pass(60_000);
  simulated.newCalls();
  await simulated.pass(600_000);
  expect(new Set(simulated.newCalls())).toEqual(new Set(['host-1 event.from']));
});

test('is never older than one waiting call while nothing happens', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  for (let minute = 0; minute < 10; minute += 1) {
    await simulated.pass(7_777);
    const ageMs = await simulated.run(async (link) => {
      const reading = link.belief();
      return reading.kind === 'known' ? simulated.clock.monotonicMs() - reading.atMs : Number.NaN;
    });
    expect(ageMs).toBeGreaterThanOrEqual(0);
    expect(ageMs).toBeLessThan(16_000);
  }
});

test('a refresh shows what happened before it, even where the event stream hangs', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.answer('event.from', ({ params }) => (params[3] === 0 ? undefined : 'silence'));
  await simulated.pass(16_000);
  simulated.pool.patch('host_metrics', 'OpaqueRef:metrics-2', { live: false });
  const refreshed = await simulated.run((link) => link.refresh(2_000));
  expect(refreshed.kind === 'known' && refreshed.value.hosts.get(hostUUIDs[1]!)?.live).toBe(false);
});

test('a refresh that gets no answer is unknown, and the belief before it stays what it was', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.answer('event.from', () => 'silence');
  const [refreshed, after] = await simulated.run(
    async (link) => [await link.refresh(1_000), link.belief()] as const,
  );
  expect(refreshed).toMatchObject({ kind: 'unknown', because: expect.stringContaining('within 1000 ms') });
  expect(after.kind).toBe('known');
});

test('a waiting call that answers after a refresh does not bring the past back', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  const { pool } = simulated;
  let release = (): void => {};
  let old: unknown;
  pool.answer('event.from', ({ params }) => {
    if (params[3] === 0) return undefined;
    const snapshot = pool.record('vm', 'OpaqueRef:vm-1');
    const events = [{ class: 'vm', operation: 'mod', ref: 'OpaqueRef:vm-1', snapshot }];
    old ??= { result: { events, token: '9999,0', valid_ref_counts: {} } };
    return new Promise((resolve) => {
      release = () => resolve(old as { result: unknown });
    });
  });
  await simulated.pass(16_000);
  pool.answer('event.from', () => undefined);
  pool.patch('vm', 'OpaqueRef:vm-1', { order: 99 });
  await simulated.run((link) => link.refresh(5_000));
  release();
  await simulated.pass(1_000);
  expect((await beliefOf(simulated)).virtualMachines.get(vmUUID)?.order).toBe(99);
});

test('is as old as the last answer while events keep coming', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  for (let n = 0; n < 20; n += 1) {
    simulated.pool.patch('vm', 'OpaqueRef:vm-1', { order: n });
    await simulated.pass(5_000);
    const reading = await simulated.run(async (link) => link.belief());
    if (reading.kind === 'unknown') throw new Error(reading.because);
    expect(simulated.clock.monotonicMs() - reading.atMs).toBeLessThan(11_000);
  }
});
