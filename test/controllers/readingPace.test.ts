import { expect, test } from 'vitest';
import { createReadingPace } from '../../src/controllers/readingPace.ts';

/** A device whose answers take as long as is said for so many questions that are out; asked for a while. */
function ask(answersAfterMs: (underWay: number) => number, forMs: number) {
  const pace = createReadingPace();
  const out: { readonly askedMs: number; readonly answersAtMs: number }[] = [];
  const oldestAtMs: number[] = [];
  let newestAskedMs = Number.NEGATIVE_INFINITY;
  let most = 0;
  for (let nowMs = 0; nowMs < forMs; nowMs += 10) {
    for (const one of out.filter(({ answersAtMs }) => answersAtMs <= nowMs)) {
      out.splice(out.indexOf(one), 1);
      newestAskedMs = Math.max(newestAskedMs, one.askedMs);
      pace.ended(nowMs, nowMs - one.askedMs);
    }
    const nextMs = pace.nextMs(nowMs);
    if (nextMs !== undefined && nextMs <= nowMs) {
      pace.started(nowMs);
      out.push({ askedMs: nowMs, answersAtMs: nowMs + answersAfterMs(out.length + 1) });
      most = Math.max(most, out.length);
    }
    if (nowMs > 30_000) oldestAtMs.push(nowMs - newestAskedMs);
  }
  return { pace, most, oldestMs: Math.max(...oldestAtMs), youngestMs: Math.min(...oldestAtMs) };
}

test('a device that answers at once is asked one question after the other', () => {
  const { most, oldestMs } = ask(() => 50, 120_000);
  expect(most).toBe(1);
  expect(oldestMs).toBeLessThan(1_000);
});

test.each([1_000, 2_500, 3_500, 4_000, 4_300])(
  'of a device that needs %i ms there is always an answer to act on',
  (tookMs) => {
    const { most, oldestMs, pace } = ask(() => tookMs, 120_000);
    expect(oldestMs).toBeLessThanOrEqual(5_050);
    expect(most).toBeLessThanOrEqual(6);
    expect(pace.slow()).toBe('no');
  },
);

test('a device that answers one question at a time is asked alone for the most part, and can be acted on', () => {
  const { youngestMs, pace } = ask((underWay) => 4_300 * underWay, 120_000);
  expect(youngestMs).toBeLessThan(5_000);
  expect(pace.slow()).toBe('no');
});

test('a device that is too slow for any act is known as that, and is not pressed', () => {
  const { pace, most } = ask(() => 7_000, 120_000);
  expect(pace.slow()).toEqual({ tookMs: expect.closeTo(7_000, -2) });
  expect(most).toBeLessThanOrEqual(2);
});

test('one slow answer is no verdict, and a quick one ends it', () => {
  const pace = createReadingPace();
  const answer = (atMs: number, tookMs: number): void => {
    pace.started(atMs);
    pace.ended(atMs + tookMs, tookMs);
  };
  answer(0, 6_000);
  expect(pace.slow()).toBe('once');
  answer(60_000, 6_500);
  expect(pace.slow()).toEqual({ tookMs: 6_500 });
  answer(120_000, 100);
  expect(pace.slow()).toBe('no');
});
