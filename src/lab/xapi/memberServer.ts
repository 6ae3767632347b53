import type { HttpHandler, HttpReply, HttpRequest } from '../../wire/http.ts';
import type { FaultEffect } from '../faults.ts';
import type { Presence } from '../lab.ts';
import { dispatch, plainMethod, refuseInEmergency } from './dispatch.ts';
import {
  type Envelope,
  html,
  internalError,
  parseEnvelope,
  renderReply,
  renderUndispatched,
} from './envelope.ts';
import type { Outcome } from './outcome.ts';
import type { Member, Pool } from './pool.ts';

const bodyLimitBytes = 300 * 1024;

type Answer = HttpReply | 'hangUp' | 'silence';

/** How connections from the operator to this member fare now. */
export function memberPresence(pool: Pool, { identity, machine, toolstack }: Member): Presence {
  if (machine.operatingSystem !== 'up') {
    // A machine without power answers nothing; some switches and proxies refuse in its place.
    return machine.power === 'off' && pool.habits.powerOffLooks === 'refused' ? 'refused' : 'silent';
  }
  if (!pool.network.reaches('operator', identity.name, 'management')) return 'silent';
  return toolstack === 'running' || toolstack === 'emergency' ? 'open' : 'refused';
}

/** One member's XAPI as its clients see it: JSON-RPC at POST /jsonrpc, HTML for everything else. */
export function createMemberServer(pool: Pool, member: Member): HttpHandler {
  return async (request) => {
    const unreachable = absence(pool, member);
    if (unreachable !== undefined) return unreachable;
    const answer = await untilDeath(pool, member, answerRequest(pool, member, request));
    // The answer goes the way that the request came, if that way is still there.
    return absence(pool, member) ?? answer;
  };
}

function absence(pool: Pool, member: Member): 'hangUp' | 'silence' | undefined {
  const presence = memberPresence(pool, member);
  if (presence === 'open') return undefined;
  return presence === 'silent' ? 'silence' : 'hangUp';
}

/** The toolstack's death breaks off whatever it was working on. */
async function untilDeath(pool: Pool, member: Member, work: Promise<Answer>): Promise<Answer> {
  let mourn = (): void => {};
  const death = new Promise<Answer>((resolve) => {
    mourn = () => resolve(absence(pool, member) ?? 'hangUp');
    member.mourners.add(mourn);
  });
  try {
    return await Promise.race([work, death]);
  } finally {
    member.mourners.delete(mourn);
  }
}

/** What a fault of the lab calls the request: see `Fault.method`. */
export function xapiFaultName({ body }: Pick<HttpRequest, 'body'>): string {
  const envelope = parseEnvelope(body);
  return 'because' in envelope ? 'none' : plainMethod(envelope.method);
}

async function answerRequest(pool: Pool, member: Member, request: HttpRequest): Promise<Answer> {
  const [path] = request.path.split('?');
  const isPost = request.method === 'POST';
  // The older path takes XML, and says so of anything else.
  if (path === '/json' && isPost) return internalError('Xmlm.Error(1:1, "expected root element")');
  if (path !== '/jsonrpc' || !isPost) return html(404, 'Not Found');
  if (request.body.byteLength > bodyLimitBytes) return html(413, 'Request entity too large');
  const envelope = parseEnvelope(request.body);
  if ('because' in envelope) return internalError(envelope.because);
  await pool.time.pause(pool.latencies.callMs);
  return answerCall(pool, member, { envelope, signal: request.signal });
}

interface Received {
  readonly envelope: Envelope;
  readonly signal: AbortSignal;
}

async function answerCall(pool: Pool, member: Member, { envelope, signal }: Received): Promise<Answer> {
  const { method, params } = envelope;
  const effects = pool.faults.strike(member.identity.name, plainMethod(method));
  const before = await beforeCall(pool, effects);
  if (before !== undefined) return before;
  const emergency = refuseInEmergency(member, method);
  if (emergency !== undefined) return renderUndispatched(envelope, emergency.error);
  const outcome = await dispatch({ pool, member, method, params, effects, signal });
  return afterCall(envelope, outcome, effects);
}

async function beforeCall(
  pool: Pool,
  effects: readonly FaultEffect[],
): Promise<'hangUp' | 'silence' | undefined> {
  for (const effect of effects) {
    if (effect.kind === 'slow') await pool.time.pause(effect.delayMs);
    if (effect.kind === 'refused') return 'hangUp';
    if (effect.kind === 'hang') return 'silence';
  }
  return undefined;
}

function afterCall(envelope: Envelope, outcome: Outcome, effects: readonly FaultEffect[]): Answer {
  const reply = renderReply(envelope, outcome);
  for (const { kind } of effects) {
    if (kind === 'lostReply') return 'hangUp';
    if (kind === 'html') return html(200, 'It works');
    if (kind === 'truncated' && typeof reply.body === 'string') {
      return { ...reply, body: reply.body.slice(0, Math.floor(reply.body.length / 2)) };
    }
  }
  return reply;
}
