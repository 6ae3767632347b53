import type { Clock, Random } from '../../ports/clock.ts';
import { sleep } from '../../ports/clock.ts';
import { KubernetesError } from '../../ports/kubernetes.ts';
import type { Network } from '../../ports/network.ts';
import { backoffDelayMs } from '../../runtime/backoff.ts';
import { withDeadline } from '../../runtime/deadline.ts';
import type { ExchangeReply, ExchangeStream } from '../network/exchange.ts';
import { exchange, openStream } from '../network/exchange.ts';
import { TransportError } from '../network/transportError.ts';
import { type Connection, CredentialsError, type Endpoint } from './connection.ts';
import { createDispatchers, type Dispatchers } from './dispatchers.ts';
import { type ResourceTarget, resourceLabel, resourcePath } from './resourcePath.ts';
import { connectionError, statusError } from './statusError.ts';

/**
 * The one way to the API server. client-node's own transport opens a TLS connection for every request and has
 * neither deadline nor retry (kubernetes-client/javascript issue 2893), so requests go over two undici pools: one for
 * requests, one for watches, which would otherwise occupy all connections of the first.
 *
 * Repeats a request only when that can do no harm: a read after a broken connection, 429 or 5xx; a write only when it
 * certainly was not applied (429, 401, or the connection never came to be). Everything happens within the request's
 * deadline, waits included.
 */
export interface Transport {
  /** Sends a request and returns the JSON of its 2xx answer. Throws KubernetesError, or the signal's reason. */
  request(request: ApiRequest): Promise<unknown>;
  /**
   * Opens a watch and returns its lines as they come. Throws KubernetesError, or the signal's reason; never repeats,
   * but for a 401. `target` is the collection; the deadline is for the head of the answer.
   */
  watch(request: WatchRequest): Promise<ExchangeStream>;
  /** How many requests were sent, by verb and resource: `get pools`, `update pools/status`. Repeats count. */
  counters(): Readonly<Record<string, number>>;
  /** Closes all connections. Requests under way fail. */
  close(): Promise<void>;
}

export interface ApiRequest {
  readonly verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete';
  readonly target: ResourceTarget;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

export interface WatchRequest {
  readonly target: ResourceTarget;
  readonly query: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

const methods = {
  get: 'GET',
  list: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
} as const;

const mostTries = 4;
const betweenTries = { baseMs: 200, maxMs: 5_000 };
/** An error's body is a short Status; whoever sends more, or sends it slowly, is not waited for. */
const errorBodyLimit = 64 * 1024;
const errorBodyDeadlineMs = 5_000;

export interface TransportOptions {
  readonly connection: Connection;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly userAgent: string;
}

interface Wire extends TransportOptions {
  readonly dispatchers: Dispatchers;
  readonly counts: Map<string, number>;
}

export function createTransport(options: TransportOptions): Transport {
  const wire: Wire = { ...options, dispatchers: createDispatchers(options.network), counts: new Map() };
  return {
    request: (asked) => request(wire, asked),
    watch: (asked) => watch(wire, asked),
    counters: () => Object.fromEntries(wire.counts),
    close: () => wire.dispatchers.close(),
  };
}

async function request(wire: Wire, asked: ApiRequest): Promise<unknown> {
  const { clock, connection, random } = wire;
  const label = `${asked.verb} ${resourceLabel(asked.target)}`;
  const isWrite = asked.verb !== 'get' && asked.verb !== 'list';
  const endsAtMs = clock.monotonicMs() + asked.deadlineMs;
  const leftMs = (): number => Math.max(0, endsAtMs - clock.monotonicMs());
  const limits = () => ({ label, deadlineMs: leftMs(), ...signalOf(asked.signal) });
  let endpoint = await credentials(wire, connection.current(), limits());
  let refreshed = false;
  for (let attempt = 0; ; attempt++) {
    count(wire, label);
    const about = { label, isWrite, wallMs: clock.wallMs() };
    const result = await attemptOnce(() => send(wire, endpoint, { ...asked, deadlineMs: leftMs() }), about);
    if (result.kind === 'answered') return result.json;
    const { error } = result;
    if (error.status === 401 && !refreshed) {
      refreshed = true;
      endpoint = await credentials(wire, connection.refresh(endpoint), limits());
      continue;
    }
    const waitMs = waitBeforeRepeating(error, { isWrite, attempt, random });
    if (waitMs === undefined || waitMs >= leftMs()) throw error;
    await sleep(clock, waitMs, asked.signal);
  }
}

async function watch(wire: Wire, asked: WatchRequest): Promise<ExchangeStream> {
  const { clock, connection } = wire;
  const label = `watch ${resourceLabel(asked.target)}`;
  const limits = { label, deadlineMs: asked.deadlineMs, signal: asked.signal };
  const endpoint = await credentials(wire, connection.current(), limits);
  let stream = await openWatch(wire, { endpoint, asked, label });
  if (stream.status === 401) {
    stream.close();
    const fresh = await credentials(wire, connection.refresh(endpoint), limits);
    stream = await openWatch(wire, { endpoint: fresh, asked, label });
  }
  if (stream.status >= 200 && stream.status < 300) return stream;
  const text = await shortBody(stream, clock);
  const reply = { status: stream.status, headers: stream.headers, text };
  throw statusError(reply, { label, isWrite: false, wallMs: clock.wallMs() });
}

function count({ counts }: Wire, label: string): void {
  counts.set(label, (counts.get(label) ?? 0) + 1);
}

/** Credentials within the time that the request has; a plugin that hangs does not hang the request. */
async function credentials(
  wire: Wire,
  ask: Promise<Endpoint>,
  limits: { readonly label: string; readonly deadlineMs: number; readonly signal?: AbortSignal },
): Promise<Endpoint> {
  try {
    const late = (): unknown => new CredentialsError(`no credentials within ${limits.deadlineMs} ms`);
    return await withDeadline(ask, { clock: wire.clock, ...limits, late });
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
    const details = { reason: 'NoCredentials', mayHaveArrived: false, cause: error };
    throw new KubernetesError(`${limits.label}: ${error.message}`, details);
  }
}

/** One try: the answer, whatever its status. */
async function send(wire: Wire, endpoint: Endpoint, asked: ApiRequest): Promise<ExchangeReply> {
  const contentType = asked.verb === 'patch' ? 'application/merge-patch+json' : 'application/json';
  const body =
    asked.body === undefined
      ? { headers: headersFor(wire, endpoint) }
      : {
          headers: { ...headersFor(wire, endpoint), 'content-type': contentType },
          body: JSON.stringify(asked.body),
        };
  return await exchange(wire.dispatchers.forRequests(endpoint), wire.clock, {
    method: methods[asked.verb],
    path: endpoint.pathPrefix + resourcePath(asked.target, asked.query),
    ...body,
    deadlineMs: asked.deadlineMs,
    ...signalOf(asked.signal),
  });
}

async function openWatch(
  wire: Wire,
  about: { readonly endpoint: Endpoint; readonly asked: WatchRequest; readonly label: string },
): Promise<ExchangeStream> {
  const { endpoint, asked, label } = about;
  count(wire, label);
  try {
    return await openStream(wire.dispatchers.forWatches(endpoint), wire.clock, {
      method: 'GET',
      path: endpoint.pathPrefix + resourcePath(asked.target, { ...asked.query, watch: 'true' }),
      headers: headersFor(wire, endpoint),
      deadlineMs: asked.deadlineMs,
      signal: asked.signal,
    });
  } catch (error) {
    if (error instanceof TransportError) throw connectionError(label, error);
    throw error;
  }
}

function headersFor(wire: Wire, endpoint: Endpoint): Record<string, string> {
  return { ...endpoint.headers, accept: 'application/json', 'user-agent': wire.userAgent };
}

type Attempt =
  | { readonly kind: 'answered'; readonly json: unknown }
  | { readonly kind: 'failed'; readonly error: KubernetesError };

async function attemptOnce(
  send: () => Promise<ExchangeReply>,
  about: { readonly label: string; readonly isWrite: boolean; readonly wallMs: number },
): Promise<Attempt> {
  let reply: ExchangeReply;
  try {
    reply = await send();
  } catch (error) {
    if (error instanceof TransportError) {
      return { kind: 'failed', error: connectionError(about.label, error) };
    }
    throw error;
  }
  if (reply.status < 200 || reply.status >= 300) return { kind: 'failed', error: statusError(reply, about) };
  try {
    return { kind: 'answered', json: JSON.parse(reply.text) };
  } catch (error) {
    const message = `${about.label}: answered ${reply.status} with something that is not JSON`;
    return {
      kind: 'failed',
      error: new KubernetesError(message, {
        status: reply.status,
        reason: 'NotJson',
        mayHaveArrived: about.isWrite,
        cause: error,
      }),
    };
  }
}

/** Undefined when a repeat could do harm or no good. */
function waitBeforeRepeating(
  error: KubernetesError,
  about: { readonly isWrite: boolean; readonly attempt: number; readonly random: Random },
): number | undefined {
  if (about.attempt + 1 >= mostTries) return undefined;
  const { status } = error;
  const notApplied = status === 429 || (status === undefined && !error.mayHaveArrived);
  const worthIt = about.isWrite ? notApplied : status === undefined || status === 429 || status >= 500;
  if (!worthIt) return undefined;
  return error.retryAfterMs ?? backoffDelayMs(betweenTries, about.attempt, about.random);
}

async function shortBody(stream: ExchangeStream, clock: Clock): Promise<string> {
  let text = '';
  const read = async (): Promise<void> => {
    for await (const chunk of stream.chunks) {
      text += chunk;
      if (text.length > errorBodyLimit) return;
    }
  };
  try {
    await withDeadline(read(), {
      clock,
      deadlineMs: errorBodyDeadlineMs,
      late: () => new Error('the body of a refusal did not end'),
    });
  } catch {
    // The status alone says enough; a body that breaks off changes nothing.
  } finally {
    stream.close();
  }
  return text;
}

function signalOf(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
