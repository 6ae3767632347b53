import { expect, test } from 'vitest';
import { createSimulatedLab, type SimulatedLab } from './simulatedLab.ts';

function believed(world: SimulatedLab, host: string) {
  return world.lab.status().hosts.find((each) => each.name === host)?.believed;
}

test('a host that is silent is live for the master until 600 s have passed, and nothing else happens to it', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    world.lab.steer.partition('host-2', 'everyone', 'management');
    await world.wait(595_000);
    expect(believed(world, 'host-2')?.live).toBe(true);
    await world.wait(70_000);
    expect(believed(world, 'host-2')).toMatchObject({ live: false, enabled: true, residents: 2 });
  });
});

test('virtual machines go on running and writing while their host is cut off', async () => {
  const world = createSimulatedLab();
  const writes = () => world.lab.status().hosts.find((each) => each.name === 'host-2')?.writes ?? 0;
  await world.run(async () => {
    world.lab.steer.partition('host-2', 'everyone', 'management');
    await world.wait(10_000);
    const before = writes();
    await world.wait(10_000);
    expect(writes() - before).toBe(20);
  });
});

test.each([
  ['heartbeat', true],
  ['hello', false],
] as const)(
  'after 600 s of silence, a heartbeat brings live back only where that is its habit (%s)',
  async (habit, live) => {
    const world = createSimulatedLab({ habits: { liveReturnsWith: habit } });
    await world.run(async () => {
      world.lab.steer.partition('host-2', 'host-1', 'management');
      await world.wait(700_000);
      world.lab.steer.heal();
      await world.wait(31_000);
      expect(believed(world, 'host-2')?.live).toBe(live);
      world.lab.steer.restartToolstack('host-2');
      await world.wait(20_000);
      expect(believed(world, 'host-2')?.live).toBe(true);
    });
  },
);

test.each([
  ['hello', false],
  ['heartbeat', true],
] as const)(
  'a host that was declared dead while cut off is enabled again by a heartbeat only where that is its habit (%s)',
  async (habit, enabled) => {
    const world = createSimulatedLab({ habits: { enabledReturnsWith: habit } });
    await world.run(async () => {
      const session = await world.logIn();
      const { host } = await world.refs(session);
      world.lab.steer.partition('host-2', 'host-1', 'management');
      await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
      world.lab.steer.heal();
      await world.wait(31_000);
      expect(believed(world, 'host-2')?.enabled).toBe(enabled);
    });
  },
);

test('8.3: after a master start even a host without power is live for 600 s', async () => {
  const world = createSimulatedLab({ version: '8.3' });
  await world.run(async () => {
    world.lab.steer.cutPower('host-2');
    await world.wait(700_000);
    expect(believed(world, 'host-2')?.live).toBe(false);
    world.lab.steer.restartToolstack('host-1');
    await world.wait(16_000);
    expect(believed(world, 'host-2')?.live).toBe(true);
    await world.wait(580_000);
    expect(believed(world, 'host-2')?.live).toBe(true);
    await world.wait(60_000);
    expect(believed(world, 'host-2')?.live).toBe(false);
  });
});

test('8.2: after a master start a healthy host is not live until it is heard, and may be declared dead meanwhile', async () => {
  const world = createSimulatedLab({ version: '8.2' });
  await world.run(async () => {
    world.lab.steer.restartToolstack('host-1');
    await world.wait(15_001);
    expect(believed(world, 'host-2')?.live).toBe(false);
    const session = await world.logIn();
    const { host } = await world.refs(session);
    expect((await world.rpc('host-1', 'host.get_servertime', session, host('host-2'))).error).toEqual([
      'HOST_OFFLINE',
      host('host-2'),
    ]);
    await world.ask('host-1', 'host.declare_dead', session, host('host-2'));
  });
  const kinds = world.lab.verdict().violations.map((each) => each.kind);
  expect(kinds).toEqual(['lockClearedUnderLiveTapdisk', 'lockClearedUnderLiveTapdisk']);
});

test('on a master start every host is disabled, and each one enables itself again when it reconnects', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    world.lab.steer.partition('host-3', 'host-1', 'management');
    world.lab.steer.restartToolstack('host-1');
    const enabled = () => world.lab.status().hosts.filter((each) => each.believed?.enabled === true);
    await world.wait(15_001);
    expect(enabled().map((each) => each.name)).toEqual([]);
    await world.wait(31_000);
    expect(['host-1', 'host-2', 'host-3'].map((host) => believed(world, host)?.enabled)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

test('8.2: a jump of the master’s clock by more than 600 s makes every host look silent; newer ones do not mind', async () => {
  for (const version of ['8.2', '8.3'] as const) {
    const world = createSimulatedLab({ version });
    await world.run(async () => {
      await world.wait(60_000);
      world.lab.steer.jumpClock('host-1', 700_000);
      let everSilent = false;
      for (let count = 0; count < 40; count += 1) {
        await world.wait(1_000);
        everSilent ||= believed(world, 'host-2')?.live === false;
      }
      expect(everSilent).toBe(version === '8.2');
    });
  }
});

test('a toolstack that is stopped properly is not live at once, while its virtual machines run on', async () => {
  const world = createSimulatedLab();
  await world.run(async () => {
    world.lab.steer.restartToolstack('host-2');
    expect(believed(world, 'host-2')?.live).toBe(false);
    expect(world.lab.status().hosts.find((each) => each.name === 'host-2')?.domains).toBe(2);
    await world.wait(16_000);
    expect(believed(world, 'host-2')?.live).toBe(true);
  });
});

test('the master tells by its own clock how long its toolstack has been up', async () => {
  const world = createSimulatedLab({ masterUpMs: 3_600_000 });
  const started = async (): Promise<number> => {
    const session = await world.logIn();
    const { host } = await world.refs(session);
    const config = await world.ask<Record<string, string>>(
      'host-1',
      'host.get_other_config',
      session,
      host('host-1'),
    );
    expect(config['agent_start_time']).toMatch(/^\d+\.$/);
    return Number(config['agent_start_time']) * 1000;
  };
  await world.run(async () => {
    expect(world.lab.wallMs() - (await started())).toBeLessThan(3_602_000);
    world.lab.steer.restartToolstack('host-1');
    await world.wait(20_000);
    expect(world.lab.wallMs() - (await started())).toBeLessThan(10_000);
  });
});
