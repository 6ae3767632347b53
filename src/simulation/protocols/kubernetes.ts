/** The Kubernetes API: whatever is not a GET writes. */
import type { HttpReply } from '../../wire/http.ts';
import { jsonReply, methodAndPath, type Protocol } from './protocol.ts';

export const kubernetes: Protocol = {
  name: 'Kubernetes',
  owns: ({ path }) => /^\/apis?\//.test(path),
  label: methodAndPath,
  changes: ({ method, path }) => {
    if (method === 'GET') return undefined;
    return path.includes('/recoveryrequests/') ? 'record' : 'write';
  },
  failed: () => refusal(500, 'InternalError'),
  done: ({ method, body }) => jsonReply(method === 'POST' ? 201 : 200, created(JSON.parse(body))),
  alsoSays: [
    { name: 'saysConflict', reaches: 'server', reply: () => refusal(409, 'Conflict') },
    { name: 'saysTooManyRequests', reaches: 'nobody', reply: () => refusal(429, 'TooManyRequests') },
  ],
};

/** A Status: how an API server, or something before it, says that it did not do what it was asked for. */
export function refusal(
  code: number,
  reason: string,
  message = 'a reply that was made up on the way',
): HttpReply {
  return jsonReply(code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  });
}

/** What was sent, and what a server would have added to a new object. */
function created(sent: { readonly metadata?: object }): unknown {
  return { ...sent, metadata: { uid: 'made-up', resourceVersion: '1', ...sent.metadata } };
}
