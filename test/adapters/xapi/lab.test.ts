import { expect, test } from 'vitest';
import { freely } from './freely.ts';
import { linkToLab } from './labLink.ts';

test('shows the pool as the lab made it', async () => {
  const { lab, until, belief, host } = await linkToLab();
  await until(() => belief().kind === 'known');
  const reading = belief();
  if (reading.kind === 'unknown') throw new Error(reading.because);
  const { value } = reading;
  expect(value).toMatchObject({ uuid: lab.document.poolUUID, masterUUID: host('host-1'), haEnabled: false });
  expect(
    [...value.hosts.values()].map(({ name, live, enabled, serial }) => ({ name, live, enabled, serial })),
  ).toEqual(lab.document.members.map(({ name, serial }) => ({ name, live: true, enabled: true, serial })));
  expect(new Set(value.virtualMachines.keys())).toEqual(
    new Set(lab.document.virtualMachines.map(({ uuid }) => uuid)),
  );
  for (const machine of lab.document.virtualMachines) {
    expect(value.virtualMachines.get(machine.uuid)).toMatchObject({
      name: machine.name,
      powerState: 'Running',
      residentOn: host(machine.hostName),
      order: machine.order,
      startDelaySeconds: machine.startDelaySeconds,
      disks: [{ vdiUUID: machine.diskUUID, srUUID: machine.srUUID, mode: 'RW' }],
      guestAgentLive: true,
    });
  }
  expect(value.masterUpForMs).toBeGreaterThan(29 * 86_400_000);
});

test('releases a dead member and starts one of its virtual machines elsewhere', async () => {
  const { lab, run, until, belief, host, hostRef, pass } = await linkToLab();
  await until(() => belief().kind === 'known');
  lab.steer.cutPower('host-2');
  await pass(2_000);
  expect(await run((link) => link.askMember(host('host-2'), 3_000))).toMatchObject({
    value: { kind: 'silent' },
  });
  expect(await run((link) => link.askMember(host('host-3'), 3_000))).toMatchObject({
    value: { kind: 'member' },
  });
  expect(await run((link) => link.askMasterAbout(host('host-3'), 60_000))).toMatchObject({
    value: 'answers',
  });
  expect(await run((link) => link.askMasterAbout(host('host-2'), 200_000))).toMatchObject({
    value: 'cannotBeContacted',
  });
  const machine = lab.document.virtualMachines.find(
    ({ hostName, shared }) => hostName === 'host-2' && shared,
  )!;
  expect(await run((link) => link.readDiskLocks([machine.diskUUID], 5_000))).toMatchObject({
    value: [{ heldBy: new Map([[hostRef('host-2'), 'RW']]) }],
  });
  expect(await run((link) => link.acts.declareDead({ hostUUID: host('host-2') }, 120_000, freely))).toEqual({
    kind: 'succeeded',
  });
  const locks = await run((link) => link.readLocks([machine.srUUID], 5_000));
  if (locks.kind === 'unknown') throw new Error(locks.because);
  expect(locks.value.filter(({ heldBy }) => heldBy.has(hostRef('host-2')))).toEqual([]);
  expect(locks.value.length).toBeGreaterThanOrEqual(8);
  expect(await run((link) => link.canBootHere(machine.uuid, host('host-3'), 5_000))).toMatchObject({
    value: { kind: 'yes' },
  });
  expect(await run((link) => link.canBootHere(machine.uuid, host('host-2'), 5_000))).toMatchObject({
    value: { kind: 'no' },
  });
  expect(
    await run((link) => link.acts.start({ vmUUID: machine.uuid, hostUUID: host('host-3') }, 60_000, freely)),
  ).toEqual({
    kind: 'succeeded',
  });
  expect(await run((link) => link.readVirtualMachine(machine.uuid, 5_000))).toMatchObject({
    value: { powerState: 'Running', residentOn: host('host-3') },
  });
  expect(
    await run((link) => link.acts.start({ vmUUID: machine.uuid, hostUUID: host('host-4') }, 60_000, freely)),
  ).toMatchObject({
    kind: 'failed',
    code: 'VM_BAD_POWER_STATE',
  });
  const refreshed = await run((link) => link.refresh(5_000));
  expect(refreshed).toMatchObject({ kind: 'known' });
  expect(lab.verdict().violations).toEqual([]);
});

test('a hook that failed without a word leaves locks that are seen, and can be removed one by one', async () => {
  const { lab, run, until, belief, host, hostRef } = await linkToLab();
  await until(() => belief().kind === 'known');
  lab.steer.cutPower('host-2');
  lab.steer.addFault({ method: 'host.declare_dead', effect: { kind: 'hookFails' } });
  expect(await run((link) => link.acts.declareDead({ hostUUID: host('host-2') }, 120_000, freely))).toEqual({
    kind: 'succeeded',
  });
  const machine = lab.document.virtualMachines.find(
    ({ hostName, shared }) => hostName === 'host-2' && shared,
  )!;
  const held = { value: [{ heldBy: new Map([[hostRef('host-2'), 'RW']]) }] };
  expect(await run((link) => link.readDiskLocks([machine.diskUUID], 5_000))).toMatchObject(held);
  expect(
    await run((link) =>
      link.acts.removeLock({ vdiUUID: machine.diskUUID, hostRef: hostRef('host-2') }, 5_000, freely),
    ),
  ).toEqual({
    kind: 'succeeded',
  });
  expect(await run((link) => link.readDiskLocks([machine.diskUUID], 5_000))).toMatchObject({
    value: [{ heldBy: new Map() }],
  });
});

test.each(['lostReply', 'html', 'truncated', 'hang'] as const)(
  'a declare_dead whose answer is spoilt (%s) is lost, and was sent once',
  async (kind) => {
    const { lab, run, until, belief, host, sent, pass } = await linkToLab();
    await until(() => belief().kind === 'known');
    lab.steer.cutPower('host-2');
    lab.steer.addFault({ method: 'host.declare_dead', effect: { kind } });
    expect(
      await run((link) => link.acts.declareDead({ hostUUID: host('host-2') }, 30_000, freely)),
    ).toMatchObject({
      kind: 'lost',
    });
    await pass(300_000);
    expect(sent.filter((call) => call.endsWith('Async.host.declare_dead')).length).toBe(1);
  },
);

test.each(['8.2', '8.3'] as const)(
  'sees a restarted master of %s as young, and follows it again',
  async (version) => {
    const { lab, until, belief, pass } = await linkToLab({ version });
    await until(() => belief().kind === 'known');
    lab.steer.restartToolstack('host-1');
    await until(() => belief().kind === 'unknown');
    await until(() => belief().kind === 'known');
    await pass(30_000);
    const reading = belief();
    if (reading.kind === 'unknown') throw new Error(reading.because);
    expect(reading.value.masterUpForMs).toBeLessThan(120_000);
    await pass(700_000);
    const later = belief();
    if (later.kind === 'unknown') throw new Error(later.because);
    expect(later.value.masterUpForMs).toBeGreaterThan(660_000);
    expect([...later.value.hosts.values()].every(({ live }) => live)).toBe(true);
  },
);

test('a clock of the master that jumps does not make it older after a restart', async () => {
  const { lab, until, belief, pass } = await linkToLab();
  await until(() => belief().kind === 'known');
  lab.steer.restartToolstack('host-1');
  await until(() => belief().kind === 'unknown');
  lab.steer.jumpClock('host-1', 86_400_000);
  await until(() => belief().kind === 'known');
  await pass(20_000);
  const reading = belief();
  expect(reading.kind === 'known' && reading.value.masterUpForMs).toBeLessThan(120_000);
});

test('a start that is under way when the master restarts is lost, and is not sent again', async () => {
  const { lab, run, until, belief, host, simulation } = await linkToLab();
  await until(() => belief().kind === 'known');
  lab.steer.cutPower('host-2');
  expect(await run((link) => link.acts.declareDead({ hostUUID: host('host-2') }, 120_000, freely))).toEqual({
    kind: 'succeeded',
  });
  const machine = lab.document.virtualMachines.find(
    ({ hostName, shared }) => hostName === 'host-2' && shared,
  )!;
  lab.steer.addFault({ method: 'VM.start_on', effect: { kind: 'slow', delayMs: 20_000 } });
  simulation.clock(simulation.world).after(1_000, () => lab.steer.restartToolstack('host-1'));
  expect(
    await run((link) => link.acts.start({ vmUUID: machine.uuid, hostUUID: host('host-3') }, 180_000, freely)),
  ).toMatchObject({
    kind: 'lost',
  });
});

test('comes back when the cut between it and the master heals, and then holds the same session for old', async () => {
  const { lab, until, belief, pass, sent } = await linkToLab();
  await until(() => belief().kind === 'known');
  lab.steer.partition('operator', 'host-1', 'management');
  await pass(40_000);
  expect(belief()).toMatchObject({ kind: 'unknown', because: expect.stringContaining('host-1') });
  lab.steer.heal();
  await until(() => belief().kind === 'known');
  const reading = belief();
  expect(reading.kind === 'known' && reading.value.masterUpForMs).toBeGreaterThan(29 * 86_400_000);
  expect(sent.filter((call) => call.endsWith('session.logout')).length).toBe(1);
});

test('settled, it asks the pool nothing but the event stream, and one call for each question about a member', async () => {
  const { sent, until, belief, pass, run, host } = await linkToLab();
  await until(() => belief().kind === 'known');
  await pass(60_000);
  const before = sent.length;
  for (let minute = 0; minute < 5; minute += 1) {
    for (const name of ['host-1', 'host-2', 'host-3', 'host-4']) {
      await run((link) => link.askMember(host(name), 3_000));
    }
    await pass(60_000);
  }
  const reads = sent.slice(before).filter((call) => !call.endsWith('event.from'));
  expect(reads.length).toBe(5 * 4);
});
