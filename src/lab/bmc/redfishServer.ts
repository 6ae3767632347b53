import type { HttpHandler, HttpReply, HttpRequest } from '../../wire/http.ts';
import type { FaultEffect } from '../faults.ts';
import type { Pool } from '../xapi/pool.ts';
import { countOf, lookOfEndedSession } from './behaviours.ts';
import type { Bmc } from './bmc.ts';
import { endedSession, json, moved, noContent, parse, refusal } from './replies.ts';
import { reset, resetPath } from './reset.ts';
import { accountServicePath, resourceAt, sessionsPath, systemPath } from './resources.ts';

/** One BMC as its clients see it: Redfish over HTTP, with basic authentication or sessions. */
export function createRedfishServer(pool: Pool, bmc: Bmc): HttpHandler {
  const server: Server = { pool, bmc };
  return async (request) => {
    if (bmc.presence() !== 'open' || bmc.is('hangs')) return 'silence';
    const slowMs = countOf(bmc.behaviours, 'answersAfterMs');
    if (slowMs !== undefined) {
      await new Promise<void>((resolve) => {
        pool.time.outside.after(slowMs, resolve);
      });
    }
    const answer = await answerRequest(server, request);
    return bmc.presence() === 'open' ? answer : 'silence';
  };
}

interface Server {
  readonly pool: Pool;
  readonly bmc: Bmc;
}

async function answerRequest(
  server: Server,
  request: HttpRequest,
): Promise<HttpReply | 'hangUp' | 'silence'> {
  const path = trimmed(request.path);
  const effects = server.pool.faults.strike(server.bmc.identity.name, redfishFaultName(request));
  for (const effect of effects) {
    if (effect.kind === 'slow') await server.pool.time.pause(effect.delayMs);
    if (effect.kind === 'refused') return 'hangUp';
    if (effect.kind === 'hang') return 'silence';
    if (effect.kind === 'saysDone') return noContent;
  }
  const reply = route(server, request, path);
  return reply === 'hangUp' ? reply : spoil(dated(server.bmc, reply), effects);
}

function trimmed(path: string): string {
  const [bare = '/'] = path.split('?');
  return bare.length > 1 && bare.endsWith('/') ? bare.slice(0, -1) : bare;
}

/** What a fault of the lab calls the request: see `Fault.method`. */
export function redfishFaultName(request: Pick<HttpRequest, 'method' | 'path'>): string {
  const path = trimmed(request.path);
  if (path === resetPath) return 'redfish.reset';
  if (path === systemPath) return 'redfish.system';
  return path === sessionsPath && request.method === 'POST' ? 'redfish.login' : `redfish ${path}`;
}

function dated(bmc: Bmc, reply: HttpReply): HttpReply {
  if (!bmc.is('clockYearsOff')) return reply;
  return { ...reply, headers: { ...reply.headers, date: 'Thu, 01 Jan 1970 00:00:07 GMT' } };
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

function route(server: Server, request: HttpRequest, path: string): HttpReply | 'hangUp' {
  const { bmc } = server;
  const { method } = request;
  const open = path === '/redfish' || path === '/redfish/v1';
  if (open && method === 'GET') return found(resourceAt(bmc, path));
  if (path === sessionsPath && request.method === 'POST') return logIn(server, request);
  if (!isAllowed(bmc, request)) return turnedAway(bmc, request);
  if (path === resetPath && method === 'POST') return reset(server, request);
  if (path.startsWith(`${sessionsPath}/`) && method === 'DELETE') return logOut(bmc, path);
  if (method !== 'GET') return refusal(405, 'OperationNotAllowed', 'The HTTP method is not allowed here.');
  if (bmc.is('hidesAccounts') && path.startsWith(accountServicePath)) {
    return refusal(403, 'InsufficientPrivilege', 'There are insufficient privileges for the account.');
  }
  if (bmc.is('redirects') && request.path === systemPath) return moved(`${systemPath}/`);
  return found(resourceAt(bmc, path));
}

function found(resource: object | undefined): HttpReply {
  return resource === undefined
    ? refusal(404, 'ResourceMissingAtURI', 'There is no such resource.')
    : json(200, resource);
}

/** A token that is not known, or no longer. */
function turnedAway(bmc: Bmc, { headers }: HttpRequest): HttpReply {
  const look = lookOfEndedSession(bmc.behaviours);
  return endedSession(look !== undefined && headers['x-auth-token'] !== undefined ? look : '401');
}

function logIn({ bmc, pool }: Server, request: HttpRequest): HttpReply {
  if (bmc.is('noSessions'))
    return refusal(405, 'OperationNotAllowed', 'The HTTP method is not allowed here.');
  if (bmc.is('noSessionLeft')) {
    return refusal(503, 'SessionLimitExceeded', 'The session establishment failed: there are too many.');
  }
  const { UserName: user, Password: password } = parse(request.body);
  if (!isAccount(bmc, user, password)) {
    return refusal(401, 'ResourceAtUriUnauthorized', 'The user name or the password is wrong.');
  }
  const number = pool.nextNumber();
  const token = pool.seeded.word(`redfish token/${number}`, 32);
  bmc.sessions.set(token, String(number));
  const location = `${sessionsPath}/${number}`;
  return json(
    201,
    { '@odata.id': location, Id: String(number), Name: 'User Session', UserName: user },
    { 'x-auth-token': token, location },
  );
}

function logOut({ sessions }: Bmc, path: string): HttpReply {
  const id = path.slice(sessionsPath.length + 1);
  for (const [token, each] of sessions) if (each === id) sessions.delete(token);
  return noContent;
}

function isAllowed(bmc: Bmc, { headers }: HttpRequest): boolean {
  const { authorization = '', 'x-auth-token': token = '' } = headers;
  if (token !== '') return bmc.sessions.has(token);
  const [scheme, encoded] = authorization.split(' ');
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return false;
  const [user, ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return isAccount(bmc, user, rest.join(':'));
}

function isAccount(bmc: Bmc, user: unknown, password: unknown): boolean {
  const { identity } = bmc;
  return !bmc.is('refusesPassword') && user === identity.user && password === identity.password;
}
