/**
 * What is to be known of a protocol by whoever puts faults between the operator and a server that speaks it. It is said
 * once, in one file per protocol, and not by the tests.
 */
import type { HttpReply } from '../../wire/http.ts';

/** What of a request tells what it asks for. */
export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}

/**
 * What a request changes. `effect`: a pool or a machine. `record`: the journal that effects wait for. `write`: anything
 * else that an API server keeps.
 */
export type Change = 'effect' | 'record' | 'write';

/** An answer that is not true, or not the server's own. */
export interface FalseReply {
  readonly name: string;
  /** Whether the server carries the request out all the same. */
  readonly reaches: 'server' | 'nobody';
  readonly reply: (request: Asked) => HttpReply;
}

export interface Protocol {
  readonly name: string;
  /** Whether the request speaks this protocol. */
  readonly owns: (request: Asked) => boolean;
  /** What the request is called in transcripts, the same for each request of its kind. */
  readonly label: (request: Asked) => string;
  /** Undefined when it only reads. What is not known to read changes something, so that a new call is met before anybody thinks of it. */
  readonly changes: (request: Asked) => Change | undefined;
  /** What the server says when it has not done it. */
  readonly failed: (request: Asked) => HttpReply;
  /** What the server says when it has done it, as well as somebody can who has not. */
  readonly done: (request: Asked) => HttpReply;
  /** What else it, or something between it and its client, says of a request that changes something. */
  readonly alsoSays: readonly FalseReply[];
}

/** Every false answer to a request that changes something. */
export function falseRepliesOf({ failed, done, alsoSays }: Protocol): readonly FalseReply[] {
  return [
    { name: 'saysFailed', reaches: 'server', reply: failed },
    { name: 'saysDone', reaches: 'nobody', reply: done },
    ...alsoSays,
  ];
}

export function methodAndPath({ method, path }: Asked): string {
  return `${method} ${pathOf(path)}`;
}

/** Without its query. */
export function pathOf(path: string): string {
  return path.split('?')[0] ?? path;
}

export function jsonReply(status: number, body: unknown): HttpReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
