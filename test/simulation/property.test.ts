import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exchange } from '../../src/adapters/network/exchange.ts';
import { sleep } from '../../src/ports/clock.ts';
import type { Fault } from '../../src/simulation/faults.ts';
import type { Stage } from './stage.ts';
import { setStage } from './stage.ts';

interface PlantedFault {
  readonly at: number;
  readonly fault: Fault;
}

const someFaults: fc.Arbitrary<readonly PlantedFault[]> = fc.array(
  fc.record({
    at: fc.nat({ max: 11 }),
    fault: fc.constantFrom<Fault>(
      { kind: 'refuse' },
      { kind: 'dropRequest', shownAs: 'reset' },
      { kind: 'dropReply', shownAs: 'reset' },
      { kind: 'dropReply', shownAs: 'silence' },
      { kind: 'delay', delayMs: 900 },
    ),
  }),
  { maxLength: 8 },
);

function stageWith(faults: readonly PlantedFault[]): Stage {
  return setStage(
    () =>
      ({ serial }) =>
        faults.find(({ at }) => at === serial)?.fault ?? 'deliver',
  );
}

/** Adds 1 three times by repeating what failed: the bug. */
async function repeatBlindly(stage: Stage): Promise<void> {
  for (let effect = 0; effect < 3; effect++) {
    while (typeof (await stage.add()) !== 'string') await sleep(stage.clock, 100);
  }
}

/** Adds 1 three times, and reads back whether an add whose outcome is unknown has taken effect. */
async function readBack(stage: Stage): Promise<void> {
  for (let wanted = 1; wanted <= 3; ) {
    const outcome = await stage.add();
    await sleep(stage.clock, 2_000);
    if (typeof outcome === 'string' || (await counted(stage)) === wanted) wanted++;
  }
}

async function counted(stage: Stage): Promise<number> {
  for (;;) {
    try {
      const reply = await exchange(stage.dispatcher, stage.clock, {
        method: 'GET',
        path: '/',
        deadlineMs: 5_000,
      });
      return JSON.parse(reply.text).total;
    } catch {
      await sleep(stage.clock, 100);
    }
  }
}

async function totalAfter(
  program: (stage: Stage) => Promise<void>,
  faults: readonly PlantedFault[],
): Promise<number> {
  const stage = stageWith(faults);
  await stage.play(() => program(stage));
  await stage.simulation.run(stage.simulation.nowMs + 10_000);
  return stage.total();
}

const propertyOf = (program: (stage: Stage) => Promise<void>) =>
  fc.asyncProperty(someFaults, async (faults) => (await totalAfter(program, faults)) === 3);

test('a planted blind repeat is found, and shrunk to the one fault that shows it', async () => {
  for (const seed of [1, 2, 3]) {
    const found = await fc.check(propertyOf(repeatBlindly), { seed, numRuns: 200 });
    expect(found.failed).toBe(true);
    const [smallest] = found.counterexample!;
    expect(smallest).toHaveLength(1);
    expect(smallest![0]!.fault.valueOf()).toMatchObject({ kind: 'dropReply' });
    const replayed = await fc.check(propertyOf(repeatBlindly), {
      seed,
      path: found.counterexamplePath!,
      numRuns: 1,
    });
    expect(replayed.counterexample).toEqual(found.counterexample);
  }
});

test('reading back what is unknown withstands the same faults', async () => {
  await fc.assert(propertyOf(readBack), { seed: 1, numRuns: 200 });
});
