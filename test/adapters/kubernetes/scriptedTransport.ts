import { resourceLabel } from '../../../src/adapters/kubernetes/resourcePath.ts';
import { statusError } from '../../../src/adapters/kubernetes/statusError.ts';
import type { ApiRequest, Transport, WatchRequest } from '../../../src/adapters/kubernetes/transport.ts';
import { KubernetesError } from '../../../src/ports/kubernetes.ts';

/** A watch that the code under test has opened, in the hands of the test. */
export interface ScriptedWatch {
  readonly query: Readonly<Record<string, string>>;
  /** Sends an event as one whole line. */
  send(type: string, object: unknown): void;
  /** Sends text as it is, whole line or not. */
  sendText(text: string): void;
  end(): void;
  fail(error: unknown): void;
  /** Whether the code under test has let go of it, or it has ended. */
  closed(): boolean;
}

/** A transport whose answers a test writes. What is asked before there is an answer is an error of the test. */
export interface ScriptedTransport extends Transport {
  /** Answers a request; throws to refuse it; a promise that never resolves is a server that hangs. */
  answer: (request: ApiRequest) => unknown;
  /** Called for each watch before it is opened; throws to refuse it. */
  beforeWatch: (request: WatchRequest) => void;
  readonly requests: ApiRequest[];
  readonly watches: ScriptedWatch[];
  /** Watches opened and not yet closed. */
  openWatches(): readonly ScriptedWatch[];
}

export function createScriptedTransport(): ScriptedTransport {
  const requests: ApiRequest[] = [];
  const watches: ScriptedWatch[] = [];
  const counts: Record<string, number> = {};
  const count = (label: string): void => {
    counts[label] = (counts[label] ?? 0) + 1;
  };
  const scripted: ScriptedTransport = {
    answer: (request) => {
      throw new Error(`no answer was written for ${request.verb} ${resourceLabel(request.target)}`);
    },
    beforeWatch: () => {},
    requests,
    watches,
    openWatches: () => watches.filter((watch) => !watch.closed()),
    request: async (request) => {
      requests.push(request);
      count(`${request.verb} ${resourceLabel(request.target)}`);
      request.signal?.throwIfAborted();
      return await untilAborted(Promise.resolve(scripted.answer(request)), request.signal);
    },
    watch: async (request) => {
      count(`watch ${resourceLabel(request.target)}`);
      request.signal.throwIfAborted();
      scripted.beforeWatch(request);
      const { watch, chunks, close } = openScriptedWatch(request);
      watches.push(watch);
      return { status: 200, headers: {}, chunks, close };
    },
    counters: () => ({ ...counts }),
    close: async () => {},
  };
  return scripted;
}

function openScriptedWatch(request: WatchRequest) {
  const queue: (() => IteratorResult<string>)[] = [];
  let wake = (): void => {};
  let closed = false;
  const push = (step: () => IteratorResult<string>): void => {
    queue.push(step);
    wake();
  };
  const fail = (error: unknown): void =>
    push(() => {
      closed = true;
      throw error;
    });
  request.signal.addEventListener('abort', () => fail(request.signal.reason), { once: true });
  const next = async (): Promise<IteratorResult<string>> => {
    while (queue.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return queue.shift()!();
  };
  const sendText = (text: string): void => push(() => ({ done: false, value: text }));
  const watch: ScriptedWatch = {
    query: request.query,
    send: (type, object) => sendText(`${JSON.stringify({ type, object })}\n`),
    sendText,
    end: () =>
      push(() => {
        closed = true;
        return { done: true, value: undefined };
      }),
    fail,
    closed: () => closed,
  };
  const close = (): void => {
    closed = true;
    fail(new Error('closed here'));
  };
  return { watch, chunks: { [Symbol.asyncIterator]: () => ({ next }) }, close };
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  return await new Promise<T>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

/** A refusal as the transport throws it. */
export function refusal(
  status: number,
  reason: string,
  headers: Record<string, string> = {},
): KubernetesError {
  const text = JSON.stringify({ kind: 'Status', code: status, reason, message: `it is ${reason}` });
  return statusError({ status, headers, text }, { label: 'scripted', isWrite: false, wallMs: 0 });
}

/** A broken connection as the transport throws it. */
export function broken(mayHaveArrived = true): KubernetesError {
  return new KubernetesError('the connection broke', { reason: 'connection reset', mayHaveArrived });
}
