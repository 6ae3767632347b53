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

export function createRedfishLogin(
  path: RedfishPath,
  options: { readonly clock: Clock; readonly access: RedfishAccess },
): RedfishLogin {
  const { clock, access } = options;
  let root: { readonly systems: string; readonly sessions: string | undefined } | undefined;
  let admission: Admission | undefined;
  let entering: Promise<Admission | RedfishFailure> | undefined;
  let refusal: { readonly failure: RedfishFailure; readonly untilMs: number } | undefined;

  const basicWord = Buffer.from(`${access.userName}:${access.password}`).toString('base64');
  const basic: Admission = {
    headers: { authorization: `Basic ${basicWord}` },
    token: '',
    sessionPath: undefined,
  };

  const readRoot = async (deadlineMs: number): Promise<RedfishFailure | undefined> => {
    if (root !== undefined) return undefined;
    const reply = await request(path, { method: 'GET', path: servicePath, deadlineMs });
    if (reply.kind !== 'done') return reply;
    const systems = linkIn(path.origin, reply.resource?.['Systems']);
    if (systems === undefined) {
      const says = `${path.origin} has no Redfish service root that names its systems`;
      return { kind: 'refused', status: reply.status, code: 'NoServiceRoot', says };
    }
    const links = asResource(reply.resource?.['Links']);
    root = { systems, sessions: linkIn(path.origin, links?.['Sessions']) };
    return undefined;
  };

  const enter = async (endAtMs: number): Promise<Admission | RedfishFailure> => {
    const failure = await readRoot(left(clock, endAtMs));
    if (failure !== undefined) return failure;
    if (root?.sessions === undefined) return basic;
    const reply = await request(path, {
      method: 'POST',
      path: root.sessions,
      body: { UserName: access.userName, Password: access.password },
      deadlineMs: left(clock, endAtMs),
    });
    if (reply.kind === 'unreachable') return reply;
    if (reply.kind === 'refused') return isPasswordRefusal(reply) ? refuse(reply) : basic;
    const token = reply.headers['x-auth-token'];
    if (!token) return basic;
    const sessionPath =
      pathOn(path.origin, reply.headers['location']) ?? linkIn(path.origin, reply.resource ?? {});
    return { headers: { 'x-auth-token': token }, token, sessionPath };
  };

  const refuse = (reply: RedfishFailure & { readonly kind: 'refused' }): RedfishFailure => {
    const says =
      `${path.origin} refuses the user name or the password of ${access.userName} (HTTP ${reply.status}): correct its ` +
      'Secret; it is not tried again for a minute, so that the controller does not lock the account';
    const failure: RedfishFailure = { ...reply, says };
    refusal = { failure, untilMs: clock.monotonicMs() + refusalHoldsMs };
    return failure;
  };

  const admit = async (endAtMs: number): Promise<Admission | RedfishFailure> => {
    if (refusal !== undefined && clock.monotonicMs() < refusal.untilMs) return refusal.failure;
    refusal = undefined;
    if (admission !== undefined) return admission;
    entering ??= enter(endAtMs).finally(() => {
      entering = undefined;
    });
    const entered = await entering;
    if (!('kind' in entered)) admission = entered;
    return entered;
  };

  const sendAs = (wanted: RedfishRequest, as: Admission): Promise<RedfishReply> =>
    request(path, { ...wanted, headers: as.headers });

  /** Under Basic a 401 is about the password; under a session it only says that the session has ended. */
  const noteUnauthorized = (reply: RedfishReply, as: Admission): RedfishReply => {
    if (reply.kind !== 'refused' || reply.status !== 401) return reply;
    if (admission === as) admission = undefined;
    return as === basic ? refuse(reply) : reply;
  };

  return {
    systems: async (deadlineMs) => {
      const failure = await readRoot(deadlineMs);
      if (failure !== undefined) return failure;
      return { kind: 'found', path: root?.systems ?? servicePath };
    },
    ask: async (at, deadlineMs) => {
      const endAtMs = clock.monotonicMs() + deadlineMs;
      for (let attempt = 1; ; attempt += 1) {
        const as = await admit(endAtMs);
        if ('kind' in as) return as;
        const wanted = { method: 'GET', path: at, deadlineMs: left(clock, endAtMs) } as const;
        const reply = noteUnauthorized(await sendAs(wanted, as), as);
        const sessionEnded = as !== basic && reply.kind === 'refused' && reply.status === 401;
        if (!sessionEnded || attempt === 2) return reply;
      }
    },
    send: async (at, body, deadlineMs) => {
      const endAtMs = clock.monotonicMs() + deadlineMs;
      const as = await admit(endAtMs);
      if ('kind' in as) return as;
      const wanted = { method: 'POST', path: at, body, deadlineMs: left(clock, endAtMs) } as const;
      return noteUnauthorized(await sendAs(wanted, as), as);
    },
    secrets: () => [access.password, basicWord, admission?.token ?? ''],
    close: async () => {
      const as = admission;
      admission = undefined;
      if (as?.sessionPath === undefined) return;
      await sendAs({ method: 'DELETE', path: as.sessionPath, deadlineMs: logoutDeadlineMs }, as);
    },
  };
}

/** Controllers answer a wrong password with 401, some with 403 or, as iLO does, with 400 and a message id. */
function isPasswordRefusal(reply: RedfishFailure & { readonly kind: 'refused' }): boolean {
  if (reply.status === 401 || reply.status === 403) return true;
  return reply.status === 400 && /unauthori[sz]ed|login|credential/i.test(`${reply.code} ${reply.says}`);
}

function left(clock: Clock, endAtMs: number): number {
  return Math.max(1, endAtMs - clock.monotonicMs());
}
