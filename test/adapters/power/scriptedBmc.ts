import { type Clock, sleep } from '../../../src/ports/clock.ts';
import type { HttpHandler, HttpReply } from '../../../src/wire/http.ts';

/**
 * A management controller that does what a test tells it: one machine, a session service or Basic authentication, and
 * a ForceOff that takes its time. For how real ones behave there are the lab and sushy-emulator.
 */
export interface ScriptedBmc {
  readonly handler: HttpHandler;
  power: string;
  /** Ids in the Systems collection; the first is the machine. */
  systems: readonly string[];
  login: 'sessions' | 'basic';
  password: string;
  /** How long it takes for each answer. */
  pauseMs: number;
  /** Merged over the system resource. */
  system: Readonly<Record<string, unknown>>;
  /** More resources, by path; the service root has those of its own that are given under ''. */
  resources: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Answers a request before anything built in; undefined leaves it to what is built in. */
  answer: (request: SeenRequest) => HttpReply | 'hangUp' | 'silence' | undefined;
  readonly seen: readonly SeenRequest[];
  readonly sessions: Set<string>;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export const bmcUser = 'admin';
export const bmcPassword = 'bmc-secret';
export const bmcSerial = 'SERIAL-7';

export function createScriptedBmc(options: {
  readonly clock: Clock;
  readonly offTakesMs?: number;
}): ScriptedBmc {
  const seen: SeenRequest[] = [];
  const sessions = new Set<string>();
  let sessionCount = 0;
  const settle = (state: string): void => {
    options.clock.after(options.offTakesMs ?? 0, () => {
      bmc.power = state;
    });
  };

  const admitted = (request: Parameters<HttpHandler>[0]): boolean => {
    const { authorization, 'x-auth-token': token } = request.headers;
    if (token !== undefined) return sessions.has(token);
    if (bmc.login === 'sessions' || authorization === undefined) return false;
    const word = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString('utf8');
    return word === `${bmcUser}:${bmc.password}`;
  };

  const enter = (body: string): HttpReply => {
    const { UserName, Password } = JSON.parse(body);
    if (UserName !== bmcUser || Password !== bmc.password)
      return failure(401, 'Base.1.0.NoValidSession', 'no');
    sessionCount += 1;
    const token = `token-${sessionCount}`;
    sessions.add(token);
    const location = `/redfish/v1/SessionService/Sessions/${token}`;
    return {
      ...json(201, { '@odata.id': location }),
      headers: { ...jsonType, 'x-auth-token': token, location },
    };
  };

  const serve = (request: Parameters<HttpHandler>[0], body: string): HttpReply => {
    const { method, path } = request;
    if (path === '/redfish/v1/') {
      const links = { Sessions: { '@odata.id': '/redfish/v1/SessionService/Sessions' } };
      return json(200, {
        Systems: { '@odata.id': '/redfish/v1/Systems' },
        ...(bmc.login === 'sessions' ? { Links: links } : {}),
        ...bmc.resources[''],
      });
    }
    if (method === 'POST' && path === '/redfish/v1/SessionService/Sessions') return enter(body);
    if (!admitted(request)) return failure(401, 'Base.1.0.AccessDenied', 'who are you?');
    if (method === 'DELETE') {
      sessions.delete(path.split('/').at(-1) ?? '');
      return { status: 204, headers: {}, body: '' };
    }
    if (path === '/redfish/v1/Systems') {
      return json(200, { Members: bmc.systems.map((id) => ({ '@odata.id': `/redfish/v1/Systems/${id}` })) });
    }
    const more = bmc.resources[path];
    if (more !== undefined) return json(200, more);
    const at = `/redfish/v1/Systems/${bmc.systems[0]}`;
    if (path === at) {
      return json(200, {
        '@odata.id': at,
        PowerState: bmc.power,
        SerialNumber: bmcSerial,
        Actions: { '#ComputerSystem.Reset': { target: `${at}/Actions/ComputerSystem.Reset` } },
        ...bmc.system,
      });
    }
    if (method === 'POST' && path === `${at}/Actions/ComputerSystem.Reset`) {
      const { ResetType: type } = JSON.parse(body);
      if (type === 'ForceOff') settle('Off');
      else if (type === 'On') settle('On');
      else return failure(400, 'Base.1.0.ActionParameterNotSupported', `no ${type}`);
      return { status: 204, headers: {}, body: '' };
    }
    return failure(404, 'Base.1.0.ResourceMissingAtURI', `no ${path}`);
  };

  const bmc: ScriptedBmc = {
    handler: async (request) => {
      const body = Buffer.from(request.body).toString('utf8');
      const { authorization, 'x-auth-token': token } = request.headers;
      const noted = {
        method: request.method,
        path: request.path,
        body,
        authorization: token ?? authorization,
        headers: request.headers,
      };
      seen.push(noted);
      if (bmc.pauseMs > 0) await sleep(options.clock, bmc.pauseMs);
      return bmc.answer(noted) ?? serve(request, body);
    },
    power: 'On',
    systems: ['7'],
    login: 'sessions',
    password: bmcPassword,
    pauseMs: 0,
    system: {},
    resources: {},
    answer: () => undefined,
    seen,
    sessions,
  };
  return bmc;
}

const jsonType = { 'content-type': 'application/json' };

export function json(status: number, value: unknown): HttpReply {
  return { status, headers: jsonType, body: JSON.stringify(value) };
}

export function failure(status: number, messageId: string, message: string): HttpReply {
  const info = [{ MessageId: messageId, Message: message }];
  return json(status, { error: { code: messageId, message, '@Message.ExtendedInfo': info } });
}
