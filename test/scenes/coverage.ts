/** What no scene and no case shows yet: each rule gives the sentences that are wrong, and none when all is well. */
import type { Guard } from '../../src/domain/xapi/form.ts';
import type { GuardCase } from './guardCase.ts';
import { procedureOf, type Scene } from './scene.ts';

/** What is to be known of a procedure here. */
export interface Guarded {
  readonly name: string;
  readonly steps: readonly { readonly guards: readonly Guard[] }[];
}

export function proceduresWithoutScene(
  procedures: readonly Pick<Guarded, 'name'>[],
  scenes: readonly Scene[],
): readonly string[] {
  const played = new Set(scenes.map(procedureOf));
  return procedures.filter(({ name }) => !played.has(name)).map(({ name }) => `${name} has no scene`);
}

/** `seen` are the kinds of all acts in the journals of clean runs. */
export function actsInNoScene(kinds: readonly string[], seen: readonly string[]): readonly string[] {
  return kinds.filter((kind) => !seen.includes(kind)).map((kind) => `${kind} takes place in no scene`);
}

/** Their tests could not be told from each other. */
export function namesUsedTwice(scenes: readonly Scene[]): readonly string[] {
  const names = scenes.map(({ name }) => name);
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `two scenes are called "${name}"`);
}

export function proceduresWithoutCase(
  procedures: readonly Guarded[],
  cases: readonly GuardCase[],
): readonly string[] {
  const tried = new Set(cases.map(({ scene }) => procedureOf(scene)));
  return procedures
    .filter((each) => guardsOf([each]).length > 0 && !tried.has(each.name))
    .map(({ name }) => `no guard of ${name} is taken out in a whole world`);
}

export function casesWithoutGuard(
  procedures: readonly Guarded[],
  cases: readonly GuardCase[],
): readonly string[] {
  return cases.flatMap(({ guard, scene }) => {
    const procedure = procedureOf(scene);
    const guards = guardsOf(procedures.filter(({ name }) => name === procedure));
    return guards.some(({ name }) => name === guard) ? [] : [`no step of ${procedure} has a guard ${guard}`];
  });
}

/** Each guard of each step, once. */
export function guardsOf(procedures: readonly Guarded[]): readonly Guard[] {
  return [...new Set(procedures.flatMap(({ steps }) => steps.flatMap(({ guards }) => guards)))];
}
