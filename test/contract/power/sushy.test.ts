import { env } from 'node:process';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { powerContract } from './powerContract.ts';
import { type SushyEmulator, startSushy, whyNoSushy } from './sushyEmulator.ts';

/** Whoever has no Python runs the other tests and is told what is left out; under CI=true that is a failure. */
const missing = whyNoSushy();

if (missing === undefined) {
  describe('over Basic authentication', () => {
    let sushy: SushyEmulator;
    beforeAll(async () => {
      sushy = await startSushy();
    });
    afterAll(() => sushy?.stop());
    powerContract('sushy-emulator', () => sushy);
  });
} else if (env['CI'] === 'true') {
  test('sushy-emulator', () => {
    throw new Error(`sushy-emulator cannot be run: ${missing}`);
  });
} else {
  console.warn(`skipped the power contract on sushy-emulator: ${missing}`);
  test.skip(`sushy-emulator (${missing})`, () => {});
}
