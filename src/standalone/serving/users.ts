import { createHash } from 'node:crypto';
import type { HttpRequest } from '../../wire/http.ts';
import { type Refusal, refuse, unauthorized } from './status.ts';

/** Who makes a request. Whoever has a token may do everything: this server has no roles. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** A bearer token and whom it stands for. */
export interface Token {
  readonly token: string;
  readonly user: User;
}

/** What anybody may read: whether the server is well, and which one it is. */
const openPaths = new Set(['/healthz', '/livez', '/readyz', '/version']);

export interface Authentication {
  /** The user of a request, or 401 for a wrong token, or 403 for none where one is needed and for another's name. */
  userOf(request: Pick<HttpRequest, 'headers' | 'method'>, path: string): User | Refusal;
}

export function createAuthentication(tokens: readonly Token[]): Authentication {
  // Looked up by digest, so that the time of the lookup tells nothing about a token.
  const byDigest = new Map(tokens.map(({ token, user }) => [digest(token), user]));
  return {
    userOf: ({ headers, method }, path) => {
      const { authorization } = headers;
      if (authorization === undefined) {
        return openPaths.has(path) ? anonymous : anonymousForbidden(method, path);
      }
      const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1];
      const user = token === undefined ? undefined : byDigest.get(digest(token));
      if (user === undefined) return unauthorized();
      return Object.keys(headers).some((name) => name.startsWith('impersonate-')) ? noImpersonation : user;
    },
  };
}

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Ignored, the header would have the request act as the token's own user under a name that the sender takes for true. */
const noImpersonation: Refusal = refuse(403, 'Forbidden', {
  message: 'this server has no other users to impersonate: send the request without --as',
  details: {},
});

function anonymousForbidden(method: string, path: string): Refusal {
  return refuse(403, 'Forbidden', {
    message: `forbidden: User "system:anonymous" cannot ${method.toLowerCase()} path "${path}"`,
    details: {},
  });
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
