import type { HttpHandler, HttpReply, HttpRequest } from '../../wire/http.ts';
import type { FaultEffect } from '../faults.ts';
import type { Pool } from '../xapi/pool.ts';
import type { Bmc } from './bmc.ts';
import { resourceAt, systemPath } from './resources.ts';

const sessionsPath = '/redfish/v1/SessionService/Sessions';
const resetPath = `${systemPath}/Actions/ComputerSystem.Reset`;

/** One BMC as its clients see it: Redfish over HTTP, with basic authentication or sessions. */
export function createRedfishServer(pool: Pool, bmc: Bmc): HttpHandler {
  const tokens = new Map<string, string>();
  const server: Server = { pool, bmc, tokens };
  return async (request) => {
    if (bmc.presence() !== 'open' || bmc.behaviour === 'hangs') return 'silence';
    const answer = await answerRequest(server, request);
    return bmc.presence() === 'open' ? answer : 'silence';
  };
}

interface Server {
  readonly pool: Pool;
  readonly bmc: Bmc;
  /** Session token → session id. */
  readonly tokens: Map<string, string>;
}

async function answerRequest(
  server: Server,
  request: HttpRequest,
): Promise<HttpReply | 'hangUp' | 'silence'> {
  const path = trimmed(request.path);
  const effects = server.pool.faults.strike(server.bmc.identity.name, faultName(request.method, path));
  for (const effect of effects) {
    if (effect.kind === 'slow') await server.pool.time.pause(effect.delayMs);
    if (effect.kind === 'refused') return 'hangUp';
    if (effect.kind === 'hang') return 'silence';
    if (effect.kind === 'saysDone') return { status: 204, headers: {}, body: '' };
  }
  return spoil(route(server, request, path), effects);
}

function trimmed(path: string): string {
  const [bare = '/'] = path.split('?');
  return bare.length > 1 && bare.endsWith('/') ? bare.slice(0, -1) : bare;
}

function faultName(method: string, path: string): string {
  if (path === resetPath) return 'redfish.reset';
  if (path === systemPath) return 'redfish.system';
  return path === sessionsPath && method === 'POST' ? 'redfish.login' : `redfish ${path}`;
}

function spoil(reply: HttpReply, effects: readonly FaultEffect[]): HttpReply | 'hangUp' {
  for (const { kind } of effects) {
    if (kind === 'lostReply') return 'hangUp';
    if (kind === 'saysFailed') return refusal(500, 'InternalError', 'a fault of the lab');
    if (kind === 'html')
      return { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' };
    if (kind === 'truncated' && typeof reply.body === 'string') {
      return { ...reply, body: reply.body.slice(0, Math.floor(reply.body.length / 2)) };
    }
  }
  return reply;
}

function route(server: Server, request: HttpRequest, path: string): HttpReply {
  const { method } = request;
  const open = path === '/redfish' || path === '/redfish/v1';
  if (open && method === 'GET') return found(resourceAt(server.bmc, path));
  if (path === sessionsPath && method === 'POST') return logIn(server, request);
  if (!isAllowed(server, request)) {
    return refusal(401, 'NoValidSession', 'There is no valid session established with the service.');
  }
  if (path === resetPath && method === 'POST') return reset(server, request);
  if (path.startsWith(`${sessionsPath}/`) && method === 'DELETE') return logOut(server, path);
  if (method !== 'GET') return refusal(405, 'OperationNotAllowed', 'The HTTP method is not allowed here.');
  return found(resourceAt(server.bmc, path));
}

function found(resource: object | undefined): HttpReply {
  return resource === undefined
    ? refusal(404, 'ResourceMissingAtURI', 'There is no such resource.')
    : json(200, resource);
}

function logIn({ bmc, pool, tokens }: Server, request: HttpRequest): HttpReply {
  const { UserName: user, Password: password } = parse(request.body);
  if (!isAccount(bmc, user, password)) {
    return refusal(401, 'ResourceAtUriUnauthorized', 'The user name or the password is wrong.');
  }
  const number = pool.nextNumber();
  const token = pool.seeded.word(`redfish token/${number}`, 32);
  tokens.set(token, String(number));
  const location = `${sessionsPath}/${number}`;
  return json(
    201,
    { '@odata.id': location, Id: String(number), Name: 'User Session', UserName: user },
    { 'x-auth-token': token, location },
  );
}

function logOut({ tokens }: Server, path: string): HttpReply {
  const id = path.slice(sessionsPath.length + 1);
  for (const [token, each] of tokens) if (each === id) tokens.delete(token);
  return { status: 204, headers: {}, body: '' };
}

function isAllowed({ bmc, tokens }: Server, { headers }: HttpRequest): boolean {
  const { authorization = '', 'x-auth-token': token = '' } = headers;
  if (token !== '') return tokens.has(token);
  const [scheme, encoded] = authorization.split(' ');
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return false;
  const [user, ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return isAccount(bmc, user, rest.join(':'));
}

function isAccount({ identity, behaviour }: Bmc, user: unknown, password: unknown): boolean {
  return behaviour !== 'refusesPassword' && user === identity.user && password === identity.password;
}

function reset({ bmc, pool }: Server, request: HttpRequest): HttpReply {
  const { ResetType: type } = parse(request.body);
  const { user } = bmc.identity;
  if (type === 'On') return resetReply(pool, bmc.powerOn());
  if (type === 'ForceOff') return resetReply(pool, bmc.forceOff(user));
  if (type === 'ForceRestart') return resetReply(pool, bmc.forceRestart(user));
  return refusal(400, 'ActionParameterValueNotInList', `ResetType ${String(type)} is not supported.`);
}

function resetReply(pool: Pool, outcome: 'accepted' | 'alreadyOff' | 'alreadyOn'): HttpReply {
  if (outcome === 'accepted' || pool.habits.forceOffWhenOff === 'noContent') {
    return { status: 204, headers: {}, body: '' };
  }
  return refusal(409, 'ResourceInUse', 'The system is in the requested power state already.');
}

function parse(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function refusal(status: number, code: string, message: string): HttpReply {
  const error = {
    code: `Base.1.16.${code}`,
    message,
    '@Message.ExtendedInfo': [{ MessageId: `Base.1.16.${code}`, Message: message }],
  };
  return json(status, { error }, status === 401 ? { 'www-authenticate': 'Basic realm="Redfish"' } : {});
}

function json(status: number, value: object, more: Readonly<Record<string, string>> = {}): HttpReply {
  return {
    status,
    headers: { 'content-type': 'application/json', 'odata-version': '4.0', ...more },
    body: JSON.stringify(value),
  };
}
