import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/systemClock.ts';
import { createSocketNetwork } from '../../../src/adapters/network/sockets.ts';
import { createRedfish } from '../../../src/adapters/power/redfish.ts';
import type { Reading } from '../../../src/domain/kernel/reading.ts';
import type { PowerDevice, PowerReading, RedfishAccess } from '../../../src/ports/power.ts';

/** A controller over real sockets with one machine, and what a wrong configuration of it would be. */
export interface PowerBench {
  readonly access: RedfishAccess;
  /** As the controller tells it; some tell none. */
  readonly serial: string;
}

/** What every power device does, whichever controller is behind it. `bench` is asked for in each case. */
export function powerContract(name: string, bench: () => PowerBench): void {
  const openRedfish = createRedfish({ network: createSocketNetwork(), clock: systemClock });

  const withDevice = async (
    change: Partial<RedfishAccess>,
    run: (device: PowerDevice) => Promise<void>,
  ): Promise<void> => {
    const device = openRedfish({ ...bench().access, ...change });
    try {
      await run(device);
    } finally {
      device.close();
    }
  };

  describe(name, () => {
    test('switches off, reads off until it is, switches on, reads on', async () => {
      await withDevice({}, async (device) => {
        for (const wanted of ['off', 'on'] as const) {
          expect(await device[wanted](10_000)).toEqual({ kind: 'succeeded' });
          expect(await settled(device, wanted)).toMatchObject({ power: wanted, serial: bench().serial });
        }
      });
    }, 120_000);

    test('takes a machine that is in the wanted state already for done', async () => {
      await withDevice({}, async (device) => {
        await device.off(10_000);
        await settled(device, 'off');
        expect(await device.off(10_000)).toEqual({ kind: 'succeeded' });
        expect(await settled(device, 'off')).toMatchObject({ power: 'off' });
      });
    }, 60_000);

    test('names the device and the system that it reads', async () => {
      await withDevice({}, async (device) => {
        const reading = await device.read(10_000);
        expect(reading).toMatchObject({ kind: 'known', source: device.name });
        expect(device.name).toMatch(/^redfish https:\/\/[^/]+\/redfish\/v1\/Systems\/.+/);
      });
    });

    test('a wrong password is unknown, and says so', async () => {
      await withDevice({ password: 'wrong-password' }, async (device) => {
        const reading = await device.read(10_000);
        expect(whyUnknown(reading)).toContain('refuses the user name or the password');
        expect(whyUnknown(reading)).not.toContain('wrong-password');
        expect(await device.off(10_000)).toMatchObject({ kind: 'notSent' });
      });
    });

    test('a wrong certificate is unknown, and nothing is switched', async () => {
      await withDevice({ sha256Fingerprint: 'ab'.repeat(32) }, async (device) => {
        expect(whyUnknown(await device.read(10_000))).toContain('expected was');
        expect(await device.off(10_000)).toMatchObject({ kind: 'notSent' });
      });
    });

    test('a fingerprint that is none is unknown, and says so', async () => {
      await withDevice({ sha256Fingerprint: 'not a fingerprint' }, async (device) => {
        expect(whyUnknown(await device.read(10_000))).toContain('is not a SHA-256 fingerprint');
      });
    });

    test('a system that the controller does not have is unknown, and says which it has', async () => {
      await withDevice({ systemId: 'no-such-system' }, async (device) => {
        expect(whyUnknown(await device.read(10_000))).toMatch(/has no system no-such-system; it has .+/);
        expect(await device.off(10_000)).toMatchObject({ kind: 'notSent' });
      });
    });

    test('a controller that is not there is unknown, and says so', async () => {
      await withDevice({ origin: 'https://127.0.0.1:1' }, async (device) => {
        expect(whyUnknown(await device.read(10_000))).toContain('https://127.0.0.1:1 cannot be reached');
        expect(await device.off(10_000)).toMatchObject({ kind: 'notSent' });
      });
    });
  });
}

/** Reads until the power is what is wanted; the test's own time limit is the only one. */
async function settled(device: PowerDevice, wanted: 'on' | 'off'): Promise<PowerReading> {
  for (;;) {
    const reading = await device.read(10_000);
    if (reading.kind === 'unknown') throw new Error(reading.because);
    if (reading.value.power === wanted) return reading.value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function whyUnknown(reading: Reading<PowerReading>): string {
  return reading.kind === 'unknown' ? reading.because : `it is known: ${reading.value.says}`;
}
