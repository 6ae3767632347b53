/** Which machine is which, where what people declare, what the pool says and what controllers show are not one thing. */
import { describe, expect, test } from 'vitest';
import type { Host } from '../../src/api/generated/types.ts';
import type { KubernetesObject } from '../../src/ports/kubernetes.ts';
import { lostHost, requestName, smallWorld } from './release.ts';
import { attest, harm, look, lose, settled, untilPhase, untilSays, violations } from './stage.ts';
import type { World, WorldOptions } from './world.ts';

const cut = `forceOff ${lostHost}`;
const declared = `declareDead ${lostHost}`;
const released = [cut, declared, 'start app-01', 'start web-02'];

/** A world whose Pool need not become Ready, because something about it is wrong from the start. */
async function applied(options: WorldOptions): Promise<World> {
  const world = smallWorld(options);
  world.startOperator();
  await world.apply();
  await world.pass(120_000);
  return world;
}

/** The Host of that name is written otherwise than the lab's own manifests have it. */
const written =
  (name: string, change: (spec: Host['spec'], all: ReadonlyMap<string, Host>) => Partial<Host['spec']>) =>
  (): NonNullable<WorldOptions['edit']> => {
    const seen = new Map<string, Host>();
    return (object: KubernetesObject) => {
      if (object.kind !== 'Host') return object;
      const host = object as Host;
      seen.set(host.metadata.name, host);
      return host.metadata.name === name
        ? ({ ...host, spec: { ...host.spec, ...change(host.spec, seen) } } as Host)
        : host;
    };
  };

async function condition(world: World, host: string, type: string): Promise<string> {
  let found = '';
  await world.run(async () => {
    const one = (await world.host(host))?.status?.conditions?.find((each) => each.type === type);
    found = `${one?.status} ${one?.reason}: ${one?.message}`;
  });
  return found;
}

async function refusesEverything(world: World, says: RegExp): Promise<void> {
  await lose(world);
  await world.pass(4 * 60_000);
  expect((await look(world)).says).toMatch(says);
  expect(harm(world)).toEqual([]);
  expect(violations(world)).toEqual([]);
}

describe('a Host that is declared with the serial and the controller of another machine', () => {
  const asOutsider = {
    outsiders: [{ name: 'spare', power: 'off' as const }],
    machines: [{}, {}, { cabledTo: 'spare' }],
  };
  test('is refused although that machine is off, for the pool knows another serial', async () => {
    const world = await applied({
      lab: asOutsider,
      edit: written(lostHost, () => ({ serial: 'SPARE-1' }))(),
    });
    world.lab.steer.showOnBmc(lostHost, { serial: 'SPARE-1' });
    expect(await condition(world, lostHost, 'FencingReady')).toMatch(/^False AnotherMachine/);
    await refusesEverything(
      world,
      /The pool read the serial .* from host-3, and the Host host-3 is declared with SPARE-1/,
    );
  });
  test('is refused also when its Host is corrected to it only after the machine has fallen silent', async () => {
    const world = await settled({ lab: { outsiders: [{ name: 'spare', power: 'off' }] } });
    await lose(world);
    world.lab.steer.cable(lostHost, 'spare');
    world.lab.steer.showOnBmc(lostHost, { serial: 'SPARE-1' });
    await world.patch('Host', lostHost, { spec: { serial: 'SPARE-1' } });
    await world.pass(4 * 60_000);
    expect(harm(world)).toEqual([]);
    expect(violations(world)).toEqual([]);
  });
});

describe('where every board shows the same placeholder and the cables of two controllers are swapped', () => {
  const serial = '0123456789';
  const boards = { machines: [{ serial }, { serial, cabledTo: 'host-3' }, { serial, cabledTo: 'host-2' }] };
  test('no machine is cut, and each Host says that its serial identifies nobody', async () => {
    const world = await applied({ lab: boards });
    for (const host of ['host-1', 'host-2', 'host-3'])
      expect(await condition(world, host, 'Ready')).toMatch(/^False AnotherMachine: .*0123456789/);
    await refusesEverything(world, /0123456789, which makers leave on every board/);
  });
  test('a controller that was declared by what it shows cuts the other machine, and then everything stops', async () => {
    // People read a serial off each controller; the pool has nothing to compare it with.
    const world = await settled({
      lab: {
        machines: [
          { pool: { serial } },
          { pool: { serial }, cabledTo: 'host-3', controller: { serial: 'C-2', systemUUID: '' } },
          { pool: { serial }, cabledTo: 'host-2', controller: { serial: 'C-3', systemUUID: '' } },
        ],
      },
      edit: (object) => {
        const serials: Readonly<Record<string, string>> = { 'host-2': 'C-2', 'host-3': 'C-3' };
        const own = serials[object.metadata.name];
        if (object.kind !== 'Host' || own === undefined) return object;
        return { ...object, spec: { ...(object as Host).spec, serial: own } } as Host;
      },
    });
    await lose(world);
    await untilSays(world, /host-2 fell silent when the power of host-3 was cut/);
    await world.pass(60_000);
    expect((await look(world)).phase).toBe('Refused');
    expect(harm(world)).toEqual(['forceOff host-2']);
    expect(violations(world)).toEqual([]);
    // It is held against the controller for good: the next request does not use it either.
    world.lab.steer.restorePower('host-2');
    world.lab.steer.pressPowerButton('host-2');
    await world.patch('RecoveryRequest', requestName, { spec: { cancel: true } });
    await world.pass(3 * 60_000);
    await world.request('again', lostHost);
    await world.pass(60_000);
    expect((await look(world, 'again')).says).toMatch(/was caught: host-2 fell silent/);
    expect(harm(world)).toEqual(['forceOff host-2']);
  });
});

test('machines whose firmware has only a placeholder are released by the system UUID that is declared instead of a serial', async () => {
  const serial = 'To be filled by O.E.M.';
  const uuidOf = (host: string): string => `4c4c4544-0000-4000-8000-00000000000${host.at(-1)}`;
  const machines = ['host-1', 'host-2', 'host-3'].map((host) => ({ serial, systemUUID: uuidOf(host) }));
  const world = await settled({
    lab: { machines },
    edit: (object) => {
      if (object.kind !== 'Host') return object;
      const { serial: _, ...spec } = (object as Host).spec;
      return { ...object, spec: { ...spec, systemUUID: uuidOf(object.metadata.name) } } as Host;
    },
  });
  await lose(world);
  await untilPhase(world, 'Succeeded');
  expect(harm(world)).toEqual(released);
  expect(violations(world)).toEqual([]);
});

describe('a controller that shows the serial of the mainboard', () => {
  test('is taken when its SKU is the serial of the firmware', async () => {
    const world = await settled({
      lab: { machines: [{}, {}, { serial: 'TAG-3', controller: { serial: 'CN-BOARD-3', sku: 'TAG-3' } }] },
    });
    await lose(world);
    await untilPhase(world, 'Succeeded');
    expect(harm(world)).toEqual(released);
    expect(violations(world)).toEqual([]);
  });
  test('is taken when its serial is declared as that of the board', async () => {
    const world = await settled({
      lab: {
        machines: [
          {},
          {},
          { serial: 'TAG-3', boardSerial: 'CN-BOARD-3', controller: { serial: 'CN-BOARD-3', sku: '' } },
        ],
      },
      edit: written(lostHost, () => ({ boardSerial: 'CN-BOARD-3' }))(),
    });
    await lose(world);
    await untilPhase(world, 'Succeeded');
    expect(harm(world)).toEqual(released);
    expect(violations(world)).toEqual([]);
  });
  test('is not taken without either, and the Host says what to declare', async () => {
    const world = await applied({
      lab: {
        machines: [
          {},
          {},
          { serial: 'TAG-3', controller: { serial: 'CN-BOARD-3', sku: '', systemUUID: '' } },
        ],
      },
    });
    expect(await condition(world, lostHost, 'FencingReady')).toMatch(
      /declare what this controller shows as boardSerial or systemUUID/,
    );
    await refusesEverything(world, /shows the serial CN-BOARD-3/);
  });
});

async function sayItWasChecked(world: World, atWallMs: number): Promise<void> {
  let host: Host | undefined;
  await world.run(async () => {
    host = await world.host(lostHost);
  });
  const checkedAt = new Date(atWallMs).toISOString();
  const power = (host?.spec.power ?? []).map((rung) =>
    rung.redfish === undefined ? rung : { redfish: { ...rung.redfish, checkedAt } },
  );
  expect(await world.patch('Host', lostHost, { spec: { power } })).toBeUndefined();
}

describe('a controller that says Off of a machine that answers', () => {
  test('is caught, is not Ready, and proves nothing when the machine falls silent later', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'saysAlwaysOff');
    await world.pass(16 * 60_000);
    expect(await condition(world, lostHost, 'FencingReady')).toMatch(
      /^False Distrusted: .*It lies, or it belongs to another machine/,
    );
    await refusesEverything(world, /The power controller of host-3 was caught/);
  });
  test('stays caught when the operator is restarted, until a person has checked it', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'saysAlwaysOff');
    await world.pass(16 * 60_000);
    world.operatorOwner().kill();
    world.lab.steer.setBmc(lostHost, 'honest');
    await world.pass(5_000);
    world.startOperator();
    await lose(world);
    await untilSays(world, /The power controller of host-3 was caught/);
    await world.pass(4 * 60_000);
    expect(harm(world)).toEqual([]);
    await sayItWasChecked(world, world.lab.wallMs());
    await untilPhase(world, 'Succeeded');
    expect(harm(world)).toEqual(released);
    expect(violations(world)).toEqual([]);
  });
  test('is caught again when it lies again, in the same words, after a person said that it was checked', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'saysAlwaysOff');
    await world.pass(16 * 60_000);
    await sayItWasChecked(world, world.lab.wallMs());
    await world.pass(20 * 60_000);
    expect(await condition(world, lostHost, 'FencingReady')).toMatch(/^False Distrusted/);
    await refusesEverything(world, /The power controller of host-3 was caught/);
  });
  test('stays caught when the word that it was checked lies in the future', async () => {
    const world = await settled();
    await sayItWasChecked(world, world.lab.wallMs() + 24 * 3_600_000);
    world.lab.steer.setBmc(lostHost, 'saysAlwaysOff');
    await world.pass(16 * 60_000);
    await refusesEverything(world, /was caught: .*a time in the future does not count/);
  });
  test('is caught by what came after the check, also when the clock of the operator was set back', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'saysAlwaysOff');
    await world.pass(16 * 60_000);
    await sayItWasChecked(world, world.lab.wallMs());
    world.lab.steer.setBmc(lostHost, 'honest');
    await world.pass(60_000);
    world.jumpWallClock(-7_200_000);
    world.lab.steer.setBmc(lostHost, 'saysAlwaysOff');
    await world.pass(20 * 60_000);
    world.jumpWallClock(7_200_000);
    await refusesEverything(world, /The power controller of host-3 was caught/);
  });
  test('does not stand in the way of a person', async () => {
    const world = await settled();
    world.lab.steer.setBmc(lostHost, 'saysAlwaysOff');
    await world.pass(16 * 60_000);
    world.lab.steer.cutPower(lostHost);
    await world.request(requestName, lostHost);
    await untilSays(world, /was caught.*spec\.attestations/);
    await attest(world);
    await untilPhase(world, 'Succeeded');
    expect(harm(world)).toEqual([declared, 'start app-01', 'start web-02']);
    expect(violations(world)).toEqual([]);
  });
});

describe('addresses', () => {
  test('of two members that are declared the wrong way round are shown, and nothing is done', async () => {
    const world = await applied({
      lab: { machines: [{}, { pool: { address: '10.77.0.3' } }, { pool: { address: '10.77.0.2' } }] },
    });
    expect(await condition(world, 'host-2', 'Ready')).toMatch(
      /^False AnotherMachine: .*in the pool is the address of host-3/,
    );
    expect(await condition(world, lostHost, 'Ready')).toMatch(/^False AnotherMachine/);
    await refusesEverything(world, /Correct address, hostUUID or tls of the Host/);
  });
});
