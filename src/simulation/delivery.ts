import type { HttpReply } from '../wire/http.ts';
import type { Fault } from './faults.ts';
import type { FlightPlan } from './flight.ts';
import type { Owner } from './owner.ts';
import { keyedUniform } from './random.ts';
import type { ReplyLeg, ReplyPart } from './replyLeg.ts';
import { carry, digestOf, retransmission } from './wire.ts';
import { closedByPeer, connectionRefused, connectionReset } from './wireErrors.ts';

/** The listener's end of one request's connection. */
export interface FarEnd {
  /** The sender's end was closed, by it or by its death. */
  clientGone(): void;
  /** The listener's process has ended. */
  died(): void;
  note(what: string): void;
}

interface Call {
  readonly plan: FlightPlan;
  readonly reply: ReplyLeg;
  readonly fault: Fault;
  readonly note: (what: string) => void;
  readonly legMs: (leg: 'there' | 'back' | 'close') => number;
  readonly fail: (error: Error) => void;
  /** Holds the signal that the handler is given; made when it is looked at, since few handlers do. */
  readonly gone: () => AbortController;
  sender: 'waits' | 'gone';
  request: 'under way' | 'arrived';
}

function onlyOne<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const pieceBytes = 64 * 1024;

/** Writes a request to its connection, through the fault that is interposed, and carries it to the handler. */
export function write(plan: FlightPlan, reply: ReplyLeg, fail: (error: Error) => void): FarEnd {
  const { wire, from, origin, ask } = plan;
  const body = ask.body.toString('utf8');
  const label = wire.label({ method: ask.method, path: ask.path, body });
  const key = `${from.name} ${origin} ${label}`;
  const nth = wire.count(key);
  const serial = wire.count('every request');
  const { minMs, maxMs } = wire.latency;
  const outgoing = {
    from: from.name,
    to: origin,
    method: ask.method,
    path: ask.path,
    body,
    label,
    nth,
    serial,
  };
  const fault = wire.interpose(outgoing);
  const call: Call = {
    plan,
    reply,
    fault,
    note: (what) => wire.note(`#${serial} ${key} ${what}`),
    legMs: (leg) => minMs + (maxMs - minMs) * keyedUniform(wire.seed, `${leg} ${nth} ${key}`),
    fail,
    gone: onlyOne(() => new AbortController()),
    sender: 'waits',
    request: 'under way',
  };
  call.note(`> ${digestOf(ask.body)}${fault === 'deliver' ? '' : ` (${fault.kind})`}`);
  depart(call);
  return {
    clientGone: () => {
      call.sender = 'gone';
      if (call.request === 'arrived' && !reply.closed) tellGone(call);
    },
    died: () => {
      if (!reply.closed && call.sender === 'waits')
        reply.post([{ kind: 'broken', error: connectionReset() }], call.legMs('close'));
    },
    note: call.note,
  };
}

function depart(call: Call): void {
  const { plan, fault, legMs, fail, note } = call;
  const { wire, from, origin, listener } = plan;
  let delayMs = legMs('there');
  if (fault !== 'deliver') {
    if (fault.kind === 'crash' && fault.when === 'before') {
      fault.owner.kill();
      if (!from.alive) return;
    }
    if (fault.kind === 'refuse') {
      wire.scheduler.after(delayMs, from, () => fail(connectionRefused(origin)));
      return;
    }
    if (fault.kind === 'dropRequest') {
      if (fault.shownAs === 'reset') wire.scheduler.after(delayMs, from, () => fail(connectionReset()));
      return;
    }
    if (fault.kind === 'falseReply' && fault.reaches === 'nobody') {
      wire.scheduler.after(delayMs, wire.world, () => send(call, fault.reply));
      return;
    }
    if (fault.kind === 'delay') delayMs += fault.delayMs;
  }
  carry(wire, {
    from: from.name,
    origin,
    delayMs,
    // A listener that has died by then lets nothing arrive; its end of the connection has told the sender.
    as: listener.owner,
    giveUpMs: () => (call.sender === 'waits' ? retransmission.waitedForMs : retransmission.orphanedMs),
    arrive: () => arrive(call),
    lost: () => note('? never arrived'),
  });
}

/** The request has reached the listener's machine. */
function arrive(call: Call): void {
  const { plan, note, reply, legMs } = call;
  const { listener } = plan;
  call.request = 'arrived';
  if (!listener.open) return;
  if (listener.origin.startsWith('https:') !== plan.origin.startsWith('https:')) {
    reply.post([{ kind: 'broken', error: closedByPeer() }], legMs('back'));
    return;
  }
  handle(call).catch((error: unknown) => {
    note(`? the handler failed: ${String(error)}`);
    if (!listener.open) return;
    send(call, { status: 500, headers: { 'content-type': 'text/plain' }, body: 'internal error' });
  });
  if (call.sender === 'gone') tellGone(call);
}

async function handle(call: Call): Promise<void> {
  const { plan, fault, note, gone } = call;
  const { ask, listener } = plan;
  const reply = await listener.handler({
    method: ask.method,
    path: ask.path,
    headers: ask.headers,
    body: ask.body,
    get signal() {
      return gone().signal;
    },
  });
  if (!listener.open) return;
  if (fault !== 'deliver') {
    if (fault.kind === 'crash') {
      note('carried out');
      fault.owner.kill();
      return;
    }
    if (fault.kind === 'dropReply') {
      note('carried out');
      if (fault.shownAs === 'reset') {
        call.reply.post([{ kind: 'broken', error: connectionReset() }], call.legMs('back'));
      }
      return;
    }
    if (fault.kind === 'falseReply') {
      note('carried out');
      send(call, fault.reply);
      return;
    }
  }
  if (reply === 'silence') return;
  if (reply === 'hangUp') call.reply.post([{ kind: 'broken', error: closedByPeer() }], call.legMs('back'));
  else send(call, reply);
}

/** Puts a reply on its way. A stream that throws breaks the connection, as a real server's does. */
function send(call: Call, { status, headers, body }: HttpReply): void {
  const { reply, note, legMs, plan } = call;
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) named[name.toLowerCase()] = value;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : Buffer.from(body);
    note(`< ${status} ${digestOf(bytes)}`);
    named['content-length'] = String(bytes.length);
    const parts: ReplyPart[] = [{ kind: 'head', status, headers: named }];
    if (plan.ask.method !== 'HEAD') {
      for (let start = 0; start < bytes.length; start += pieceBytes) {
        parts.push({ kind: 'bytes', bytes: bytes.subarray(start, start + pieceBytes) });
      }
    }
    reply.post([...parts, { kind: 'end' }], legMs('back'));
    return;
  }
  note(`< ${status} stream`);
  named['transfer-encoding'] = 'chunked';
  reply.post([{ kind: 'head', status, headers: named }], legMs('back'));
  stream(call, body).catch((error: unknown) => {
    note(`? the stream failed: ${String(error)}`);
    reply.post([{ kind: 'broken', error: closedByPeer() }], legMs('back'));
  });
}

async function stream(call: Call, chunks: AsyncIterable<string>): Promise<void> {
  const { reply, note, legMs, gone, plan } = call;
  for await (const chunk of chunks) {
    await forEverIfDead(plan.listener.owner);
    if (gone().signal.aborted || !plan.listener.open) return;
    const bytes = Buffer.from(chunk, 'utf8');
    note(`~ ${digestOf(bytes)}`);
    reply.post([{ kind: 'bytes', bytes }], legMs('back'));
    await reply.room();
    await forEverIfDead(plan.listener.owner);
  }
  note('~ end');
  reply.post([{ kind: 'end' }], legMs('back'));
}

/** Going on would run the stream's code, and leaving its `finally`: a killed process does neither. */
async function forEverIfDead(owner: Owner): Promise<void> {
  if (!owner.alive) await new Promise<never>(() => {});
}

/** The news that nobody waits any more needs its time, too; it never overtakes the request. */
function tellGone(call: Call): void {
  const { plan, gone, legMs } = call;
  const tell = (): void => gone().abort(new Error('the client has gone away'));
  carry(plan.wire, {
    from: plan.from.name,
    origin: plan.origin,
    delayMs: legMs('close'),
    as: plan.listener.owner,
    giveUpMs: () => retransmission.orphanedMs,
    arrive: tell,
    lost: tell,
  });
}
