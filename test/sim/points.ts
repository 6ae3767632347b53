/** What the operator changes in a run without faults: the points at which a fault can meet it. */
import type { OutgoingRequest } from '../../src/simulation/faults.ts';
import type { Change, Protocol } from '../../src/simulation/protocols/protocol.ts';
import { protocolOf } from '../../src/simulation/protocols/protocols.ts';
import { play, type Scene } from '../scenes/scene.ts';
import { actsOf, type Ending, endingOf } from './ending.ts';
import { createWorld } from './world.ts';

/** A request of the operator that changes something: a pool, a machine, or the API server's records. */
export interface Point {
  readonly kind: Change;
  /** `to label #nth`, the same in each run up to the first fault. */
  readonly key: string;
  readonly label: string;
  readonly nth: number;
  readonly protocol: Protocol;
}

export function keyOf(request: OutgoingRequest): string {
  return `${request.to} ${request.label} #${request.nth}`;
}

export interface CleanRun {
  /** In the order in which they were sent. */
  readonly points: readonly Point[];
  readonly ending: Ending;
  /** The kind of each act in the journal of the request, in order. */
  readonly acts: readonly string[];
}

export async function cleanRun(scene: Scene): Promise<CleanRun> {
  const points: Point[] = [];
  const problems: unknown[] = [];
  const world = createWorld({
    ...scene.world,
    interpose: (request) => {
      if (request.from !== 'operator') return 'deliver';
      try {
        const protocol = protocolOf(request);
        const kind = protocol.changes(request);
        const { label, nth } = request;
        if (kind !== undefined) points.push({ kind, key: keyOf(request), label, nth, protocol });
      } catch (error) {
        // Thrown here it would be a connection that broke, and the operator would only try again.
        problems.push(error);
      }
      return 'deliver';
    },
  });
  await play(scene, world);
  if (problems.length > 0) throw problems[0];
  const { name } = scene.request.metadata;
  const ending = await endingOf(world, name, scene.failed);
  return { points: [...points], ending, acts: await actsOf(world, name) };
}
