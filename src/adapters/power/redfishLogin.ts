import type { Clock } from '../../ports/clock.ts';
import type { RedfishAccess } from '../../ports/power.ts';
import {
  asResource,
  linkIn,
  pathOn,
  type RedfishFailure,
  type RedfishPath,
  type RedfishReply,
  type RedfishRequest,
  request,
} from './redfishHttp.ts';

/**
 * Keeps us logged in: a Redfish session where the controller has a session service, else Basic authentication with
 * each request. Sessions expire; a question that is answered with 401 is asked once more under a new one, an effect is
 * not.
 *
 * A refused password is not tried again for a minute: most controllers lock the account after a few attempts, and
 * the lock would hit the very person who comes to help.
 */
export interface RedfishLogin {
  /** The path of the Systems collection, from the service root. */
  systems(deadlineMs: number): Promise<{ readonly kind: 'found'; readonly path: string } | RedfishFailure>;
  /** A question: may be asked twice. */
  ask(path: string, deadlineMs: number): Promise<RedfishReply>;
  /** An effect: sent at most once. */
  send(path: string, body: Readonly<Record<string, unknown>>, deadlineMs: number): Promise<RedfishReply>;
  /** Words that must not be shown: the password, in either form, and the present token. */
  secrets(): readonly string[];
  close(): Promise<void>;
}

interface Admission {
  readonly headers: Readonly<Record<string, string>>;
  readonly token: string;
  /** Where the session is deleted; undefined for Basic. */
  readonly sessionPath: string | undefined;
}

const servicePath = '/redfish/v1/';
const refusalHoldsMs = 60_000;
const logoutDeadlineMs = 5_000;

interface State {
  readonly path: RedfishPath;
  readonly clock: Clock;
  readonly access: RedfishAccess;
  readonly basic: Admission;
  root: { readonly systems: string; readonly sessions: string | undefined } | undefined;
  admission: Admission | undefined;
  /** The login under way, which all who need one share. */
  entering: Promise<Admission | RedfishFailure> | undefined;
  refusal: { readonly failure: RedfishFailure; readonly untilMs: number } | undefined;
}

export function createRedfishLogin(
  path: RedfishPath,
  { clock, access }: { readonly clock: Clock; readonly access: RedfishAccess },
): RedfishLogin {
  const basicWord = Buffer.from(`${access.userName}:${access.password}`).toString('base64');
  const state: State = {
    path,
    clock,
    access,
    basic: { headers: { authorization: `Basic ${basicWord}` }, token: '', sessionPath: undefined },
    root: undefined,
    admission: undefined,
    entering: undefined,
    refusal: undefined,
  };
  return {
    systems: async (deadlineMs) => {
      const failure = await readRoot(state, deadlineMs);
      return failure ?? { kind: 'found', path: state.root?.systems ?? servicePath };
    },
    ask: (at, deadlineMs) => ask(state, at, clock.monotonicMs() + deadlineMs),
    send: async (at, body, deadlineMs) => {
      const endAtMs = clock.monotonicMs() + deadlineMs;
      const as = await admit(state, endAtMs);
      if ('kind' in as) return as.kind === 'unreachable' ? { ...as, mayHaveArrived: false } : as;
      return requestAs(state, as, { method: 'POST', path: at, body, deadlineMs: left(clock, endAtMs) });
    },
    secrets: () => [access.password, basicWord, state.admission?.token ?? ''],
    close: async () => {
      const as = state.admission;
      state.admission = undefined;
      if (as?.sessionPath === undefined) return;
      await requestAs(state, as, { method: 'DELETE', path: as.sessionPath, deadlineMs: logoutDeadlineMs });
    },
  };
}

async function ask(state: State, at: string, endAtMs: number): Promise<RedfishReply> {
  for (let attempt = 1; ; attempt += 1) {
    const as = await admit(state, endAtMs);
    if ('kind' in as) return as;
    const reply = await requestAs(state, as, {
      method: 'GET',
      path: at,
      deadlineMs: left(state.clock, endAtMs),
    });
    const sessionEnded = as !== state.basic && reply.kind === 'refused' && reply.status === 401;
    if (!sessionEnded || attempt === 2) return reply;
  }
}

/** Under Basic a 401 is about the password; under a session it only says that the session has ended. */
async function requestAs(state: State, as: Admission, wanted: RedfishRequest): Promise<RedfishReply> {
  const reply = await request(state.path, { ...wanted, headers: as.headers });
  if (reply.kind !== 'refused' || reply.status !== 401) return reply;
  if (state.admission === as) state.admission = undefined;
  return as === state.basic ? refuse(state, reply) : reply;
}

async function admit(state: State, endAtMs: number): Promise<Admission | RedfishFailure> {
  const { clock, refusal } = state;
  if (refusal !== undefined && clock.monotonicMs() < refusal.untilMs) return refusal.failure;
  state.refusal = undefined;
  if (state.admission !== undefined) return state.admission;
  state.entering ??= enter(state, endAtMs).finally(() => {
    state.entering = undefined;
  });
  return await beforeDeadline(state, state.entering, endAtMs);
}

/** A login that somebody else began may have a longer deadline than ours; we wait for it only as long as we may. */
function beforeDeadline(
  { clock, path }: State,
  entering: Promise<Admission | RedfishFailure>,
  endAtMs: number,
): Promise<Admission | RedfishFailure> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(left(clock, endAtMs), () => {
      const says = `${path.origin} cannot be reached: its login was not answered in time`;
      resolve({ kind: 'unreachable', says, mayHaveArrived: false });
    });
    entering.then(resolve, reject).finally(cancel);
  });
}

async function enter(state: State, endAtMs: number): Promise<Admission | RedfishFailure> {
  const { clock, basic } = state;
  const failure = await readRoot(state, left(clock, endAtMs));
  if (failure !== undefined) return failure;
  const sessions = state.root?.sessions;
  const entered = sessions === undefined ? basic : await openSession(state, sessions, left(clock, endAtMs));
  if (!('kind' in entered)) state.admission = entered;
  else if (entered.kind === 'refused' && isPasswordRefusal(entered)) return refuse(state, entered);
  return entered;
}

/** A controller that has no session to give (its limit is reached, it has no such service) still takes Basic. */
async function openSession(
  { path, access, basic }: State,
  sessions: string,
  deadlineMs: number,
): Promise<Admission | RedfishFailure> {
  const body = { UserName: access.userName, Password: access.password };
  const reply = await request(path, { method: 'POST', path: sessions, body, deadlineMs });
  if (reply.kind === 'unreachable') return reply;
  if (reply.kind === 'refused') return isPasswordRefusal(reply) ? reply : basic;
  const token = reply.headers['x-auth-token'];
  if (!token) return basic;
  const sessionPath =
    pathOn(path.origin, reply.headers['location']) ?? linkIn(path.origin, reply.resource ?? {});
  return { headers: { 'x-auth-token': token }, token, sessionPath };
}

async function readRoot(state: State, deadlineMs: number): Promise<RedfishFailure | undefined> {
  const { path } = state;
  if (state.root !== undefined) return undefined;
  const reply = await request(path, { method: 'GET', path: servicePath, deadlineMs });
  if (reply.kind !== 'done') return reply;
  const systems = linkIn(path.origin, reply.resource?.['Systems']);
  if (systems === undefined) {
    const says = `${path.origin} has no Redfish service root that names its systems`;
    return { kind: 'refused', status: reply.status, code: 'NoServiceRoot', says };
  }
  const links = asResource(reply.resource?.['Links']);
  state.root = { systems, sessions: linkIn(path.origin, links?.['Sessions']) };
  return undefined;
}

function refuse(state: State, reply: RedfishFailure & { readonly kind: 'refused' }): RedfishFailure {
  const { path, access, clock } = state;
  const says =
    `${path.origin} refuses the user name or the password of ${access.userName} (HTTP ${reply.status}): correct its ` +
    'Secret; it is not tried again for a minute, so that the controller does not lock the account';
  const failure: RedfishFailure = { ...reply, says };
  state.refusal = { failure, untilMs: clock.monotonicMs() + refusalHoldsMs };
  return failure;
}

/** Controllers answer a wrong password with 401, some with 403 or, as iLO does, with 400 and a message id. */
function isPasswordRefusal(reply: RedfishFailure & { readonly kind: 'refused' }): boolean {
  if (reply.status === 401 || reply.status === 403) return true;
  return reply.status === 400 && /unauthori[sz]ed|login|credential/i.test(`${reply.code} ${reply.says}`);
}

function left(clock: Clock, endAtMs: number): number {
  return Math.max(1, endAtMs - clock.monotonicMs());
}
