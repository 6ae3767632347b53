/** Repeats the clean run with one fault at one of its points, and with a new operator after a crash. */
import type { Fault as LabFault } from '../../src/lab/lab.ts';
import type { Fault, OutgoingRequest } from '../../src/simulation/faults.ts';
import type { HttpReply } from '../../src/wire/http.ts';
import {
  type Ending,
  endingOf,
  keyOf,
  type Point,
  releaseLostHost,
  requestName,
  type Scenario,
  smallWorld,
  withoutMore,
} from './release.ts';
import type { World } from './world.ts';

/** What can happen to a request whoever it goes to. */
export const faultKinds = [
  'crashBefore',
  'crashAfter',
  'requestLost',
  'replyReset',
  'replySilent',
  'saysFailed',
  'saysDone',
] as const;
/** What an API server, or something between it and the operator, can say beside that. */
export const writeFaultKinds = [...faultKinds, 'saysConflict', 'saysTooManyRequests'] as const;
export type FaultKind = (typeof writeFaultKinds)[number];

/** A crashed operator is started again by whatever watches over it after this. */
export const restartAfterMs = 5_000;
/** After the end nothing more may happen; so long is looked. */
const afterwardsMs = 120_000;

/** The harmful acts among what a run sent. */
export function effectsOf(points: readonly Point[]): readonly Point[] {
  return points.filter((point) => point.kind === 'effect');
}

export interface Faulted {
  readonly world: World;
  readonly ending: Ending;
  /** The fault met its request; otherwise the run proves nothing. */
  readonly struck: boolean;
}

export async function runWithFault(
  point: Point,
  kind: FaultKind,
  scenario: Scenario = withoutMore,
): Promise<Faulted> {
  let struck = false;
  const world = smallWorld({
    interpose: (request) => {
      if (struck || request.from !== 'operator' || keyOf(request) !== point.key) return 'deliver';
      struck = true;
      if (kind === 'crashBefore' || kind === 'crashAfter') {
        const { simulation } = world;
        simulation.clock(simulation.world).after(restartAfterMs, () => world.startOperator());
      }
      return faultOf(kind, request, world);
    },
  });
  const ending = await runScenario(world, scenario);
  return { ending, struck, world };
}

/** A fault of the lab: what the pool does or says wrongly behind a connection that works. */
export async function runWithLabFault(fault: LabFault): Promise<Faulted> {
  const world = smallWorld();
  let id = '';
  const ending = await runScenario(world, (now) => {
    id = now.lab.steer.addFault(fault);
  });
  const left = world.lab.status().faults.some((each) => each.startsWith(`${id}:`));
  return { ending, struck: !left, world };
}

async function runScenario(world: World, scenario: Scenario): Promise<Ending> {
  world.startOperator();
  await world.applyAndSettle();
  scenario(world);
  await releaseLostHost(world);
  await world.pass(afterwardsMs);
  return await endingOf(world, requestName);
}

function faultOf(kind: FaultKind, request: OutgoingRequest, world: World): Fault {
  switch (kind) {
    case 'crashBefore':
      return { kind: 'crash', when: 'before', owner: world.operatorOwner() };
    case 'crashAfter':
      return { kind: 'crash', when: 'after', owner: world.operatorOwner() };
    case 'requestLost':
      return { kind: 'dropRequest', shownAs: 'reset' };
    case 'replyReset':
      return { kind: 'dropReply', shownAs: 'reset' };
    case 'replySilent':
      return { kind: 'dropReply', shownAs: 'silence' };
    case 'saysFailed':
      return { kind: 'falseReply', reaches: 'server', reply: failure(request) };
    case 'saysDone':
      return { kind: 'falseReply', reaches: 'nobody', reply: success(request) };
    case 'saysConflict':
      return { kind: 'falseReply', reaches: 'server', reply: refusal(409, 'Conflict') };
    case 'saysTooManyRequests':
      return { kind: 'falseReply', reaches: 'nobody', reply: refusal(429, 'TooManyRequests') };
  }
}

/** What each server says when it has not done something. */
function failure(request: OutgoingRequest): HttpReply {
  if (request.path === '/jsonrpc') {
    return rpc(request, { error: { code: 1, message: 'INTERNAL_ERROR', data: ['Not_found'] } });
  }
  if (request.path.startsWith('/redfish/')) {
    const error = {
      code: 'Base.1.8.InternalError',
      message: 'The request failed due to an internal service error.',
    };
    return json(500, { error });
  }
  return refusal(500, 'InternalError');
}

function refusal(code: number, reason: string): HttpReply {
  const message = 'a reply that was made up on the way';
  return json(code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  });
}

/** What each server says when it has done something, as well as somebody can who has not. */
function success(request: OutgoingRequest): HttpReply {
  if (request.path === '/jsonrpc') {
    const isAsync = request.label.startsWith('XAPI Async.');
    return rpc(request, { result: isAsync ? 'OpaqueRef:00000000-0000-4000-8000-000000000000' : '' });
  }
  if (request.path.startsWith('/redfish/')) return { status: 204, headers: {}, body: '' };
  return json(request.method === 'POST' ? 201 : 200, created(JSON.parse(request.body)));
}

/** What was sent, and what a server would have added to a new object. */
function created(sent: { readonly metadata?: object }): unknown {
  return { ...sent, metadata: { uid: 'made-up', resourceVersion: '1', ...sent.metadata } };
}

function rpc(request: OutgoingRequest, answer: object): HttpReply {
  const { id = null } = JSON.parse(request.body) as { readonly id?: unknown };
  return json(200, { jsonrpc: '2.0', ...answer, id });
}

function json(status: number, body: unknown): HttpReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
