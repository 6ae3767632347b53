import { connect } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../src/adapters/clock/systemClock.ts';
import { exchange } from '../../src/adapters/network/exchange.ts';
import { createSocketNetwork } from '../../src/adapters/network/sockets.ts';
import type { LabMember } from '../../src/lab/lab.ts';
import { type ServedLab, serveLab } from '../../src/lab/sockets.ts';
import { brokenLog } from './brokenLog.ts';

const network = createSocketNetwork();
const opened: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function serve(seed = 1): Promise<ServedLab> {
  const served = await serveLab({
    seed,
    members: 3,
    virtualServers: 3,
    localVirtualServers: 0,
    version: '8.3',
    clock: systemClock,
    random: systemRandom,
    log: brokenLog,
    latencies: { toolstackStartMs: 50, forceOffMs: 50 },
  });
  opened.push(served.close);
  return served;
}

function client(served: ServedLab, name: string, fingerprint?: string) {
  const member = served.lab.document.members.find((each) => each.name === name) as LabMember;
  const dispatcher = network.open({
    origin: `https://${member.address}:${served.lab.document.port}`,
    trust: { kind: 'pin', sha256Fingerprint: fingerprint ?? member.fingerprint },
    connections: 2,
  });
  opened.push(() => dispatcher.destroy());
  const send = async (method: string, params: readonly unknown[], deadlineMs: number) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const reply = await exchange(dispatcher, systemClock, {
      method: 'POST',
      path: '/jsonrpc',
      body,
      deadlineMs,
    });
    return JSON.parse(reply.text);
  };
  return {
    member,
    send,
    logIn: (deadlineMs = 30_000) =>
      send('session.login_with_password', ['root', member.password], deadlineMs),
  };
}

test('each member has an address and a certificate of its own, and all have one port', async () => {
  const { lab } = await serve();
  const { members } = lab.document;
  const places = [...members, ...members.map((each) => each.bmc)];
  expect(new Set(places.map((each) => each.fingerprint)).size).toBe(6);
  expect(new Set(lab.endpoints.map((each) => each.address)).size).toBe(6);
  for (const each of members) expect(each.address).toMatch(/^127\.\d+\.\d+\.\d+$/);
  const origins = members.map((each) => each.bmc.origin);
  expect(new Set(origins).size).toBe(3);
});

test('XAPI is behind the certificate that the document names, and behind no other', async () => {
  const served = await serve();
  expect(await client(served, 'host-1').logIn()).toHaveProperty('result');
  const { error } = await client(served, 'host-2').logIn();
  expect(error).toMatchObject({ message: 'HOST_IS_SLAVE', data: [served.lab.document.members[0]?.address] });
  const other = served.lab.document.members[1]?.fingerprint;
  await expect(client(served, 'host-1', other).logIn()).rejects.toThrow();
});

test('a member that is cut off is a black hole, to new connections and to open ones, until the cut heals', async () => {
  const served = await serve();
  const { logIn } = client(served, 'host-1');
  await logIn();
  served.lab.steer.partition('host-1', 'operator', 'management');
  await served.settled();
  await expect(logIn(400)).rejects.toMatchObject({ failure: 'deadline' });
  await expect(client(served, 'host-1').logIn(400)).rejects.toMatchObject({ failure: 'deadline' });
  served.lab.steer.heal();
  await served.settled();
  expect(await client(served, 'host-1').logIn()).toHaveProperty('result');
});

test('a member that is cut off does not even shake hands', async () => {
  const served = await serve();
  const { address: host } = served.lab.document.members[0] as LabMember;
  const { port } = served.lab.document;
  const shakesHands = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect({ host, port, rejectUnauthorized: false, timeout: 500 });
      const end = (shook: boolean) => () => {
        socket.destroy();
        resolve(shook);
      };
      socket.once('secureConnect', end(true)).once('timeout', end(false)).once('error', end(false));
    });
  expect(await shakesHands()).toBe(true);
  served.lab.steer.partition('host-1', 'operator', 'management');
  await served.settled();
  expect(await shakesHands()).toBe(false);
});

test('a poll that is open when the power goes hears nothing any more', async () => {
  const served = await serve();
  const { logIn, send } = client(served, 'host-1');
  const session = (await logIn()).result;
  const { token } = (await send('event.from', [session, ['*'], '', 1], 5_000)).result;
  const poll = send('event.from', [session, ['*'], token, 30], 900);
  served.lab.steer.cutPower('host-1');
  await served.settled();
  await expect(poll).rejects.toMatchObject({ failure: 'deadline' });
});

test('a dead toolstack refuses connections and breaks open ones, and answers again after its start', async () => {
  const served = await serve();
  const { logIn, member } = client(served, 'host-1');
  await logIn();
  served.lab.steer.crashToolstack('host-1');
  await served.settled();
  await expect(client(served, 'host-1').logIn()).rejects.toMatchObject({ failure: 'refused' });
  expect(await network.answersTcp(member.address, served.lab.document.port, 1_000)).toBe(false);
  served.lab.steer.restartToolstack('host-1');
  await expect.poll(() => served.lab.status().hosts[0]?.toolstack).toBe('running');
  await served.settled();
  expect(await client(served, 'host-1').logIn()).toHaveProperty('result');
});

test('two labs of one seed stand side by side, and closing one frees its ports and leaves the other', async () => {
  const one = await serve();
  const two = await serve();
  expect(one.lab.document.poolUUID).toBe(two.lab.document.poolUUID);
  const { address } = one.lab.document.members[0] as LabMember;
  await one.close();
  expect(await network.answersTcp(address, one.lab.document.port, 1_000)).toBe(false);
  expect(await client(two, 'host-1').logIn()).toHaveProperty('result');
});
