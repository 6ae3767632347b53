import type { World } from '../sim/world.ts';
import type { Scene } from './scene.ts';

/** Something in which one guard is what stands between the operator and harm. */
export interface GuardCase {
  /** Its name. */
  readonly guard: string;
  /** Whose procedure has the guard, and in whose world it happens. */
  readonly scene: Scene;
  readonly when: string;
  /** From a world that is well to where harm would have been done. */
  readonly happens: (world: World) => Promise<void>;
  /** What there is of harm; every act if nothing is said. */
  readonly harm?: (world: World) => readonly string[];
}
