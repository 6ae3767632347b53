import { expect, test } from 'vitest';
import { exchange } from '../../src/adapters/network/exchange.ts';
import { type BmcBehaviour, bmcBehaviour, bmcBehaviours } from '../../src/lab/bmc/behaviours.ts';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

const system = '/redfish/v1/Systems/1';
const resetPath = `${system}/Actions/ComputerSystem.Reset`;
const sessions = '/redfish/v1/SessionService/Sessions';

interface Asked {
  readonly token?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client of the BMC of host-2, with Basic authentication unless it has a token. */
function client(world: SimulatedLab) {
  const { bmc } = world.member('host-2');
  const trust = { kind: 'pin', sha256Fingerprint: bmc.fingerprint } as const;
  const dispatcher = world.network.open({ origin: bmc.origin, trust, connections: 2 });
  const basic = `Basic ${Buffer.from(`${bmc.user}:${bmc.password}`).toString('base64')}`;
  return async (method: 'GET' | 'POST', path: string, { token, body, headers }: Asked = {}) => {
    const reply = await exchange(dispatcher, world.clock, {
      method,
      path,
      headers: {
        ...(token === undefined ? { authorization: basic } : { 'x-auth-token': token }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      deadlineMs: 20_000,
      bodyWithinMs: () => 100,
    });
    return { ...reply, json: reply.text.startsWith('{"@') ? JSON.parse(reply.text) : undefined };
  };
}

type Client = ReturnType<typeof client>;

async function with2(
  behaviours: readonly BmcBehaviour[],
  check: (send: Client, world: SimulatedLab) => Promise<void>,
): Promise<void> {
  const world = createSimulatedLab({ latencies: { forceOffMs: 1_000 } });
  await world.run(async () => {
    const send = client(world);
    world.lab.steer.setBmc('host-2', ...behaviours);
    await check(send, world);
  });
}

const forceOff = { body: { ResetType: 'ForceOff' } };
const powerOf = (world: SimulatedLab): string | undefined =>
  world.lab.status().hosts.find((host) => host.name === 'host-2')?.power;

/** What a reset is answered with, and whether the machine goes off. */
test.each<[BmcBehaviour, number | 'broken', string]>([
  ['honest', 204, 'off'],
  ['mayOnlyRead', 403, 'on'],
  ['hidesAccounts', 204, 'off'],
  ['offersNoForceOff', 400, 'on'],
  ['offersInActionInfo', 204, 'off'],
  ['offersEmptyList', 204, 'off'],
  ['answersWithTask', 202, 'off'],
  ['dropsConnectionAtReset', 'broken', 'off'],
  ['wantsIfMatch', 428, 'on'],
  ['busyTimes=1', 503, 'on'],
  ['goesOffAfterMs=60000', 204, 'poweringOff'],
])(
  'a BMC that is %s answers a reset with %s, and the machine is %s then',
  async (behaviour, status, power) => {
    await with2([behaviour], async (send, world) => {
      const reply = await send('POST', resetPath, forceOff).catch(() => ({ status: 'broken' }));
      expect(reply.status).toBe(status);
      await world.wait(5_000);
      expect(powerOf(world)).toBe(power);
    });
  },
);

test('a BMC that is busy so many times takes the reset after that', async () => {
  await with2(['busyTimes=2'], async (send) => {
    const answers: number[] = [];
    for (let n = 0; n < 3; n += 1) answers.push((await send('POST', resetPath, forceOff)).status);
    expect(answers).toEqual([503, 503, 204]);
    expect((await send('GET', system)).json.PowerState).toBe('PoweringOff');
  });
});

test('a BMC that wants If-Match takes the ETag that it showed, and no other', async () => {
  await with2(['wantsIfMatch'], async (send) => {
    const etag = (await send('GET', system)).json['@odata.etag'];
    const reset = (value: string) => send('POST', resetPath, { ...forceOff, headers: { 'if-match': value } });
    expect((await reset('W/"other"')).status).toBe(412);
    expect((await reset(etag)).status).toBe(204);
  });
});

test.each([
  ['401', 401, '{"error"'],
  ['401WithoutBody', 401, ''],
  ['401Endless', 401, '{"error":'],
  ['403', 403, '{"error"'],
  ['500', 500, '{"error"'],
  ['loginPage', 200, '<html>'],
  ['redirectToLogin', 302, '<html>'],
] as const)('sessions that end with %s end at once, and new ones work', async (look, status, text) => {
  await with2([], async (send, world) => {
    const { bmc } = world.member('host-2');
    const logIn = async (): Promise<string> => {
      const body = { UserName: bmc.user, Password: bmc.password };
      return (await send('POST', sessions, { body })).headers['x-auth-token'] ?? '';
    };
    const before = await logIn();
    expect((await send('GET', system, { token: before })).status).toBe(200);
    world.lab.steer.setBmc('host-2', `endedSessionIs=${look}`);
    const reply = await send('GET', system, { token: before });
    expect([reply.status, reply.text.startsWith(text)]).toEqual([status, true]);
    expect((await send('GET', system, { token: await logIn() })).status).toBe(200);
  });
});

test.each<[BmcBehaviour, number]>([
  ['noSessions', 405],
  ['noSessionLeft', 503],
])('a BMC with %s gives none, and takes Basic', async (behaviour, status) => {
  await with2([behaviour], async (send) => {
    expect((await send('POST', sessions, { body: {} })).status).toBe(status);
    expect((await send('GET', system)).status).toBe(200);
  });
});

test('what a BMC shows of its account and its reset follows what it is', async () => {
  await with2(['mayOnlyRead', 'offersInActionInfo'], async (send) => {
    const { json } = await send('GET', '/redfish/v1/AccountService/Accounts/2');
    const role = await send('GET', json.Links.Role['@odata.id']);
    expect([json.RoleId, role.json.AssignedPrivileges]).toEqual(['ReadOnly', ['Login', 'ConfigureSelf']]);
    const action = (await send('GET', system)).json.Actions['#ComputerSystem.Reset'];
    expect(Object.keys(action)).toEqual(['target', '@Redfish.ActionInfo']);
    const info = await send('GET', action['@Redfish.ActionInfo']);
    expect(info.json.Parameters[0].AllowableValues).toContain('ForceOff');
  });
  await with2(['hidesAccounts'], async (send) => {
    expect((await send('GET', '/redfish/v1/AccountService')).status).toBe(403);
  });
  await with2(['offersEmptyList', 'powerStateNull', 'severalSystems'], async (send) => {
    const { json } = await send('GET', system);
    expect(json.Actions['#ComputerSystem.Reset']['ResetType@Redfish.AllowableValues']).toEqual([]);
    expect(json.PowerState).toBeNull();
    expect((await send('GET', '/redfish/v1/Systems')).json.Members).toHaveLength(2);
  });
});

test('a BMC may be slow, redirect the system, and have a clock that is years off', async () => {
  await with2(['answersAfterMs=4300', 'redirects', 'clockYearsOff'], async (send, world) => {
    const startedMs = world.clock.monotonicMs();
    const reply = await send('GET', system);
    expect(world.clock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(4_300);
    expect([reply.status, reply.headers['location']]).toEqual([308, `${system}/`]);
    expect(reply.headers['date']).toContain('1970');
    expect((await send('GET', `${system}/`)).json.PowerState).toBe('On');
  });
});

test('a BMC is what it was set to last, and nothing that it was before', async () => {
  await with2(['mayOnlyRead', 'busyTimes=9'], async (send, world) => {
    world.lab.steer.setBmc('host-2', 'honest');
    expect(world.lab.status().hosts.find((host) => host.name === 'host-2')?.bmc).toBe('honest');
    expect((await send('POST', resetPath, forceOff)).status).toBe(204);
  });
});

test('what is no behaviour is refused with those that there are', () => {
  for (const word of [
    'kind',
    'busyTimes',
    'busyTimes=x',
    'answersAfterMs=',
    'endedSessionIs=200',
    'honest=1',
    '',
  ]) {
    expect(() => bmcBehaviour(word)).toThrow(/behaves in one of these ways: honest, saysAlwaysOff/);
  }
  for (const { word } of bmcBehaviours) {
    const example = word.replace('=N', '=7').replace('=LOOK', '=401Endless');
    expect(bmcBehaviour(example)).toBe(example);
  }
});
