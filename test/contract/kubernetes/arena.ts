import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { hostKind, poolKind, recoveryRequestKind, virtualServerKind } from '../../../src/api/kinds.ts';
import type { Kind, KubernetesApi } from '../../../src/ports/kubernetes.ts';
import type { KubectlOptions, KubectlResult } from '../../cluster/kubectl.ts';
import type { RawReply, RawRequest } from '../../cluster/rawApi.ts';
import type { Sample } from '../../cluster/samples.ts';
import { normalise, normaliseJson } from './normalise.ts';
import type { ServerUnderTest } from './servers.ts';

/**
 * One rule of the contract. `run` acts on one server, in a namespace of its own, and asserts what the rule says. What
 * the server answered on the way is recorded too, and must be the same on every server, word for word.
 */
export interface Case {
  readonly title: string;
  readonly run: (at: Arena) => Promise<void>;
}

export interface Arena {
  readonly server: ServerUnderTest;
  /** Exists, is empty, and has the same name on every server. */
  readonly namespace: string;
  /** Runs kubectl in the namespace. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  /** `kubectl apply` of objects given as data. */
  apply(objects: Sample | readonly Sample[], ...args: readonly string[]): Promise<KubectlResult>;
  /** As `apply`; throws when it is refused. */
  given(...objects: readonly Sample[]): Promise<void>;
  /** Plain HTTP. */
  call(method: string, path: string, sent?: RawRequest): Promise<RawReply>;
  /** Creates one of the four kinds with the operator's own client, in the namespace. */
  create(object: Sample): ReturnType<KubernetesApi['create']>;
  /** Path of one of the four kinds in the namespace: `path('pools', 'east', 'status')`. */
  path(plural: string, ...rest: readonly string[]): string;
  /** The object as it is stored now. */
  read(plural: string, name: string): Promise<Stored>;
  /** The same arena without a record: for answers that may differ between servers for a good reason, which is stated there. */
  readonly unrecorded: Arena;
  /** All answers so far, without what differs from run to run. */
  readonly transcript: readonly string[];
}

export interface Stored {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

export function createArena(server: ServerUnderTest, namespace: string): Arena {
  const transcript: string[] = [];
  const silent: Arena = {
    ...createRecorder({ server, namespace, transcript, begin: () => () => {} }),
    get unrecorded() {
      return silent;
    },
  };
  // What was asked first stands first, whichever answer comes first.
  const begin = (): ((line: string) => void) => {
    const place = transcript.push('no answer') - 1;
    return (line) => {
      transcript[place] = line;
    };
  };
  return { ...createRecorder({ server, namespace, transcript, begin }), unrecorded: silent };
}

function createRecorder(setup: {
  readonly server: ServerUnderTest;
  readonly namespace: string;
  readonly transcript: readonly string[];
  readonly begin: () => (line: string) => void;
}): Omit<Arena, 'unrecorded'> {
  const { server, namespace, transcript, begin } = setup;
  const kubectl: Arena['kubectl'] = async (args, options) => {
    const note = begin();
    const result = await server.kubectl(['--namespace', namespace, ...args], options);
    const words = normalise(`exit ${result.code}\n${result.stdout}${result.stderr}`, server.origin);
    note(`kubectl ${args.join(' ')}\n${words}`);
    return result;
  };
  const apply: Arena['apply'] = (objects, ...args) => {
    const documents = 'kind' in objects ? [objects] : objects;
    const stdin = documents.map((document) => JSON.stringify(document)).join('\n---\n');
    return kubectl(['apply', '-f', '-', ...args], { stdin });
  };
  const call: Arena['call'] = async (method, path, sent) => {
    const note = begin();
    const reply = await server.raw.call(method, path, sent);
    const body = reply.json === undefined ? normalise(reply.text, server.origin) : normaliseJson(reply.json);
    note(`${method} ${normalise(path, server.origin)}\n${reply.status} ${contentType(reply)}\n${body}`);
    return reply;
  };
  const path: Arena['path'] = (plural, ...rest) =>
    ['/apis/kintsugi.dev/v1alpha1/namespaces', namespace, plural, ...rest].join('/');
  return {
    server,
    namespace,
    transcript,
    kubectl,
    apply,
    given: async (...objects) => {
      const { code, stderr } = await apply(objects);
      if (code !== 0) throw new Error(stderr);
    },
    call,
    create: async (object) => {
      const note = begin();
      const metadata = { ...object.metadata, namespace };
      const outcome = await server.client.create(kindOf(object), { ...object, metadata });
      note(`create ${object.kind}\n${normaliseJson(outcome)}`);
      return outcome;
    },
    path,
    read: async (plural, name) => {
      const reply = await server.raw.call('GET', path(plural, name));
      if (reply.status !== 200) throw new Error(`${plural}/${name}: ${reply.text}`);
      return reply.json as Stored;
    },
  };
}

function contentType(reply: RawReply): string {
  return reply.status === 304 ? '' : String(reply.headers['content-type'] ?? '');
}

function kindOf({ kind }: Sample): Kind {
  const found = [poolKind, hostKind, virtualServerKind, recoveryRequestKind].find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`${kind} is none of the four kinds`);
  return found;
}

/** What a refusal says to a program: the Status's code and reason, and the fields of its causes. */
export function refusal(reply: RawReply): {
  readonly code: number;
  readonly reason: string | undefined;
  readonly fields: readonly string[];
} {
  const status = (reply.json ?? {}) as {
    readonly kind?: string;
    readonly code?: number;
    readonly reason?: string;
    readonly details?: { readonly causes?: readonly { readonly field?: string }[] };
  };
  if (status.kind !== 'Status') throw new Error(`not a Status: ${reply.status} ${reply.text}`);
  expect(status.code).toBe(reply.status);
  const causes = status.details?.causes ?? [];
  return {
    code: reply.status,
    reason: status.reason,
    fields: causes.map((cause) => cause.field ?? ''),
  };
}

/** Asks again until the answer is neither undefined nor false. The test's timeout is the limit. */
export async function eventually<T>(ask: () => Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    await wait(50);
  }
}
