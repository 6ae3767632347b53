import { expect, test } from 'vitest';
import { vmRecord } from './recordShapes.ts';
import { bootSeconds, hostUUIDs, poolUUID, vmUUID } from './scriptedPool.ts';
import { type SimulatedLink, simulateLink } from './simulatedLink.ts';

async function whyUnknown({ run }: SimulatedLink): Promise<string> {
  const reading = await run(async (link) => link.belief());
  return reading.kind === 'unknown' ? reading.because : 'it is known';
}

async function upForMs({ run }: SimulatedLink): Promise<number> {
  const reading = await run(async (link) => link.belief());
  return reading.kind === 'known' ? reading.value.masterUpForMs : Number.NaN;
}

test('notices a master that says nothing for longer than a poll may take', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.answer('event.from', () => 'silence');
  const startedMs = simulated.simulation.nowMs;
  await simulated.until('unknown');
  expect(simulated.simulation.nowMs - startedMs).toBeLessThan(40_000);
  expect(await whyUnknown(simulated)).toContain(
    'the event stream of the pool master host-1 (10.0.0.1) is broken',
  );
});

test('starts over from nothing when the toolstack was restarted, whatever its generations count', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  for (let n = 0; n < 50; n += 1) simulated.pool.patch('vm', 'OpaqueRef:vm-1', { order: n });
  await simulated.pass(1_000);
  simulated.pool.restartMaster();
  simulated.pool.patch('vm', 'OpaqueRef:vm-1', { order: 77 });
  await simulated.until('unknown');
  expect(await whyUnknown(simulated)).toContain('has forgotten our session');
  await simulated.until('known');
  const reading = await simulated.run(async (link) => link.belief());
  expect(reading.kind === 'known' && reading.value.virtualMachines.get(vmUUID)?.order).toBe(77);
});

test.each([
  ['HTML', () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>busy</html>' })],
  ['an error page', () => ({ status: 502, headers: { 'content-type': 'text/html' }, body: '<html>' })],
  [
    'half an event',
    () => ({ status: 200, headers: {}, body: '{"result":{"events":[{"class":"vm","ref":"x","sna' }),
  ],
  ['events without a token', () => ({ result: { events: [], valid_ref_counts: {} } })],
  ['a token that it cannot parse', () => ({ error: ['EVENT_FROM_TOKEN_PARSE_FAILURE', 'x'] })],
  [
    'a record without its fields',
    () => ({
      result: {
        events: [{ class: 'vm', ref: 'OpaqueRef:vm-1', operation: 'mod', snapshot: { uuid: 'x' } }],
        token: '9,0',
        valid_ref_counts: {},
      },
    }),
  ],
])('a stream that answers %s makes the belief unknown, and comes back', async (_what, nonsense) => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.answer('event.from', nonsense);
  await simulated.until('unknown');
  await simulated.pass(100_000);
  expect(await whyUnknown(simulated)).toContain('host-1 (10.0.0.1)');
  simulated.pool.answer('event.from', () => undefined);
  await simulated.until('known');
});

test("does not mix in another pool's records", async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.patch('pool', 'OpaqueRef:pool', { uuid: '99999999-aaaa-4000-8000-000000000009' });
  await simulated.until('unknown');
  expect(await whyUnknown(simulated)).toContain(`instead of the pinned pool ${poolUUID}`);
});

test('reads everything again when a deletion was missed', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.set('vm', 'OpaqueRef:vm-2', vmRecord('second', { VBDs: [] }));
  await simulated.pass(1_000);
  simulated.pool.removeSilently('vm', 'OpaqueRef:vm-2');
  await simulated.until('unknown');
  await simulated.until('known');
  const reading = await simulated.run(async (link) => link.belief());
  expect(reading.kind === 'known' && [...reading.value.virtualMachines.keys()]).toEqual([vmUUID]);
});

test('a record that lived too short to be sent does not disturb the stream for long', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  let once = true;
  simulated.pool.answer('event.from', ({ params }) => {
    if (!once || params[3] === 0) return undefined;
    once = false;
    return { result: { events: [], token: params[2], valid_ref_counts: { vm: 99 } } };
  });
  await simulated.pass(60_000);
  expect(await whyUnknown(simulated)).toBe('it is known');
  expect(simulated.newCalls().filter((call) => call.endsWith('login_with_password')).length).toBe(3);
});

test('tells how long the master has been up by its own clock, and counts on', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  // The scripted clock says 2023-11-15T22:13:20Z, a day after the scripted start.
  const dayMs = 86_400_000;
  expect(await upForMs(simulated)).toBeGreaterThan(dayMs - 1_000);
  expect(await upForMs(simulated)).toBeLessThan(dayMs + 1_000);
  await simulated.pass(600_000);
  expect(await upForMs(simulated)).toBeGreaterThan(dayMs + 560_000);
});

test('after a restart that it saw, the master is young, even if its record and its clock say otherwise', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  await simulated.pass(60_000);
  simulated.pool.restartMaster();
  await simulated.until('unknown');
  await simulated.until('known');
  expect(await upForMs(simulated)).toBeLessThan(60_000);
  await simulated.pass(600_000);
  expect(await upForMs(simulated)).toBeLessThan(660_000);
  expect(await upForMs(simulated)).toBeGreaterThan(560_000);
});

test('a restart is seen although all that was seen of it is a broken connection', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.answer('event.from', () => 'hangUp');
  await simulated.until('unknown');
  simulated.pool.restartMaster();
  simulated.pool.answer('event.from', () => undefined);
  await simulated.until('known');
  expect(await upForMs(simulated)).toBeLessThan(60_000);
});

test('a connection that broke without a restart does not make the master young', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.answer('event.from', () => 'hangUp');
  await simulated.until('unknown');
  simulated.pool.answer('event.from', () => undefined);
  await simulated.until('known');
  expect(await upForMs(simulated)).toBeGreaterThan(80_000_000);
});

test('a master that is not enabled yet may still show its last start, and counts as young', async () => {
  const simulated = await simulateLink({
    prepare: (pool) => pool.patch('host', 'OpaqueRef:host-1', { enabled: false }),
  });
  await simulated.until('known');
  expect(await upForMs(simulated)).toBeLessThan(5_000);
});

test('a later start in the record of the master counts', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  simulated.pool.patch('host', 'OpaqueRef:host-1', {
    other_config: { agent_start_time: `${bootSeconds + 86_390}.` },
  });
  await simulated.pass(1_000);
  expect(await upForMs(simulated)).toBeLessThan(15_000);
});

test('a subscriber hears of the loss of the belief', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  const heard: string[] = [];
  await simulated.run(async (link) => link.subscribe(() => heard.push(link.belief().kind)));
  simulated.listeners[0]!.close();
  await simulated.pass(10_000);
  expect(heard[0]).toBe('unknown');
});

test('closing logs out, ends all work and leaves the belief unknown', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  await simulated.run(async (link) => link.close());
  await simulated.pass(10_000);
  expect(simulated.newCalls()).toContain('host-1 session.logout');
  await simulated.pass(600_000);
  expect(simulated.newCalls()).toEqual([]);
  expect(await whyUnknown(simulated)).toContain('was closed');
});

test('a host record without metrics is neither live nor roomy', async () => {
  const simulated = await simulateLink({
    prepare: (pool) => pool.patch('host', 'OpaqueRef:host-2', { metrics: 'OpaqueRef:NULL' }),
  });
  await simulated.until('known');
  const reading = await simulated.run(async (link) => link.belief());
  expect(reading.kind === 'known' && reading.value.hosts.get(hostUUIDs[1]!)).toMatchObject({
    live: false,
    memoryFreeBytes: 0,
  });
});
