/** XAPI's calls: JSON-RPC, all of them a POST to one path, so that the method in the body says what is asked for. */
import type { HttpReply } from '../../wire/http.ts';
import { type Asked, jsonReply, type Protocol, pathOf } from './protocol.ts';

export const xapi: Protocol = {
  name: 'XAPI',
  owns: ({ path }) => pathOf(path) === '/jsonrpc',
  label: (request) => `XAPI ${methodOf(request)}`,
  changes: (request) => (reads.test(methodOf(request)) ? undefined : 'effect'),
  failed: (request) => rpc(request, { error: { code: 1, message: 'INTERNAL_ERROR', data: ['Not_found'] } }),
  done: (request) => {
    const isAsync = methodOf(request).startsWith('Async.');
    return rpc(request, { result: isAsync ? 'OpaqueRef:00000000-0000-4000-8000-000000000000' : '' });
  },
  alsoSays: [],
};

/** Sessions and the operator's own finished tasks are the only things that these create or remove. */
const reads =
  /^(?:[\w]+\.get_\w+|event\.from|session\.(?:login_with_password|logout|slave_local_login_with_password|local_logout)|task\.destroy|VM\.assert_can_boot_here|host\.compute_free_memory)$/;

function methodOf({ body }: Asked): string {
  return /"method":"([^"]+)"/.exec(body)?.[1] ?? '?';
}

function rpc({ body }: Asked, answer: object): HttpReply {
  const { id = null } = JSON.parse(body) as { readonly id?: unknown };
  return jsonReply(200, { jsonrpc: '2.0', ...answer, id });
}
