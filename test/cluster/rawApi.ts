import { Agent, request } from 'undici';

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON, or undefined when it is none. */
  readonly json: unknown;
}

export interface RawRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string as it is. */
  readonly body?: unknown;
}

/** HTTP to an API server below kubectl: for what kubectl hides, mends or cannot be made to send. */
export interface RawApi {
  call(method: string, path: string, sent?: RawRequest): Promise<RawReply>;
  /** Opens a watch (or any stream of JSON lines); `next` resolves with the next line, or undefined at its end. */
  stream(path: string, deadlineMs?: number): Promise<RawStream>;
  close(): Promise<void>;
}

export interface RawStream {
  readonly status: number;
  next(): Promise<unknown>;
  close(): void;
}

export function createRawApi(access: {
  readonly origin: string;
  readonly caPem: string;
  /** Without one the requests carry no credentials. */
  readonly token?: string;
}): RawApi {
  const agent = new Agent({ connect: { ca: access.caPem }, connections: 16 });
  const identity: Record<string, string> =
    access.token === undefined ? {} : { authorization: `Bearer ${access.token}` };
  return {
    call: async (method, path, sent = {}) => {
      const isText = typeof sent.body === 'string' || sent.body instanceof Uint8Array;
      const body = sent.body === undefined ? null : isText ? sent.body : JSON.stringify(sent.body);
      const reply = await request(access.origin + path, {
        dispatcher: agent,
        method: method as 'GET',
        headers: { accept: 'application/json', ...contentTypeOf(method, sent), ...identity, ...sent.headers },
        body: body as string | Uint8Array | null,
        signal: AbortSignal.timeout(30_000),
      });
      const text = await reply.body.text();
      return { status: reply.statusCode, headers: reply.headers, text, json: parse(text) };
    },
    stream: async (path, deadlineMs = 30_000) => {
      const stop = new AbortController();
      const reply = await request(access.origin + path, {
        dispatcher: agent,
        headers: { accept: 'application/json', ...identity },
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(deadlineMs)]),
      });
      const lines = jsonLines(reply.body);
      return {
        status: reply.statusCode,
        next: async () => {
          const line = await lines.next();
          return line.done === true ? undefined : line.value;
        },
        close: () => stop.abort(),
      };
    },
    close: () => agent.destroy(),
  };
}

function contentTypeOf(method: string, sent: RawRequest): Record<string, string> {
  if (sent.body === undefined) return {};
  return { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
}

async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
  if (rest.trim() !== '') yield JSON.parse(rest);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
