import { expect, test } from 'vitest';
import { exchange } from '../../src/adapters/network/exchange.ts';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

const system = '/redfish/v1/Systems/1';
const resetPath = `${system}/Actions/ComputerSystem.Reset`;

function redfish(world: SimulatedLab, host: string) {
  const { bmc } = world.member(host);
  const dispatcher = world.network.open({
    origin: bmc.origin,
    trust: { kind: 'pin', sha256Fingerprint: bmc.fingerprint },
    connections: 2,
  });
  const basic = `Basic ${Buffer.from(`${bmc.user}:${bmc.password}`).toString('base64')}`;
  const send = async (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    { body, headers = { authorization: basic } }: { body?: object; headers?: Record<string, string> } = {},
  ) => {
    const reply = await exchange(dispatcher, world.clock, {
      method,
      path,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      deadlineMs: 10_000,
    });
    return { ...reply, json: reply.text === '' ? undefined : JSON.parse(reply.text) };
  };
  return {
    send,
    power: async (): Promise<string> => (await send('GET', system)).json.PowerState,
    reset: (type: string) => send('POST', resetPath, { body: { ResetType: type } }),
  };
}

test('the service root is open to all, everything else wants a password or a session', async () => {
  const world = createSimulatedLab();
  const { bmc } = world.member('host-2');
  await world.run(async () => {
    const { send } = redfish(world, 'host-2');
    const nobody = { headers: {} };
    expect((await send('GET', '/redfish/v1/', nobody)).json.Systems['@odata.id']).toBe('/redfish/v1/Systems');
    expect((await send('GET', system, nobody)).status).toBe(401);
    const sessions = '/redfish/v1/SessionService/Sessions';
    const wrong = await send('POST', sessions, {
      body: { UserName: bmc.user, Password: 'guess' },
      ...nobody,
    });
    expect(wrong.status).toBe(401);
    const session = await send('POST', sessions, {
      body: { UserName: bmc.user, Password: bmc.password },
      ...nobody,
    });
    expect(session.status).toBe(201);
    const headers = { 'x-auth-token': session.headers['x-auth-token'] ?? '' };
    expect((await send('GET', system, { headers })).status).toBe(200);
    expect((await send('DELETE', session.headers['location'] ?? '', { headers })).status).toBe(204);
    expect((await send('GET', system, { headers })).status).toBe(401);
  });
});

test('the system says which machine it is, its power and what resets it takes', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const { send } = redfish(world, 'host-2');
    expect((await send('GET', '/redfish/v1/Systems')).json.Members).toEqual([{ '@odata.id': system }]);
    const { json } = await send('GET', system);
    const { serial } = world.member('host-2');
    expect(json).toMatchObject({ PowerState: 'On', SerialNumber: serial, SKU: 'KT-2U-LAB' });
    expect(json.UUID).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(json.Actions['#ComputerSystem.Reset']).toEqual({
      target: resetPath,
      'ResetType@Redfish.AllowableValues': ['On', 'ForceOff', 'ForceRestart'],
    });
    expect((await send('POST', resetPath, { body: { ResetType: 'Nmi' } })).status).toBe(400);
  });
});

test.each(['PoweringOff', 'On'] as const)(
  'ForceOff takes seconds, in which the domains still run and the power reads %s',
  async (whilePoweringOff) => {
    const world = createSimulatedLab({ habits: { whilePoweringOff }, latencies: { forceOffMs: 4_000 } });
    const domains = () => world.lab.status().hosts.find((each) => each.name === 'host-2')?.domains;
    await world.run(async () => {
      const { reset, power } = redfish(world, 'host-2');
      expect((await reset('ForceOff')).status).toBe(204);
      await world.wait(3_000);
      expect([await power(), domains()]).toEqual([whilePoweringOff, 2]);
      await world.wait(1_500);
      expect([await power(), domains()]).toEqual(['Off', 0]);
    });
    expect(world.lab.verdict().harmfulEffects).toMatchObject([
      { kind: 'forceOff', target: 'host-2', caller: 'redfish admin' },
    ]);
  },
);

test.each([
  ['noContent', 204],
  ['conflict', 409],
] as const)(
  'ForceOff on a machine that is off is answered with %s, and is no harmful act',
  async (habit, status) => {
    const world = createSimulatedLab({ habits: { forceOffWhenOff: habit } });
    await world.run(async () => {
      world.lab.steer.cutPower('host-2');
      expect((await redfish(world, 'host-2').reset('ForceOff')).status).toBe(status);
      await world.wait(10_000);
    });
    expect(world.lab.verdict().harmfulEffects).toEqual([]);
  },
);

test('On boots the machine, and the host rejoins its pool', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const { reset, power } = redfish(world, 'host-2');
    await reset('ForceOff');
    await world.wait(5_000);
    await reset('On');
    expect(await power()).toBe('PoweringOn');
    await world.wait(2_000);
    expect(await power()).toBe('On');
    await world.wait(110_000);
    const host = world.lab.status().hosts.find((each) => each.name === 'host-2');
    expect(host).toMatchObject({ toolstack: 'running', believed: { enabled: true } });
  });
});

test('a lying BMC says what it likes: always off and cutting nothing, always on, or success without effect', async () => {
  for (const [behaviour, says, domainsLeft] of [
    ['saysAlwaysOff', 'Off', 2],
    ['saysAlwaysOn', 'On', 0],
    ['ignoresReset', 'On', 2],
  ] as const) {
    const world = createSimulatedLab();
    await world.run(async () => {
      const { reset, power } = redfish(world, 'host-2');
      world.lab.steer.setBmc('host-2', behaviour);
      expect((await reset('ForceOff')).status).toBe(204);
      await world.wait(10_000);
      expect(await power()).toBe(says);
      expect(world.lab.status().hosts.find((each) => each.name === 'host-2')?.domains).toBe(domainsLeft);
    });
  }
});

test('a BMC may hang, refuse the password, belong to another machine, or go dark with its host', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const { send, power } = redfish(world, 'host-2');
    world.lab.steer.setBmc('host-2', 'hangs');
    await expect(power()).rejects.toThrow();
    world.lab.steer.setBmc('host-2', 'refusesPassword');
    expect((await send('GET', system)).status).toBe(401);
    world.lab.steer.setBmc('host-2', 'anotherSerial');
    expect((await send('GET', system)).json.SerialNumber).not.toBe(world.member('host-2').serial);
    world.lab.steer.setBmc('host-2', 'losesPowerWithHost');
    expect(await power()).toBe('On');
    world.lab.steer.cutPower('host-2');
    await expect(power()).rejects.toThrow();
  });
});

test('a BMC with a supply of its own outlives its host’s mains, and cannot start a machine without them', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    const { reset, power } = redfish(world, 'host-2');
    world.lab.steer.cutPower('host-2');
    expect(await power()).toBe('Off');
    await reset('On');
    await world.wait(5_000);
    expect(await power()).toBe('Off');
    world.lab.steer.partition('operator', 'bmc-2', 'management');
    await expect(power()).rejects.toThrow();
  });
});
