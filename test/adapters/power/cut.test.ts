import { expect, test } from 'vitest';
import type { PowerReading } from '../../../src/ports/power.ts';
import { bench, resetPath, systemPath } from './bench.ts';
import { bmcSerial, failure } from './scriptedBmc.ts';

const judged = { serial: bmcSerial, sku: 'SKU-7', systemUUID: '00000000-0000-0000-0000-000000000007' };
const shows = { SKU: judged.sku, UUID: judged.systemUUID };

test.each([
  ['serial', { SerialNumber: 'SERIAL-8' }, 'now shows the serial SERIAL-8 instead of SERIAL-7'],
  ['SKU', { SKU: 'SKU-8' }, 'now shows the SKU SKU-8 instead of SKU-7'],
  ['UUID', { UUID: 'FFFFFFFF-0000-0000-0000-000000000007' }, 'now shows the system UUID ffffffff-'],
  ['no serial any more', { SerialNumber: null }, 'now shows the serial (none) instead of SERIAL-7'],
])('a machine that shows another %s than the one that was judged is not cut', async (_, change, says) => {
  const { run, bmc } = await bench();
  bmc.system = { ...shows, ...change };
  expect(await run((device) => device.off(60_000, { judged }))).toMatchObject({
    kind: 'notSent',
    because: expect.stringContaining(says),
  });
  expect(bmc.seen.filter(({ path }) => path === resetPath)).toEqual([]);
  expect(bmc.power).toBe('On');
});

test('the machine that was judged is cut', async () => {
  const { run, bmc, pass } = await bench();
  bmc.system = shows;
  expect(await run((device) => device.off(60_000, { judged }))).toEqual({ kind: 'succeeded' });
  await pass(5_000);
  expect(bmc.power).toBe('Off');
});

test('the last question is asked when the reset is written, after the machine was read', async () => {
  const { run, bmc } = await bench();
  const order: string[] = [];
  bmc.answer = ({ path }) => {
    if (path === systemPath || path === resetPath) order.push(path);
    return undefined;
  };
  await run((device) =>
    device.off(60_000, {
      onReading: () => order.push('told'),
      mayGo: () => {
        order.push('asked');
        return undefined;
      },
    }),
  );
  expect(order).toEqual([systemPath, 'told', 'asked', resetPath]);
});

test('a reset that must not go any more is not sent, and says why', async () => {
  const { run, bmc, pass } = await bench();
  expect(await run((device) => device.off(60_000, { mayGo: () => 'It answered just now.' }))).toEqual({
    kind: 'notSent',
    because: 'It answered just now.',
  });
  await pass(60_000);
  expect(bmc.seen.filter(({ path }) => path === resetPath)).toEqual([]);
  expect(await run((device) => device.read(60_000))).toMatchObject({ value: { power: 'on' } });
});

test('the reading before the reset is dated by when it was asked for', async () => {
  const { run, clock } = await bench();
  const told: { readonly reading: PowerReading; readonly atMs: number }[] = [];
  const startedMs = clock.monotonicMs();
  await run((device) =>
    device.off(60_000, { onReading: ({ value, atMs }) => told.push({ reading: value, atMs }) }),
  );
  expect(told).toMatchObject([{ reading: { power: 'on', serial: bmcSerial } }]);
  expect(told[0]?.atMs).toBeGreaterThanOrEqual(startedMs);
  expect(told[0]?.atMs).toBeLessThan(clock.monotonicMs());
});

test.each([
  [503, 'ServiceTemporarilyUnavailable'],
  [429, 'RateLimited'],
  [409, 'ResourceInUse'],
  [400, 'ServiceTemporarilyUnavailable'],
] as const)(
  '"busy, later" (%i %s) is no refusal: nothing was begun, and a later try is taken',
  async (status, code) => {
    const { run, bmc } = await bench();
    let busy = 3;
    bmc.answer = ({ path }) => {
      if (path !== resetPath || busy === 0) return undefined;
      busy -= 1;
      const reply = failure(status, `Base.1.0.${code}`, 'busy');
      return { ...reply, headers: { ...reply.headers, 'retry-after': '30' } };
    };
    for (let n = 0; n < 3; n += 1) {
      expect(await run((device) => device.off(60_000))).toMatchObject({
        kind: 'notSent',
        because: expect.stringMatching(new RegExp(`HTTP ${status}: busy \\(Retry-After: 30\\)\\.$`)),
      });
    }
    expect(await run((device) => device.off(60_000))).toEqual({ kind: 'succeeded' });
  },
);
