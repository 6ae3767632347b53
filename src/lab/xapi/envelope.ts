import type { HttpReply } from '../../wire/http.ts';
import type { Outcome } from './outcome.ts';

/** One JSON-RPC request, of version 1 or 2. */
export interface Envelope {
  readonly version: 1 | 2;
  readonly id: number | string;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What XAPI answers with HTTP 500: no JSON, a batch, a null id, a notification, named parameters. */
export interface Malformed {
  /** In the words of the parser that gave up. */
  readonly because: string;
}

export function parseEnvelope(body: Uint8Array): Envelope | Malformed {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return { because: 'Yojson__Common.Json_error("Unexpected end of input")' };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return malformed('Invalid request body');
  }
  const { jsonrpc, id, method, params } = parsed as Readonly<Record<string, unknown>>;
  if (typeof id !== 'number' && typeof id !== 'string') return malformed(invalidField('id'));
  if (typeof method !== 'string') return malformed(invalidField('method'));
  if (!Array.isArray(params)) return malformed(invalidField('params'));
  return { version: jsonrpc === '2.0' ? 2 : 1, id, method, params };
}

function malformed(what: string): Malformed {
  return { because: `Jsonrpc.Malformed_method_request("${what}")` };
}

function invalidField(name: string): string {
  return `Invalid field '${name}' in request body`;
}

export function renderReply({ version, id }: Envelope, outcome: Outcome): HttpReply {
  const idJson = JSON.stringify(id);
  if (outcome.kind === 'done') {
    return json(
      version === 2
        ? `{"jsonrpc":"2.0","result":${outcome.json},"id":${idJson}}`
        : `{"result":${outcome.json},"error":null,"id":${idJson}}`,
    );
  }
  const [message, ...data] = outcome.error;
  return json(
    version === 2
      ? `{"jsonrpc":"2.0","error":${JSON.stringify({ code: 1, message, data })},"id":${idJson}}`
      : `{"result":null,"error":${JSON.stringify(outcome.error)},"id":${idJson}}`,
  );
}

/**
 * Errors that are raised before a call is dispatched, as in emergency mode: the error is a plain array whatever the
 * version, and the id is 0 whatever was sent.
 */
export function renderUndispatched({ version }: Envelope, error: readonly string[]): HttpReply {
  const head = version === 2 ? '"jsonrpc":"2.0"' : '"result":null';
  return json(`{${head},"error":${JSON.stringify(error)},"id":0}`);
}

function json(body: string): HttpReply {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache, no-store' };
  return { status: 200, headers, body };
}

/** XAPI's page for an exception of its own, with the exception in it. */
export function internalError(because: string): HttpReply {
  const text = because.replaceAll('"', '&quot;');
  return {
    status: 500,
    headers: { 'content-type': 'text/html', 'cache-control': 'no-cache, no-store' },
    body: `<html><body><h1>HTTP 500 internal server error</h1>An unexpected error occurred; please wait a while and try again. If the problem persists, please contact your support representative.<h1> Additional information </h1>${text}</body></html>`,
  };
}

export function html(status: number, title: string): HttpReply {
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: `<html><body><h1>${title}</h1>This is the XAPI toolstack of a lab.</body></html>`,
  };
}
