import type { FaultEffect } from '../faults.ts';
import type { Acting } from './acting.ts';
import { livesOn } from './acting.ts';
import { bindParams, type Call, type CallDefinition } from './call.ts';
import { callDefinitions } from './calls.ts';
import { look } from './contact.ts';
import { brokenOff, done, doneVoid, type Failed, failed, type Outcome } from './outcome.ts';
import { type Member, masterOf, type Pool, type Session } from './pool.ts';
import { admit, callerOf } from './sessionCalls.ts';
import { closeTask, openTask } from './taskCalls.ts';

const asyncPrefix = 'Async.';

export interface Request {
  readonly pool: Pool;
  readonly member: Member;
  readonly method: string;
  readonly params: readonly unknown[];
  /** Faults that strike the operation itself, not its transport. */
  readonly effects: readonly FaultEffect[];
  readonly signal: AbortSignal;
}

/** Method without `Async.`: faults and counts do not tell the two apart. */
export function plainMethod(method: string): string {
  return method.startsWith(asyncPrefix) ? method.slice(asyncPrefix.length) : method;
}

/**
 * The error that a toolstack in emergency mode answers with before it looks at a call, or undefined when it does look:
 * local logins and the question whether it is in emergency mode work without a master.
 */
export function refuseInEmergency({ toolstack, emergency }: Member, method: string): Failed | undefined {
  if (toolstack !== 'emergency') return undefined;
  const definition = callDefinitions.get(method);
  const local = definition?.login === 'local' || method === 'session.slave_local_login_with_password';
  return local ? undefined : { kind: 'failed', error: emergency };
}

/** One call of a client: method, role of the member, session, parameters, then the operation or a task for it. */
export async function dispatch(request: Request): Promise<Outcome> {
  const { pool, member, method, params } = request;
  const inBackground = method.startsWith(asyncPrefix);
  const plain = plainMethod(method);
  const definition = callDefinitions.get(plain);
  if (definition === undefined) return failed('MESSAGE_METHOD_UNKNOWN', plain);
  if (inBackground && definition.async === 'no') {
    return failed('Fault', `No async mode for this operation (rpc: ${plain})`);
  }
  const { login } = definition;
  if (login === 'none') {
    return run(request, { definition, session: undefined, own: params, inBackground, master: member });
  }
  const master = login === 'pool' ? await whoseDatabase(request) : member;
  if ('kind' in master) return master;
  // Events and sessions are looked up in the database, which has no local sessions.
  const local = login === 'pool' && /^(?:event|session)\./.test(plain) ? 'never' : 'too';
  const session = admit(pool, { member, ref: params[0], local });
  if ('kind' in session) return session;
  return run(request, { definition, session, own: params.slice(1), inBackground, master });
}

const masterRetryMs = 1_000;

/**
 * The master, whose database a call works on. A slave sends clients of the pool to it, and serves a local session out of the
 * master's database by itself: any call then works, and hangs for as long as the master does not answer.
 */
async function whoseDatabase({ pool, member, params, signal }: Request): Promise<Member | Failed> {
  if (member.masterAddress === undefined) return member;
  const isLocal = member.localSessions.has(String(params[0]));
  if (!isLocal && !member.forgotten) return failed('HOST_IS_SLAVE', member.masterAddress);
  while (!signal.aborted) {
    const master = masterOf(pool);
    if (isLocal && master !== undefined && look(pool, member, master.member) === 'answers')
      return master.member;
    await pool.time.pause(masterRetryMs);
  }
  return brokenOff;
}

interface Prepared {
  readonly definition: CallDefinition;
  readonly session: Session | undefined;
  readonly own: readonly unknown[];
  readonly inBackground: boolean;
  /** Whose database it works on. */
  readonly master: Member;
}

async function run(
  request: Request,
  { definition, session, own, inBackground, master }: Prepared,
): Promise<Outcome> {
  const bound = bindParams(definition, own);
  if ('kind' in bound) return bound;
  const { pool, member, effects, signal } = request;
  const acting = actingOn(pool, { member: master, caller: callerOf(session), effects });
  const call: Call = { pool, member, session, values: bound.values, signal, acting };
  const work = (): Promise<Outcome> => perform(definition, call, effects);
  if (!inBackground) return work();
  const task = openTask(acting, `Async.${definition.name}`);
  work().then((outcome) => {
    if (livesOn(acting)) closeTask(acting, task, outcome);
  }, pool.broke);
  return done(task);
}

/** Database and life that an operation works on. A slave has none: what it answers without its master needs none. */
function actingOn(
  pool: Pool,
  { member, caller, effects }: Pick<Acting, 'caller' | 'effects'> & { readonly member: Member },
): Acting {
  return {
    pool,
    master: member,
    database: member.database ?? pool.nobodysDatabase,
    incarnation: member.incarnation,
    caller,
    effects,
  };
}

/** The operation, and what it says of itself: with a fault the two differ. */
async function perform(
  definition: CallDefinition,
  call: Call,
  effects: readonly FaultEffect[],
): Promise<Outcome> {
  if (effects.some((effect) => effect.kind === 'saysDone')) return doneVoid;
  const outcome = await definition.run(call);
  const lie = effects.find((effect) => effect.kind === 'saysFailed');
  return lie?.kind === 'saysFailed' ? failed(lie.code, 'a fault of the lab') : outcome;
}

/** A call past network and login, for somebody who is no client of this program. */
export async function callDirectly(
  request: Pick<Request, 'pool' | 'member' | 'method' | 'params'> & { readonly caller: string },
): Promise<Outcome> {
  const { pool, member, method, params, caller } = request;
  const definition = callDefinitions.get(method);
  if (definition === undefined || definition.login !== 'pool')
    return failed('MESSAGE_METHOD_UNKNOWN', method);
  if (member.toolstack !== 'running') return failed('HOST_STILL_BOOTING');
  if (member.masterAddress !== undefined) return failed('HOST_IS_SLAVE', member.masterAddress);
  const bound = bindParams(definition, params);
  if ('kind' in bound) return bound;
  const acting = actingOn(pool, { member, caller, effects: [] });
  const { signal } = new AbortController();
  return perform(definition, { pool, member, session: undefined, values: bound.values, signal, acting }, []);
}
