import type { HttpReply } from '../../wire/http.ts';
import type { Outcome } from './outcome.ts';

/** One JSON-RPC request, of version 1 or 2. */
export interface Envelope {
  readonly version: 1 | 2;
  readonly id: number | string;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Undefined for whatever XAPI answers with HTTP 500: no JSON, a batch, a null id, a notification, named parameters. */
export function parseEnvelope(body: Uint8Array): Envelope | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const { jsonrpc, id, method, params } = parsed as Readonly<Record<string, unknown>>;
  if (typeof id !== 'number' && typeof id !== 'string') return undefined;
  if (typeof method !== 'string' || !Array.isArray(params)) return undefined;
  return { version: jsonrpc === '2.0' ? 2 : 1, id, method, params };
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
  return { status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'no-cache' }, body };
}

export function html(status: number, title: string): HttpReply {
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: `<html><body><h1>${title}</h1>This is the XAPI toolstack of a lab.</body></html>`,
  };
}
