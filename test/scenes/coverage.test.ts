/** Nothing that the operator can do is left out of the scenes; each rule is held against a planted offence, too. */
import { expect, test } from 'vitest';
import { catalogue } from '../../src/domain/acts/catalogue.ts';
import { procedures } from '../../src/domain/procedures/procedures.ts';
import { cleanRun } from '../sim/points.ts';
import {
  actsInNoScene,
  casesWithoutGuard,
  namesUsedTwice,
  proceduresWithoutCase,
  proceduresWithoutScene,
} from './coverage.ts';
import { guardCases, scenes } from './scenes.ts';

const invented = { name: 'TurnItOffAndOn', steps: procedures[0]!.steps };

test('every procedure has a scene', () => {
  expect(proceduresWithoutScene(procedures, scenes)).toEqual([]);
  expect(proceduresWithoutScene([...procedures, invented], scenes)).toEqual(['TurnItOffAndOn has no scene']);
  expect(proceduresWithoutScene(procedures, [])).toHaveLength(procedures.length);
});

test('every kind of act of the catalogue takes place in the clean run of a scene', async () => {
  const kinds = Object.keys(catalogue);
  const seen: string[] = [];
  for (const scene of scenes) seen.push(...(await cleanRun(scene)).acts);
  expect(actsInNoScene(kinds, seen)).toEqual([]);
  expect(actsInNoScene([...kinds, 'turnOn'], seen)).toEqual(['turnOn takes place in no scene']);
  for (const kind of kinds) {
    const without = seen.filter((each) => each !== kind);
    expect(actsInNoScene(kinds, without)).toEqual([`${kind} takes place in no scene`]);
  }
});

test('no two scenes have one name', () => {
  expect(namesUsedTwice(scenes)).toEqual([]);
  expect(namesUsedTwice([...scenes, scenes[0]!])).toEqual([`two scenes are called "${scenes[0]!.name}"`]);
});

test('of every procedure with guards one is taken out in a whole world', () => {
  expect(proceduresWithoutCase(procedures, guardCases)).toEqual([]);
  expect(proceduresWithoutCase([...procedures, invented], guardCases)).toEqual([
    'no guard of TurnItOffAndOn is taken out in a whole world',
  ]);
  expect(proceduresWithoutCase([{ name: 'Unguarded', steps: [{ guards: [] }] }], [])).toEqual([]);
});

test('each guard that is taken out is one of the procedure of its scene', () => {
  expect(casesWithoutGuard(procedures, guardCases)).toEqual([]);
  const planted = { ...guardCases[0]!, guard: 'moonIsFull' };
  expect(casesWithoutGuard(procedures, [...guardCases, planted])).toEqual([
    `no step of ${planted.scene.request.spec.procedure} has a guard moonIsFull`,
  ]);
  expect(casesWithoutGuard([invented], guardCases)).toHaveLength(guardCases.length);
});
