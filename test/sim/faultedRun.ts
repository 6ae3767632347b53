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
  smallWorld,
} from './release.ts';

export const faultKinds = [
  'crashBefore',
  'crashAfter',
  'requestLost',
  'replyReset',
  'replySilent',
  'saysFailed',
  'saysDone',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A crashed operator is started again by whatever watches over it after this. */
export const restartAfterMs = 5_000;
/** After the end nothing more may happen; so long is looked. */
const afterwardsMs = 120_000;

export interface Faulted {
  readonly ending: Ending;
  /** The fault met its request; otherwise the run proves nothing. */
  readonly struck: boolean;
}

/** What is wrong, in words, with a run: undefined when it ended as the clean one did. */
export async function runWithFault(point: Point, kind: FaultKind): Promise<Faulted> {
  let struck = false;
  const world = smallWorld({
    interpose: (request) => {
      if (struck || request.from !== 'operator' || keyOf(request) !== point.key) return 'deliver';
      struck = true;
      if (kind === 'crashBefore' || kind === 'crashAfter') {
        const { simulation } = world;
        simulation.clock(simulation.world).after(restartAfterMs, () => world.startOperator());
      }
      return faultOf(kind, request, () => world.operatorOwner());
    },
  });
  world.startOperator();
  await world.applyAndSettle();
  await releaseLostHost(world);
  await world.pass(afterwardsMs);
  return { ending: await endingOf(world, requestName), struck };
}

/** The same with a fault of the lab: what the pool does or says wrongly, behind a connection that works. */
export async function runWithLabFault(fault: LabFault): Promise<Faulted> {
  const world = smallWorld();
  world.startOperator();
  await world.applyAndSettle();
  const id = world.lab.steer.addFault(fault);
  await releaseLostHost(world);
  await world.pass(afterwardsMs);
  const left = world.lab.status().faults.some((each) => each.startsWith(`${id}:`));
  return { ending: await endingOf(world, requestName), struck: !left };
}

function faultOf(kind: FaultKind, request: OutgoingRequest, owner: () => OwnerOfOperator): Fault {
  switch (kind) {
    case 'crashBefore':
      return { kind: 'crash', when: 'before', owner: owner() };
    case 'crashAfter':
      return { kind: 'crash', when: 'after', owner: owner() };
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
  }
}

type OwnerOfOperator = Extract<Fault, { kind: 'crash' }>['owner'];

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
  return json(500, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'etcdserver: request timed out',
    reason: 'InternalError',
    code: 500,
  });
}

/** What each server says when it has done something, as well as somebody can who has not. */
function success(request: OutgoingRequest): HttpReply {
  if (request.path === '/jsonrpc') {
    const isAsync = request.label.startsWith('XAPI Async.');
    return rpc(request, { result: isAsync ? 'OpaqueRef:00000000-0000-4000-8000-000000000000' : '' });
  }
  if (request.path.startsWith('/redfish/')) return { status: 204, headers: {}, body: '' };
  const sent: unknown = JSON.parse(request.body);
  return json(request.method === 'POST' ? 201 : 200, withVersion(sent));
}

/** A server always gives what it stored a resourceVersion; one that lies can only guess the next. */
function withVersion(sent: unknown): unknown {
  const object = sent as { readonly metadata?: { readonly resourceVersion?: string } };
  const next = Number(object.metadata?.resourceVersion ?? '0') + 1;
  return { ...object, metadata: { uid: 'made-up', ...object.metadata, resourceVersion: String(next) } };
}

function rpc(request: OutgoingRequest, answer: object): HttpReply {
  const { id = null } = JSON.parse(request.body) as { readonly id?: unknown };
  return json(200, { jsonrpc: '2.0', ...answer, id });
}

function json(status: number, body: unknown): HttpReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
