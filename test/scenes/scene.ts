/**
 * What one procedure is run in: a world, what breaks in it, a request, and what has to come of it. The rules that hold for
 * every procedure (test/sim/cleanRun.test.ts, everyFault.*.test.ts) know nothing but scenes.
 */
import type { RecoveryRequest } from '../../src/api/generated/types.ts';
import type { Act } from '../../src/domain/acts/act.ts';
import { type Ending, ended } from '../sim/ending.ts';
import type { World, WorldOptions } from '../sim/world.ts';

export interface Scene {
  /** Begins the titles of its tests. */
  readonly name: string;
  readonly world: Omit<WorldOptions, 'interpose'>;
  /** What goes wrong once everything is well and has been seen so. */
  readonly breaks: (world: World) => void;
  /** What a person asks for then. */
  readonly request: RecoveryRequest;
  /** Members on which nothing may run in the end. */
  readonly failed: readonly string[];
  /** Each act of a run without faults, in order: its kind, and the label of the request that asks for it. */
  readonly acts: readonly (readonly [kind: Act['kind'], sent: string])[];
  readonly ending: Ending;
  /** Acts that change nothing when they are done again, and how many such repetitions one fault may add; none but these. */
  readonly mayRepeat: { readonly acts: readonly string[]; readonly atMost: number };
}

export function procedureOf(scene: Scene): string {
  return scene.request.spec.procedure;
}

/** Lets everything become well, and then breaks what the scene breaks. */
export async function breakDown(scene: Scene, world: World): Promise<void> {
  world.startOperator();
  await world.applyAndSettle();
  scene.breaks(world);
}

/** From the beginning to the end of the request. */
export async function play(scene: Scene, world: World): Promise<void> {
  await breakDown(scene, world);
  await world.run(() => world.create(scene.request));
  await ended(world, scene.request.metadata.name);
}
