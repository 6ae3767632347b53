import { expect } from 'vitest';
import type { Scene } from '../scenes/scene.ts';
import type { Faulted } from './faultedRun.ts';

/** The fault met its request, and nothing came of it but repetitions that the scene calls harmless. */
export function expectSameEnding(scene: Scene, { ending, struck }: Faulted): void {
  expect(struck).toBe(true);
  expect(addedRepeats(scene, ending.repeats)).toEqual([]);
  expect({ ...ending, repeats: scene.ending.repeats }).toEqual(scene.ending);
}

/** Each repetition that the scene does not allow. */
export function addedRepeats(
  { ending, mayRepeat }: Pick<Scene, 'ending' | 'mayRepeat'>,
  repeats: readonly string[],
): readonly string[] {
  const expected = [...ending.repeats];
  const added = repeats.filter((act) => {
    const at = expected.indexOf(act);
    if (at >= 0) expected.splice(at, 1);
    return at < 0;
  });
  const harmless = added.filter((act) => mayRepeat.acts.includes(act));
  return [...added.filter((act) => !mayRepeat.acts.includes(act)), ...harmless.slice(mayRepeat.atMost)];
}
