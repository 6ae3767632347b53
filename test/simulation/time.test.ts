import { expect, test } from 'vitest';
import { sleep } from '../../src/ports/clock.ts';
import { createSimulation } from '../../src/simulation/simulation.ts';

test('ten minutes pass at once, and every clock says so', async () => {
  const simulation = createSimulation({ seed: 1, startWallMs: Date.UTC(2026, 4, 1) });
  const owner = simulation.spawnOwner('operator');
  const clock = simulation.clock(owner);
  const before = clock.monotonicMs();
  let after = 0;
  simulation.start(owner, async () => {
    await sleep(clock, 600_000);
    after = clock.monotonicMs();
  });
  expect(await simulation.run(() => after > 0)).toBe('reached');
  expect(after - before).toBe(600_000);
  expect(clock.wallMs()).toBe(Date.UTC(2026, 4, 1, 0, 10));
});

test('monotonic readings of two processes cannot be compared by mistake', () => {
  const simulation = createSimulation({ seed: 1 });
  const [one, other] = ['one', 'other'].map((name) => simulation.clock(simulation.spawnOwner(name)));
  expect(Math.abs(one!.monotonicMs() - other!.monotonicMs())).toBeGreaterThan(1_000);
});

test('stops at the moment that was asked for, or when the condition holds, or when nothing is left', async () => {
  const simulation = createSimulation({ seed: 1 });
  const clock = simulation.clock(simulation.world);
  const fired: number[] = [];
  for (const atMs of [10, 20, 30]) clock.after(atMs, () => fired.push(atMs));
  expect(await simulation.run(15)).toBe('reached');
  expect([simulation.nowMs, fired]).toEqual([15, [10]]);
  expect(await simulation.run(() => fired.includes(20))).toBe('reached');
  expect(simulation.nowMs).toBe(20);
  expect(await simulation.run(() => false, { withinMs: 5 })).toBe('tooLong');
  expect([simulation.nowMs, fired]).toEqual([25, [10, 20]]);
  expect(await simulation.run(() => false)).toBe('idle');
  expect(await simulation.run(1_000)).toBe('reached');
  expect(simulation.nowMs).toBe(1_000);
});

test('a cancelled timer does not fire, also among thousands, and cancelling twice or late does nothing', async () => {
  const simulation = createSimulation({ seed: 1 });
  const clock = simulation.clock(simulation.world);
  const fired: number[] = [];
  const cancels = Array.from({ length: 5_000 }, (_, index) =>
    clock.after(5_000 - index, () => fired.push(index)),
  );
  for (const [index, cancel] of cancels.entries()) {
    if (index % 10 === 0) continue;
    cancel();
    cancel();
  }
  await simulation.run(10_000);
  for (const cancel of cancels) cancel();
  expect(fired).toEqual(Array.from({ length: 500 }, (_, index) => 4_990 - 10 * index));
});

test('events of one moment take turns by seed between processes, and in order within one', async () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    const simulation = createSimulation({ seed });
    const order: string[] = [];
    const owners = ['a', 'b', 'c'].map((name) => simulation.spawnOwner(name));
    for (const round of [1, 2]) {
      for (const owner of owners) simulation.clock(owner).after(7, () => order.push(`${owner.name}${round}`));
    }
    await simulation.run(10);
    for (const name of ['a', 'b', 'c'])
      expect(order.indexOf(`${name}1`)).toBeLessThan(order.indexOf(`${name}2`));
    orders.add(order.join(' '));
  }
  expect(orders.size).toBeGreaterThan(3);
});

test('a timer is never early by a rounding error', async () => {
  const simulation = createSimulation({ seed: 3 });
  const owner = simulation.spawnOwner('operator');
  const clock = simulation.clock(owner);
  const early: number[] = [];
  let rounds = 0;
  const step = (): void => {
    const due = clock.monotonicMs() + 0.1 * (rounds % 7) + 1;
    clock.after(0.1 * (rounds % 7) + 1, () => {
      if (clock.monotonicMs() < due) early.push(rounds);
      if (++rounds < 1_000) step();
    });
  };
  step();
  await simulation.run(() => rounds === 1_000);
  expect(early).toEqual([]);
});

test('the run throws what a program or a timer threw', async () => {
  const simulation = createSimulation({ seed: 1 });
  const failing = simulation.spawnOwner('operator');
  simulation.start(failing, async () => {
    throw new Error('a bug');
  });
  await expect(simulation.run(10)).rejects.toThrow('a bug');
  simulation.clock(failing).after(1, () => {
    throw new Error('another bug');
  });
  await expect(simulation.run(10)).rejects.toThrow('another bug');
});

test('waits for code that goes on over many turns of the event loop before time advances', async () => {
  const simulation = createSimulation({ seed: 1 });
  const owner = simulation.spawnOwner('operator');
  const clock = simulation.clock(owner);
  let seenMs = -1;
  clock.after(1_000_000, () => {});
  simulation.start(owner, async () => {
    const startMs = clock.monotonicMs();
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      for (let tick = 0; tick < 50; tick++) await new Promise<void>((resolve) => process.nextTick(resolve));
    }
    seenMs = clock.monotonicMs() - startMs;
  });
  await simulation.run(() => false, { withinMs: 10_000_000 });
  expect(seenMs).toBe(0);
});
