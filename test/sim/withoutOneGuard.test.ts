/**
 * Each of these runs the whole system with one guard that says yes whatever the facts are, in a world where that guard is
 * what stands between the operator and harm. The world shows the harm; with every guard in place there is none.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { procedures } from '../../src/domain/procedures/procedures.ts';
import type { Facts } from '../../src/domain/xapi/facts.ts';
import { guardsOf } from '../scenes/coverage.ts';
import type { GuardCase } from '../scenes/guardCase.ts';
import { guardCases } from '../scenes/scenes.ts';
import { harm } from './stage.ts';
import { createWorld } from './world.ts';

/** It is one object for everybody who asks it, so that nobody asks the one that was there before. */
function takeOut(name: string): void {
  const found = guardsOf(procedures).filter((guard) => guard.name === name);
  if (found.length === 0) throw new Error(`no procedure has a guard ${name}`);
  for (const guard of found) {
    vi.spyOn(guard, 'judge').mockReturnValue({ kind: 'allow', because: 'It was taken out.' });
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

test('every guard of every procedure can be taken out, and is put back', () => {
  const guards = guardsOf(procedures);
  expect(guards.length).toBeGreaterThan(0);
  for (const guard of guards) {
    const { judge } = guard;
    takeOut(guard.name);
    expect(guard.judge({} as Facts).kind, guard.name).toBe('allow');
    vi.restoreAllMocks();
    expect(guard.judge, guard.name).toBe(judge);
  }
  expect(() => takeOut('moonIsFull')).toThrow('no procedure has a guard moonIsFull');
});

async function harmIn({ scene, happens, harm: harmOf = harm }: GuardCase): Promise<readonly string[]> {
  const world = createWorld(scene.world);
  world.startOperator();
  await world.applyAndSettle();
  await happens(world);
  return harmOf(world);
}

describe.each(guardCases)('when $when', (each) => {
  test(`there is harm without ${each.guard}`, async () => {
    takeOut(each.guard);
    expect(await harmIn(each)).not.toEqual([]);
  });

  test(`there is none with every guard, ${each.guard} among them`, async () => {
    expect(await harmIn(each)).toEqual([]);
  });
});
