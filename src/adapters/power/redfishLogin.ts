import type { MayGo } from '../../ports/acts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RedfishAccess } from '../../ports/power.ts';
import {
  type RedfishFailure,
  type RedfishPath,
  type RedfishRefusal,
  type RedfishReply,
  type RedfishRequest,
  request,
} from './redfishHttp.ts';
import { asResource, linkIn, pathOn, type Resource } from './redfishLinks.ts';

/**
 * Keeps us logged in: a Redfish session where the controller has a session service, else Basic authentication with
 * each request. Sessions expire, and controllers say so in many ways: 401, 403, a redirect to a login page, the page
 * itself, 500. So a session under which questions were answered is left, once, when one is not, and the question is
 * asked again under a new one. What a new session does not mend was not about the session. An effect is sent once.
 *
 * A refused password is not tried again for a minute: most controllers lock the account after a few attempts, and
 * the lock would hit the very person who comes to help.
 */
export interface RedfishLogin {
  /** What the service root names, read once. */
  root(endAtMs: number): Promise<{ readonly kind: 'found'; readonly root: ServiceRoot } | RedfishFailure>;
  /** A question: may be asked twice. `suits` tells an answer from what only looks like one. */
  ask(path: string, endAtMs: number, suits: (resource: Resource) => boolean): Promise<RedfishReply>;
  /** A question that many accounts may not ask, and controllers may not know: refused, it says nothing about the session. */
  look(path: string, endAtMs: number): Promise<RedfishReply>;
  /** An effect: sent at most once. */
  send(effect: RedfishEffect, endAtMs: number): Promise<RedfishReply>;
  /** The present session's own resource; undefined for Basic. */
  sessionPath(): string | undefined;
  /** Words that must not be shown: the password, in either form, and the present token. */
  secrets(): readonly string[];
  close(): Promise<void>;
}

export interface ServiceRoot {
  readonly systems: string;
  readonly sessions: string | undefined;
  readonly accounts: string | undefined;
}

export interface RedfishEffect {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly mayGo?: MayGo;
}

interface Admission {
  readonly headers: Readonly<Record<string, string>>;
  readonly token: string;
  /** Where the session is deleted; undefined for Basic. */
  readonly sessionPath: string | undefined;
  /** A question was answered under it. */
  proven: boolean;
}

const servicePath = '/redfish/v1/';
const refusalHoldsMs = 60_000;
const logoutDeadlineMs = 5_000;
/** A controller that refuses everything must not be made to open session after session. */
const renewedAtMostEveryMs = 60_000;

interface State {
  readonly path: RedfishPath;
  readonly clock: Clock;
  readonly access: RedfishAccess;
  readonly basic: Admission;
  root: ServiceRoot | undefined;
  admission: Admission | undefined;
  /** The login under way, which all who need one share. */
  entering: Promise<Admission | RedfishFailure> | undefined;
  refusal: { readonly failure: RedfishFailure; readonly untilMs: number } | undefined;
  /** Why the controller gave no session, when it was asked last. */
  noSession: string | undefined;
  /** When a session was last left on suspicion. */
  renewedMs: number;
  /** Of the session before this one: answers to it may still come, and it may still live. */
  leftToken: string;
}

export function createRedfishLogin(
  path: RedfishPath,
  { clock, access }: { readonly clock: Clock; readonly access: RedfishAccess },
): RedfishLogin {
  const word = Buffer.from(`${access.userName}:${access.password}`).toString('base64');
  const headers = { authorization: `Basic ${word}` };
  const state: State = {
    path,
    clock,
    access,
    basic: { headers, token: '', sessionPath: undefined, proven: false },
    root: undefined,
    admission: undefined,
    entering: undefined,
    refusal: undefined,
    noSession: undefined,
    renewedMs: Number.NEGATIVE_INFINITY,
    leftToken: '',
  };
  return {
    root: async (endAtMs) => {
      const failure = await readRoot(state, endAtMs);
      return failure ?? { kind: 'found', root: state.root as ServiceRoot };
    },
    ask: (at, endAtMs, suits) => ask(state, at, { endAtMs, suits }),
    look: (at, endAtMs) => look(state, at, endAtMs),
    send: async (effect, endAtMs) => {
      const as = await admit(state, endAtMs);
      if ('kind' in as) return as.kind === 'unreachable' ? { ...as, mayHaveArrived: false } : as;
      const deadlineMs = Math.max(1, endAtMs - clock.monotonicMs());
      const sent = { ...effect, headers: { ...as.headers, ...effect.headers } };
      return requestAs(state, as, { method: 'POST', deadlineMs, ...sent });
    },
    sessionPath: () => state.admission?.sessionPath,
    secrets: () => [access.password, word, state.admission?.token ?? '', state.leftToken],
    close: async () => {
      const as = state.admission;
      state.admission = undefined;
      if (as !== undefined) await logOut(state, as);
    },
  };
}

type Suits = (resource: Resource) => boolean;

async function ask(
  state: State,
  at: string,
  { endAtMs, suits }: { readonly endAtMs: number; readonly suits: Suits },
): Promise<RedfishReply> {
  const isAnswer = (reply: RedfishReply): boolean =>
    reply.kind === 'done' && reply.resource !== undefined && suits(reply.resource);
  const ended = (as: Admission, reply: RedfishReply): boolean => {
    if (isAnswer(reply)) as.proven = true;
    return !isAnswer(reply) && mayHaveEnded(state, as, reply);
  };
  return await askTwice(state, at, { endAtMs, ended });
}

async function look(state: State, at: string, endAtMs: number): Promise<RedfishReply> {
  const ended = (as: Admission, reply: RedfishReply): boolean =>
    as !== state.basic && reply.kind === 'refused' && reply.status === 401;
  return await askTwice(state, at, { endAtMs, ended });
}

async function askTwice(
  state: State,
  at: string,
  {
    endAtMs,
    ended,
  }: { readonly endAtMs: number; readonly ended: (as: Admission, reply: RedfishReply) => boolean },
): Promise<RedfishReply> {
  const as = await admit(state, endAtMs);
  if ('kind' in as) return as;
  const reply = await askAs(state, as, at, endAtMs);
  if (!ended(as, reply)) return reply;
  leave(state, as, reply);
  if (state.clock.monotonicMs() >= endAtMs) return reply;
  const again = await admit(state, endAtMs);
  return 'kind' in again ? again : await askAs(state, again, at, endAtMs);
}

async function askAs(state: State, as: Admission, path: string, endAtMs: number): Promise<RedfishReply> {
  const deadlineMs = answerWithin(state, endAtMs);
  return await requestAs(state, as, { method: 'GET', path, headers: as.headers, deadlineMs });
}

/** Whether what came instead of an answer may be a way to say that the session is over. "Busy, later" is not. */
function mayHaveEnded(state: State, as: Admission, reply: RedfishReply): boolean {
  if (as === state.basic) return false;
  if (reply.kind === 'refused' && reply.status === 401) return true;
  const leftByAnother = state.admission !== as && reply.kind !== 'unreachable';
  if (leftByAnother) return true;
  if (!as.proven || state.clock.monotonicMs() - state.renewedMs < renewedAtMostEveryMs) return false;
  if (reply.kind === 'done') return true;
  return reply.kind === 'refused' ? !isLater(reply) : ['deadline', 'reset'].includes(reply.why);
}

/** The next question finds a new session. One that may still live is ended, for controllers have few. */
function leave(state: State, as: Admission, reply: RedfishReply): void {
  if (state.admission === as) state.admission = undefined;
  state.leftToken = as.token;
  if (reply.kind === 'refused' && reply.status === 401) return;
  state.renewedMs = state.clock.monotonicMs();
  void logOut(state, as);
}

async function logOut(state: State, as: Admission): Promise<void> {
  if (as.sessionPath === undefined) return;
  const path = as.sessionPath;
  await request(state.path, { method: 'DELETE', path, headers: as.headers, deadlineMs: logoutDeadlineMs });
}

/** Under Basic a 401 is about the password; under a session it only says that the session has ended. */
async function requestAs(state: State, as: Admission, wanted: RedfishRequest): Promise<RedfishReply> {
  const reply = await request(state.path, wanted);
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
    const cancel = clock.after(Math.max(1, endAtMs - clock.monotonicMs()), () => {
      const says = `${path.origin} did not answer its login in time`;
      resolve({ kind: 'unreachable', why: 'deadline', says, mayHaveArrived: false });
    });
    entering.then(resolve, reject).finally(cancel);
  });
}

async function enter(state: State, endAtMs: number): Promise<Admission | RedfishFailure> {
  const failure = await readRoot(state, endAtMs);
  if (failure !== undefined) return failure;
  const sessions = state.root?.sessions;
  const entered = sessions === undefined ? state.basic : await openSession(state, sessions, endAtMs);
  if (!('kind' in entered)) state.admission = entered;
  else if (entered.kind === 'refused' && isPasswordRefusal(entered)) return refuse(state, entered);
  return entered;
}

/** A controller that has no session to give (its limit is reached, it has no such service) still takes Basic. */
async function openSession(
  state: State,
  sessions: string,
  endAtMs: number,
): Promise<Admission | RedfishFailure> {
  const { path, access, basic } = state;
  const body = { UserName: access.userName, Password: access.password };
  const deadlineMs = answerWithin(state, endAtMs);
  const reply = await request(path, { method: 'POST', path: sessions, body, deadlineMs });
  if (reply.kind === 'unreachable') return reply;
  state.noSession = reply.kind === 'refused' ? reply.says : undefined;
  if (reply.kind === 'refused') return isPasswordRefusal(reply) ? reply : basic;
  const token = reply.headers['x-auth-token'];
  if (!token) return basic;
  const sessionPath =
    pathOn(path.origin, reply.headers['location']) ?? linkIn(path.origin, reply.resource ?? {});
  return { headers: { 'x-auth-token': token }, token, sessionPath, proven: false };
}

async function readRoot(state: State, endAtMs: number): Promise<RedfishFailure | undefined> {
  const { path } = state;
  if (state.root !== undefined) return undefined;
  const get = (at: string): Promise<RedfishReply> =>
    request(path, { method: 'GET', path: at, deadlineMs: answerWithin(state, endAtMs) });
  let reply = await get(servicePath);
  // The standard has the closing slash; a few know their root only without.
  if (reply.kind === 'refused' && reply.status === 404) reply = await get(servicePath.slice(0, -1));
  if (reply.kind !== 'done') return reply;
  const { resource } = reply;
  const systems = linkIn(path.origin, resource?.['Systems']);
  if (systems === undefined) {
    const says = `${path.origin} has no Redfish service root that names its systems`;
    return { kind: 'refused', status: reply.status, code: 'NoServiceRoot', says };
  }
  state.root = {
    systems,
    sessions: linkIn(path.origin, asResource(resource?.['Links'])?.['Sessions']),
    accounts: linkIn(path.origin, resource?.['AccountService']),
  };
  return undefined;
}

function refuse(state: State, reply: RedfishRefusal): RedfishFailure {
  const { path, access, clock, noSession } = state;
  const holds = 'it is not tried again for a minute, so that the controller does not lock the account';
  const refused = `${path.origin} refuses the user name or the password of ${access.userName} (HTTP ${reply.status})`;
  // Where it takes sessions alone and has none to give, the password is not what is wrong.
  const says =
    noSession === undefined
      ? `${refused}: correct its Secret; ${holds}`
      : `${noSession}, and without a session ${refused}: free a session of the controller, or correct its Secret; ${holds}`;
  const failure: RedfishFailure = { ...reply, says };
  state.refusal = { failure, untilMs: clock.monotonicMs() + refusalHoldsMs };
  return failure;
}

/** Controllers answer a wrong password with 401, some with 403 or, as iLO does, with 400 and a message id. */
function isPasswordRefusal(reply: RedfishRefusal): boolean {
  if (reply.status === 401 || reply.status === 403) return true;
  return reply.status === 400 && /unauthori[sz]ed|login|credential/i.test(`${reply.code} ${reply.says}`);
}

/** "Busy, later": it says nothing about what was asked, and nothing was begun. Some say so with another status. */
export function isLater({ status, code }: RedfishRefusal): boolean {
  const words = /ServiceTemporarilyUnavailable|ServiceShuttingDown|ServiceInUnknownState|ResourceInUse/;
  return status === 503 || status === 429 || status === 409 || words.test(code);
}

/** One answer may take as long as its rung allows, within what is left for all of them. */
function answerWithin({ clock, path }: State, endAtMs: number): number {
  return Math.max(1, Math.min(path.answersWithinMs, endAtMs - clock.monotonicMs()));
}
