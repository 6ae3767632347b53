/** What is made of the answers of a power device that overlap, contradict each other, or do not come. */
import { expect, test } from 'vitest';
import { createPowerWatch, type PowerWatch } from '../../src/controllers/powerWatch.ts';
import { known, type Reading, unknown } from '../../src/domain/kernel/reading.ts';
import { sleep } from '../../src/ports/clock.ts';
import type { CutAbility, CutOptions, PowerDevice, PowerReading } from '../../src/ports/power.ts';
import { createSimulation } from '../../src/simulation/simulation.ts';

const identity = { serial: 'SN-3', sku: '', systemUUID: '' };
const reads = (power: 'on' | 'off'): PowerReading => ({ ...identity, power, says: power });

interface Answer {
  readonly afterMs: number;
  readonly reading: PowerReading | undefined;
}

interface Scene {
  readonly madeMs: number;
  readonly watch: PowerWatch;
  /** When each question was asked, in milliseconds. */
  readonly asked: readonly number[];
  readonly cuts: readonly CutOptions[];
  /** Milliseconds since the watch was made. */
  nowMs(): number;
  readonly abilityAsked: () => number;
  pass(ms: number): Promise<void>;
}

/** A watch over one device that answers its n-th question (from 1) as it is told. */
async function scene(
  answer: (n: number) => Answer,
  ability: () => CutAbility = () => ({ kind: 'yes' }),
): Promise<Scene> {
  const simulation = createSimulation({ seed: 1 });
  const owner = simulation.spawnOwner('operator');
  const clock = simulation.clock(owner);
  const madeMs = clock.monotonicMs();
  const asked: number[] = [];
  const cuts: CutOptions[] = [];
  let abilityAsked = 0;
  const device: PowerDevice = {
    name: 'bmc',
    read: async (): Promise<Reading<PowerReading>> => {
      const atMs = clock.monotonicMs();
      asked.push(atMs);
      const { afterMs, reading } = answer(asked.length);
      await sleep(clock, afterMs);
      return reading === undefined ? unknown('nothing came') : known(reading, atMs, 'bmc');
    },
    cutAbility: async () => {
      abilityAsked += 1;
      return ability();
    },
    off: async (_, cut = {}) => {
      cuts.push(cut);
      cut.onReading?.(known(reads('on'), clock.monotonicMs(), 'bmc'));
      const because = cut.mayGo?.();
      return because === undefined ? { kind: 'succeeded' } : { kind: 'notSent', because };
    },
    on: async () => ({ kind: 'succeeded' }),
    close: () => {},
  };
  let watch: PowerWatch | undefined;
  simulation.start(owner, async () => {
    watch = createPowerWatch({ clock, devices: [device], unopened: undefined, onChange: () => {} });
  });
  await simulation.run(simulation.nowMs + 1);
  if (watch === undefined) throw new Error('no watch');
  const pass = async (ms: number): Promise<void> => {
    await simulation.run(simulation.nowMs + ms);
  };
  const nowMs = (): number => clock.monotonicMs() - madeMs;
  return { nowMs, madeMs, watch, asked, cuts, abilityAsked: () => abilityAsked, pass };
}

test('an older question that is answered later, and otherwise, leaves nothing that proves anything', async () => {
  // The fourth is slow and says On; those asked after it said Off before it came.
  const { watch, pass, madeMs } = await scene((n) =>
    n === 4 ? { afterMs: 12_000, reading: reads('on') } : { afterMs: 100, reading: reads('off') },
  );
  watch.attend();
  await pass(8_000);
  expect(watch.readings().length).toBeGreaterThan(3);
  await pass(12_000);
  const counting = watch.readings();
  expect(counting.length).toBeGreaterThan(1);
  expect(counting.every(({ power }) => power === 'off')).toBe(true);
  expect((counting[0]?.atMs ?? 0) - madeMs).toBeGreaterThan(13_000);
});

test('an older question that is answered later, and the same, changes nothing', async () => {
  const { watch, pass, madeMs } = await scene((n) => ({
    afterMs: n === 4 ? 12_000 : 100,
    reading: reads('off'),
  }));
  watch.attend();
  await pass(14_000);
  const times = watch.readings().map(({ atMs }) => atMs - madeMs);
  expect(times[0]).toBeLessThan(1_000);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('a question that brought nothing says nothing beside a later one that did', async () => {
  const { watch, pass } = await scene((n) =>
    n === 4 ? { afterMs: 10_000, reading: undefined } : { afterMs: 100, reading: reads('on') },
  );
  watch.attend();
  await pass(9_000);
  expect(watch.unknownBecause()).toBeUndefined();
  await pass(3_500);
  expect(watch.unknownBecause()).toBeUndefined();
});

test('a device that is silent is unknown, and known again when it answers', async () => {
  let silent = false;
  const { watch, pass } = await scene(() =>
    silent ? { afterMs: 10_000, reading: undefined } : { afterMs: 100, reading: reads('on') },
  );
  watch.attend();
  await pass(2_000);
  silent = true;
  await pass(15_000);
  expect(watch.unknownBecause()).toBe('nothing came');
  silent = false;
  await pass(11_000);
  expect(watch.unknownBecause()).toBeUndefined();
});

test('who does not attend any more is not asked for any more', async () => {
  const { watch, asked, pass } = await scene(() => ({ afterMs: 100, reading: reads('on') }));
  const end = watch.attend();
  await pass(30_000);
  expect(asked.length).toBeGreaterThan(40);
  end();
  await pass(1_000);
  const before = asked.length;
  await pass(14 * 60_000);
  expect(asked.length - before).toBe(0);
  await pass(2 * 60_000);
  expect(asked.length - before).toBe(1);
});

test('signs of life of a machine whose controller says Off do not make it be asked all the time', async () => {
  const { watch, asked, pass } = await scene(() => ({ afterMs: 100, reading: reads('off') }));
  for (let n = 0; n < 600; n += 1) {
    watch.signOfLife();
    await pass(1_000);
  }
  expect(asked.length).toBeLessThanOrEqual(11);
});

test('what a controller cannot do is looked at again each minute, what it can each hour', async () => {
  let ability: CutAbility = { kind: 'no', because: 'It may not.' };
  const { watch, abilityAsked, pass } = await scene(
    () => ({ afterMs: 100, reading: reads('on') }),
    () => ability,
  );
  await pass(10_000);
  expect(watch.cutAbility()).toEqual({ kind: 'no', because: 'It may not.' });
  ability = { kind: 'yes' };
  await pass(61_000);
  expect(watch.cutAbility()).toEqual({ kind: 'yes' });
  const before = abilityAsked();
  await pass(2 * 60 * 60_000);
  expect(abilityAsked() - before).toBeLessThanOrEqual(2);
  expect(abilityAsked() - before).toBeGreaterThan(0);
});

test('the cut is of the machine that was read last, and its own reading counts before the last question', async () => {
  const { watch, cuts, nowMs, madeMs, pass } = await scene(() => ({ afterMs: 100, reading: reads('on') }));
  await pass(60_000);
  const ages: number[] = [];
  await watch.cut(1_000, () => {
    ages.push(nowMs() - ((watch.readings().at(-1)?.atMs ?? Number.NaN) - madeMs));
    return undefined;
  });
  expect(cuts[0]?.judged).toMatchObject(identity);
  expect(ages).toEqual([0]);
});

test('a "no" that holds a recovery up is looked at again each minute, and the power is read meanwhile', async () => {
  let ability: CutAbility = { kind: 'no', because: 'It may not.' };
  const { watch, asked, abilityAsked, pass } = await scene(
    () => ({ afterMs: 100, reading: reads('on') }),
    () => ability,
  );
  await pass(10_000);
  watch.attend();
  await pass(10 * 60_000);
  expect(abilityAsked()).toBeGreaterThan(8);
  expect(abilityAsked()).toBeLessThan(13);
  expect(asked.length).toBeGreaterThan(900);
  ability = { kind: 'yes' };
  await pass(61_000);
  expect(watch.cutAbility()).toEqual({ kind: 'yes' });
});

test('what could not be found out is looked at again within minutes, and what the controller does not tell is let be', async () => {
  let lost = true;
  const { watch, abilityAsked, pass } = await scene(
    () => ({ afterMs: 100, reading: reads('on') }),
    () => (lost ? { kind: 'unknown', because: 'The answer was lost.' } : { kind: 'yes' }),
  );
  await pass(10_000);
  lost = false;
  await pass(61_000);
  expect(watch.cutAbility()).toEqual({ kind: 'yes' });
  lost = true;
  await pass(2 * 60 * 60_000);
  const before = abilityAsked();
  await pass(60 * 60_000);
  expect(abilityAsked() - before).toBeLessThanOrEqual(4);
});
