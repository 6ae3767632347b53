/**
 * For worlds drawn at random around each stage: forgetting something, or having seen it longer ago, never makes the
 * runbook act where it did not, and nothing harmful is ever done without the facts that it has to rest on.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Act } from '../../src/domain/acts/act.ts';
import { decide } from '../../src/domain/kernel/decide.ts';
import type { Reading } from '../../src/domain/kernel/reading.ts';
import { releaseMember } from '../../src/domain/procedures/releaseMember.ts';
import type { Facts } from '../../src/domain/xapi/facts.ts';
import {
  around,
  fencedByWord,
  heldByTarget,
  hostUUID,
  lock,
  master,
  notRead,
  nowMs,
  nowWallMs,
  read,
  released,
  silent,
  stagesOf,
  target,
  unlocked,
  type World,
} from './facts.ts';

/** What may be otherwise in a world; a drawn world has some of it. */
const changes: readonly ((world: World) => World)[] = [
  (world) => world.with({ masterContact: read('answers') }),
  (world) => world.answer(target, { kind: 'member', ofAddress: '10.0.0.1' }),
  (world) => world.answer(target, { kind: 'impostor', says: 'other' }),
  (world) => world.answer(hostUUID(2), silent),
  (world) => world.answer(hostUUID(4), { kind: 'troubled', says: 'booting' }),
  (world) => world.power('on', 400),
  (world) => world.power('off', 300),
  (world) => world.power('other', 200),
  (world) => world.power('off', 100, { serial: 'SN-4' }),
  (world) => world.attested(),
  (world) => world.attested({ hostUUID: hostUUID(4) }),
  (world) => world.with({ silentForMs: read(1000) }),
  (world) => world.with({ powerUnknown: 'it hangs' }),
  (world) => world.host(target, { enabled: true }),
  (world) => world.host(hostUUID(2), { enabled: false }),
  (world) => world.machine('web', { residentOn: target }),
  (world) => world.machine('mail', { scheduledOn: target }),
  (world) => world.pool({ haEnabled: true }),
  (world) => world.pool({ masterUpForMs: 60_000 }),
  (world) => world.storage('sr-shared', { currentOperations: ['scan'] }),
  (world) => world.locks([lock('web', heldByTarget)]),
  (world) => world.locks([{ ...lock('shop', heldByTarget), interruptedWork: ['paused'] }]),
  (world) => world.acted({ key: `declareDead ${target}`, outcome: 'NotDone', sinceMs: nowMs - 5000 }),
  (world) => world.acted({ key: `declareDead ${target}`, outcome: 'Intended', reply: 'lost' }),
  (world) => world.acted({ key: `declareDead ${target}`, says: 'HOST_IS_LIVE', outcome: 'NotDone' }),
  (world) => world.item('database', { state: 'Running', runningSinceMs: nowMs - 60_000 }),
  (world) => world.declaredHost(master, 'Maintenance'),
  (world) =>
    world.with({
      certificate: world.facts.certificate && { ...world.facts.certificate, validUntilWallMs: nowWallMs },
    }),
];

const beginnings: readonly (() => World)[] = [
  ...Object.values(stagesOf).flatMap((stages) => Object.values(stages)),
  fencedByWord,
  () => released(fencedByWord()),
  () => unlocked(fencedByWord()),
];

const drawnWorld = fc
  .tuple(fc.constantFrom(...beginnings), fc.subarray([...changes], { maxLength: 3 }))
  .map(([beginning, some]) => some.reduce((world, change) => change(world), beginning()));

/** Every place in the facts that holds a reading, with a way to put another one there. */
function readingsOf(facts: Facts): readonly {
  readonly name: string;
  readonly put: (how: <T>(reading: Reading<T>) => Reading<T>) => Facts;
}[] {
  return [
    { name: 'pool', put: (how) => ({ ...facts, pool: how(facts.pool) }) },
    { name: 'masterContact', put: (how) => ({ ...facts, masterContact: how(facts.masterContact) }) },
    { name: 'silentForMs', put: (how) => ({ ...facts, silentForMs: how(facts.silentForMs) }) },
    { name: 'locks', put: (how) => ({ ...facts, locks: how(facts.locks) }) },
    ...[...facts.answers].map(([uuid, answer]) => ({
      name: `answer of ${uuid}`,
      put: (how: <T>(reading: Reading<T>) => Reading<T>) => ({
        ...facts,
        answers: new Map([...facts.answers, [uuid, how(answer)]]),
      }),
    })),
    ...[...facts.starts].flatMap(([uuid, start]) =>
      (['record', 'locks', 'boot'] as const).map((part) => ({
        name: `${part} of ${uuid}`,
        put: (how: <T>(reading: Reading<T>) => Reading<T>) => ({
          ...facts,
          starts: new Map([
            ...facts.starts,
            [uuid, { ...start, [part]: how<unknown>(start[part]) } as typeof start],
          ]),
        }),
      })),
    ),
    { name: 'power', put: () => ({ ...facts, powerUnknown: 'it could not be read' }) },
  ];
}

function actsOf(facts: Facts): readonly Act[] {
  const decision = decide(releaseMember.steps, facts);
  return decision.kind === 'act' ? decision.acts : [];
}

const forget = (): typeof notRead => notRead;
const ago =
  (ms: number) =>
  <T>(reading: Reading<T>): Reading<T> =>
    reading.kind === 'known' ? { ...reading, atMs: reading.atMs - ms } : reading;

describe('unknown is never yes', () => {
  test('the drawn worlds are worth drawing: the runbook acts in many of them, in each way, and stops in many', () => {
    const kinds = fc
      .sample(drawnWorld, { numRuns: 1000, seed: 7 })
      .map((world) => actsOf(world.facts)[0]?.kind ?? 'nothing');
    for (const kind of ['cutPower', 'declareDead', 'removeLock', 'start', 'nothing']) {
      expect(kinds.filter((one) => one === kind).length, kind).toBeGreaterThan(2);
    }
  });
  test('forgetting any one reading never leads to an act that was not decided before', () => {
    fc.assert(
      fc.property(drawnWorld, ({ facts }) => {
        const before = actsOf(facts);
        for (const { name, put } of readingsOf(facts)) {
          for (const act of actsOf(put(forget))) expect(before, `without ${name}`).toContainEqual(act);
        }
      }),
      { numRuns: 400 },
    );
  });
  test('having taken any one reading longer ago never leads to an act that was not decided before', () => {
    fc.assert(
      fc.property(drawnWorld, fc.integer({ min: 1, max: 120_000 }), ({ facts }, ms) => {
        const before = actsOf(facts);
        for (const { name, put } of readingsOf(facts)) {
          for (const act of actsOf(put(ago(ms)))) expect(before, `older ${name}`).toContainEqual(act);
        }
      }),
      { numRuns: 400 },
    );
  });
  test.each(['pool', 'masterContact', `answer of ${target}`])(
    'nothing harmful is decided without the reading %s',
    (name) => {
      fc.assert(
        fc.property(drawnWorld, ({ facts }) => {
          const place = readingsOf(facts).find((one) => one.name === name);
          expect(actsOf(place?.put(forget) ?? facts)).toEqual([]);
        }),
        { numRuns: 300 },
      );
    },
  );
  test("nothing harmful is decided while the power cannot be read, except on a person's word", () => {
    fc.assert(
      fc.property(drawnWorld, ({ facts }) => {
        const acts = actsOf({ ...facts, powerUnknown: 'it could not be read' });
        if (facts.certificate?.method !== 'Attestation') expect(acts).toEqual([]);
        expect(acts.map((act) => act.kind)).not.toContain('cutPower');
      }),
      { numRuns: 400 },
    );
  });
  test('nothing that rests on the fence is decided when the power reads as anything but off', () => {
    fc.assert(
      fc.property(drawnWorld, fc.constantFrom('on', 'other'), (world, power) => {
        const kinds = actsOf(world.power(power as 'on', 50).facts).map((act) => act.kind);
        expect(kinds.filter((kind) => kind !== 'cutPower')).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
  test('nothing at all is decided when the member answers in any way', () => {
    const answers = fc.constantFrom<Parameters<World['answer']>[1]>(
      { kind: 'member', ofAddress: '10.0.0.1' },
      { kind: 'master' },
      { kind: 'troubled', says: 'emergency mode' },
      { kind: 'impostor', says: 'other' },
    );
    fc.assert(
      fc.property(drawnWorld, answers, (world, answer) => {
        expect(actsOf(world.answer(target, answer).facts)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
  test('an act that is open is not decided again', () => {
    fc.assert(
      fc.property(drawnWorld, (world) => {
        for (const act of actsOf(world.facts)) {
          const key = keyOf(act);
          const open = world.acted({ key, outcome: 'Intended', reply: undefined, sinceMs: nowMs });
          expect(actsOf(open.facts).map(keyOf)).not.toContain(key);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function keyOf(act: Act): string {
  return `${act.kind} ${'vmUUID' in act ? act.vmUUID : 'vdiUUID' in act ? act.vdiUUID : act.hostUUID}`;
}

test('a world without any reading at all waits, in every stage', () => {
  for (const beginning of beginnings) {
    const { facts } = beginning();
    const blank = readingsOf(facts).reduce((world, { name }) => {
      const place = readingsOf(world).find((one) => one.name === name);
      return place?.put(forget) ?? world;
    }, facts);
    expect(decide(releaseMember.steps, around(blank).facts).kind).toBe('await');
  }
});
