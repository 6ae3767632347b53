import { expect, test } from 'vitest';
import { lagsBehindCutWatches } from './cutWatches.ts';

test('a cache keeps up with changes although every watch is cut after five seconds', async () => {
  const lags = await lagsBehindCutWatches(10);
  expect(lags.length).toBeGreaterThan(1_000);
  expect(Math.max(...lags)).toBeLessThanOrEqual(500);
});
