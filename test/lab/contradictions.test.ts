/** What a machine is, what the pool says of it, what its controller shows and whose power that cuts, each by itself. */
import { expect, test } from 'vitest';
import { exchange } from '../../src/adapters/network/exchange.ts';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

async function system(world: SimulatedLab, host: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await send(world, host)) as Readonly<Record<string, unknown>>;
}

async function send(world: SimulatedLab, host: string, reset?: string): Promise<string> {
  const { bmc } = world.member(host);
  const dispatcher = world.network.open({
    origin: bmc.origin,
    trust: { kind: 'pin', sha256Fingerprint: bmc.fingerprint },
    connections: 1,
  });
  const path = '/redfish/v1/Systems/1';
  const reply = await exchange(dispatcher, world.clock, {
    method: reset === undefined ? 'GET' : 'POST',
    path: reset === undefined ? path : `${path}/Actions/ComputerSystem.Reset`,
    headers: { authorization: `Basic ${Buffer.from(`${bmc.user}:${bmc.password}`).toString('base64')}` },
    ...(reset === undefined ? {} : { body: JSON.stringify({ ResetType: reset }) }),
    deadlineMs: 10_000,
  });
  return reply.text;
}

const forcedOff = (world: SimulatedLab): readonly string[] =>
  world.lab
    .verdict()
    .harmfulEffects.filter((act) => act.kind === 'forceOff')
    .map((act) => act.target);

test('a controller shows the serial, the SKU and the UUID that it was given, and not its machine', async () => {
  const world = createSimulatedLab({
    machines: [{}, { controller: { serial: '0123456789', sku: '', systemUUID: 'none' } }],
  });
  await world.run(async () => {
    expect(await system(world, 'host-2')).toMatchObject({
      SerialNumber: '0123456789',
      SKU: '',
      UUID: 'none',
    });
    const { serial, systemUUID } = world.member('host-3');
    expect(await system(world, 'host-3')).toMatchObject({ SerialNumber: serial, UUID: systemUUID });
    world.lab.steer.showOnBmc('host-3', { serial: 'exchanged' });
    expect(await system(world, 'host-3')).toMatchObject({ SerialNumber: 'exchanged', UUID: systemUUID });
  });
});

test('the pool says of a member what it was told to say, whatever the machine and the controller show', async () => {
  const world = createSimulatedLab({
    machines: [{}, { pool: { serial: 'other', boardSerial: '', address: '10.0.0.9' } }, { serial: 'own' }],
  });
  const record = async (host: string) => {
    const ref = world.member(host).hostRef;
    return await world.lab.callAs('test', 'host-1', 'host.get_record', [ref]);
  };
  await world.run(async () => {
    expect(await record('host-2')).toMatchObject({
      address: '10.0.0.9',
      bios_strings: { 'system-serial-number': 'other', 'baseboard-serial-number': '' },
    });
    const { address, boardSerial } = world.member('host-3');
    expect(await record('host-3')).toMatchObject({
      address,
      bios_strings: { 'system-serial-number': 'own', 'baseboard-serial-number': boardSerial },
    });
    expect(await system(world, 'host-3')).toMatchObject({ SerialNumber: 'own' });
  });
});

test('a controller that is cabled to another member shows that one and cuts its power, and the oracle says whose', async () => {
  const world = createSimulatedLab({ machines: [{}, { cabledTo: 'host-3' }] });
  await world.run(async () => {
    expect((await system(world, 'host-2'))['SerialNumber']).toBe(world.member('host-3').serial);
    await send(world, 'host-2', 'ForceOff');
    await world.wait(60_000);
    const [, second, third] = world.lab.status().hosts;
    expect([second?.power, third?.power]).toEqual(['on', 'off']);
    expect(second?.bmcCabledTo).toBe('host-3');
    expect(forcedOff(world)).toEqual(['host-3']);
  });
});

test('a controller that leads to a machine outside the pool shows its power, which can be steered', async () => {
  const world = createSimulatedLab({ outsiders: [{ name: 'spare', power: 'off' }] });
  await world.run(async () => {
    world.lab.steer.cable('host-2', 'spare');
    expect((await system(world, 'host-2'))['PowerState']).toBe('Off');
    world.lab.steer.pressPowerButton('spare');
    await world.wait(60_000);
    expect((await system(world, 'host-2'))['PowerState']).toBe('On');
    expect(world.lab.status().outsiders).toEqual([{ name: 'spare', power: 'on' }]);
    await send(world, 'host-2', 'ForceOff');
    await world.wait(60_000);
    expect(forcedOff(world)).toEqual(['spare']);
    world.lab.steer.cable('host-2', 'host-2');
    expect((await system(world, 'host-2'))['PowerState']).toBe('On');
  });
});

test('whoever listens is told of a harmful act in the instant in which it has changed the world', async () => {
  const world = createSimulatedLab();
  const seen: string[] = [];
  world.lab.onHarmfulEffect((act) => {
    seen.push(`${act.kind} ${act.target}: ${world.lab.status().hosts[1]?.power}`);
  });
  await world.run(async () => {
    await send(world, 'host-2', 'ForceOff');
    await world.wait(60_000);
  });
  expect(seen).toEqual(['forceOff host-2: off']);
});
