/** The clock by which the age of every reading is told, on a machine that is suspended and whose wall clock is set. */
import { expect, test } from 'vitest';
import { createSystemClock } from '../../src/adapters/clock/systemClock.ts';

function machine() {
  let [runningMs, sleptMs, setMs] = [5_000, 0, 0];
  const clock = createSystemClock({
    wallMs: () => 1_700_000_000_000 + runningMs + sleptMs + setMs,
    runningMs: () => runningMs,
    uptimeMs: () => 90_000 + Math.floor((runningMs + sleptMs) / 10) * 10,
  });
  const from = clock.monotonicMs();
  return {
    runs: (ms: number) => {
      runningMs += ms;
    },
    sleeps: (ms: number) => {
      sleptMs += ms;
    },
    sets: (ms: number) => {
      setMs += ms;
    },
    passed: () => clock.monotonicMs() - from,
  };
}

test('the time in which the machine was suspended makes readings old', () => {
  const { runs, sleeps, passed } = machine();
  runs(1_000);
  sleeps(3_600_000);
  expect(passed()).toBeCloseTo(3_601_000, -2);
  runs(1_000);
  sleeps(60_000);
  expect(passed()).toBeCloseTo(3_662_000, -2);
});

test('a wall clock that is set changes no age, forwards or back, also around a sleep', () => {
  const { runs, sleeps, sets, passed } = machine();
  sets(7_200_000);
  expect(passed()).toBe(0);
  sets(-9_000_000);
  runs(10);
  expect(passed()).toBe(10);
  sleeps(30_000);
  sets(1_000);
  expect(passed()).toBeCloseTo(30_010, -2);
});

test('it never goes back, whatever the sources say', () => {
  const { runs, sleeps, sets, passed } = machine();
  let before = passed();
  for (let step = 0; step < 500; step++) {
    runs(step % 7);
    sleeps(step % 11 === 0 ? step * 40 : 0);
    sets(step % 13 === 0 ? (step % 2 === 0 ? 1 : -1) * step * 50 : 0);
    expect(passed()).toBeGreaterThanOrEqual(before);
    before = passed();
  }
});
