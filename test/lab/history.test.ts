import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Lab, Steering } from '../../src/lab/lab.ts';
import { createSimulatedLab } from './simulatedLab.ts';

type Act = (steer: Steering, host: string) => void;

const acts: readonly Act[] = [
  (steer, host) => steer.cutPower(host),
  (steer, host) => steer.restorePower(host),
  (steer, host) => steer.pressPowerButton(host),
  (steer, host) => steer.partition(host, 'everyone', 'management'),
  (steer, host) => steer.partition(host, 'storage', 'storage'),
  (steer) => steer.heal(),
  (steer, host) => steer.crashToolstack(host),
  (steer, host) => steer.restartToolstack(host),
  (steer, host) => steer.jumpClock(host, 700_000),
  (steer, host) => steer.setBmc(host, 'saysAlwaysOff'),
  (steer) => steer.addFault({ nth: 2, effect: { kind: 'lostReply' } }),
];

const step = fc.record({
  act: fc.nat({ max: acts.length - 1 }),
  host: fc.integer({ min: 1, max: 4 }),
  waitMs: fc.integer({ min: 0, max: 300_000 }),
});
type Step = { readonly act: number; readonly host: number; readonly waitMs: number };

/** Lets a history happen while a client keeps asking, and tells everything that can be told of it. */
async function happen(seed: number, steps: readonly Step[], during?: (lab: Lab) => void): Promise<unknown> {
  const world = createSimulatedLab({ seed });
  await world.run(async () => {
    for (const { act, host, waitMs } of steps) {
      acts[act]?.(world.lab.steer, `host-${host}`);
      await world.logIn().catch(() => {});
      await world.wait(waitMs);
      during?.(world.lab);
    }
  });
  return [world.simulation.transcriptSha256(), world.lab.status(), world.lab.verdict()];
}

test('one seed and one history give one world, to the byte', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(step, { maxLength: 12 }), async (seed, steps) => {
      expect(await happen(seed, steps)).toEqual(await happen(seed, steps));
    }),
    { numRuns: 15 },
  );
});

test('without a recovery nothing is ever violated, whatever breaks, and no machine without power runs anything', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(step, { maxLength: 20 }), async (seed, steps) => {
      await happen(seed, steps, (lab) => {
        expect(lab.verdict().violations).toEqual([]);
        for (const host of lab.status().hosts) if (host.power === 'off') expect(host.domains).toBe(0);
      });
    }),
    { numRuns: 25 },
  );
});
