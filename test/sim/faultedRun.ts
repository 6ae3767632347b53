/** Repeats the clean run of a scene with one fault at one of its points, and with a new operator after a crash. */
import { endpointAt } from '../../src/lab/inSimulation.ts';
import type { FaultEffect, Lab } from '../../src/lab/lab.ts';
import type { Fault, OutgoingRequest } from '../../src/simulation/faults.ts';
import { falseRepliesOf } from '../../src/simulation/protocols/protocol.ts';
import { play, type Scene } from '../scenes/scene.ts';
import { type Ending, endingOf } from './ending.ts';
import { keyOf, type Point } from './points.ts';
import { createWorld, type World } from './world.ts';

/** What can happen to one request. */
export interface PointFault {
  readonly name: string;
  readonly on: (request: OutgoingRequest, world: World) => Fault;
}

/** What a wire or a process can do to a request, whoever it goes to. */
const wireFaults: readonly PointFault[] = [
  { name: 'crashBefore', on: (_, world) => ({ kind: 'crash', when: 'before', owner: crashing(world) }) },
  { name: 'crashAfter', on: (_, world) => ({ kind: 'crash', when: 'after', owner: crashing(world) }) },
  { name: 'requestLost', on: () => ({ kind: 'dropRequest', shownAs: 'reset' }) },
  { name: 'replyReset', on: () => ({ kind: 'dropReply', shownAs: 'reset' }) },
  { name: 'replySilent', on: () => ({ kind: 'dropReply', shownAs: 'silence' }) },
];

/** Every fault that can meet the point: those of the wire, and whatever false is said in its protocol. */
export function faultsOf({ protocol }: Point): readonly PointFault[] {
  const said = falseRepliesOf(protocol).map(
    ({ name, reaches, reply }): PointFault => ({
      name,
      on: (request) => ({ kind: 'falseReply', reaches, reply: reply(request) }),
    }),
  );
  return [...wireFaults, ...said];
}

/** A crashed operator is started again by whatever watches over it after this. */
export const restartAfterMs = 5_000;
/** After the end nothing more may happen; so long is looked. */
const afterwardsMs = 120_000;

function crashing(world: World) {
  const { simulation } = world;
  simulation.clock(simulation.world).after(restartAfterMs, () => world.startOperator());
  return world.operatorOwner();
}

/** The harmful acts among what a run sent. */
export function effectsOf(points: readonly Point[]): readonly Point[] {
  return points.filter((point) => point.kind === 'effect');
}

export interface Faulted {
  readonly ending: Ending;
  /** The fault met its request; otherwise the run proves nothing. */
  readonly struck: boolean;
}

export async function runWithFault(scene: Scene, point: Point, fault: PointFault): Promise<Faulted> {
  let struck = false;
  const world = createWorld({
    ...scene.world,
    interpose: (request) => {
      if (struck || request.from !== 'operator' || keyOf(request) !== point.key) return 'deliver';
      struck = true;
      return fault.on(request, world);
    },
  });
  const ending = await toTheEnd(scene, world);
  return { ending, struck };
}

/** A fault of the lab: what the pool or a machine does or says wrongly behind a connection that works. */
export async function runWithLabFault(scene: Scene, point: Point, effect: FaultEffect): Promise<Faulted> {
  let struck: boolean | undefined;
  const world = createWorld({
    ...scene.world,
    interpose: (request) => {
      if (struck !== undefined || request.from !== 'operator' || keyOf(request) !== point.key)
        return 'deliver';
      struck = false;
      // Added while the request is on its way, the fault is for the next call of that name, which is this one.
      const { lab, simulation } = world;
      const id = lab.steer.addFault({ ...callOf(request, lab), nth: 1, effect });
      simulation.clock(simulation.world).after(arrivesWithinMs, () => {
        struck = !lab.status().faults.some((each) => each.startsWith(`${id}:`));
      });
      return 'deliver';
    },
  });
  const ending = await toTheEnd(scene, world);
  return { ending, struck: struck === true };
}

const arrivesWithinMs = 100;

/** What a fault of the lab calls the request, and the server that gets it. */
function callOf({ to, method, path, body }: OutgoingRequest, lab: Lab): { at: string; method: string } {
  const endpoint = endpointAt(lab, to);
  if (endpoint === undefined) throw new Error(`${to} is no server of the lab`);
  const request = { method, path, body: Buffer.from(body, 'utf8') };
  return { at: endpoint.name, method: endpoint.faultName(request) };
}

async function toTheEnd(scene: Scene, world: World): Promise<Ending> {
  await play(scene, world);
  await world.pass(afterwardsMs);
  return await endingOf(world, scene.request.metadata.name, scene.failed);
}
