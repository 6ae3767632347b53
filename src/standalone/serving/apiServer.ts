import type { Clock, Random } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { HttpHandler, HttpReply, HttpRequest } from '../../wire/http.ts';
import { compileServedKinds, type ServedKinds } from '../schema/servedKinds.ts';
import type { Store } from '../storage/store.ts';
import { readDocument } from './admit.ts';
import { namespaceObject, permanentNamespaces } from './namespaces.ts';
import { finishNamespaces } from './remove.ts';
import { jsonReply } from './render.ts';
import { createResourceHandler } from './resourceHandler.ts';
import { review, reviewPaths } from './reviews.ts';
import { targetOf } from './route.ts';
import type { ServerContext } from './serverContext.ts';
import { isRefusal, refuse, statusReply } from './status.ts';
import { createAuthentication, type Token } from './users.ts';
import { create } from './write.ts';

export type ApiServerOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly tokens: readonly Token[];
} & (
  | {
      /** CustomResourceDefinitions as parsed from their files. */
      readonly crds: readonly unknown[];
    }
  | { readonly kinds: ServedKinds }
);

export interface ApiServer {
  readonly handle: HttpHandler;
  /** Ends all watches. The store is its opener's to close. */
  close(): void;
}

/**
 * The part of a Kubernetes API server that kubectl and a controller need, for the kinds of the given CRDs and a few built-in
 * ones. It knows nothing of sockets and waits for nothing but its Clock, so that it runs in a simulation as
 * it runs behind TLS. Throws an Error with a sentence when a CRD cannot be served.
 */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, clock, random, log } = options;
  const closing = new AbortController();
  const kinds = 'kinds' in options ? options.kinds : compileServedKinds(options.crds);
  const { types, discovery, openApi, protobuf } = kinds;
  const context: ServerContext = {
    store,
    clock,
    random,
    log,
    types,
    metaCheck: kinds.metaCheck,
    closing: closing.signal,
  };
  makePermanentNamespaces(context);
  finishNamespaces(context);
  const authentication = createAuthentication(options.tokens);
  const handleResource = createResourceHandler(context, protobuf);

  const handle = async (request: HttpRequest): Promise<HttpReply> => {
    const [path = '/', query = ''] = request.path.split('?', 2);
    const user = authentication.userOf(request, path);
    if (isRefusal(user)) return statusReply(user);
    if (request.body.length > maxBodyBytes) {
      return statusReply(
        refuse(413, 'RequestEntityTooLarge', {
          message: `Request entity too large: limit is ${maxBodyBytes}`,
        }),
      );
    }
    if (reviewPaths.has(path) && request.method === 'POST') {
      const document = readDocument(request, protobuf);
      return isRefusal(document)
        ? statusReply(document)
        : jsonReply(201, JSON.stringify(review(document.value, user)));
    }
    const fixed =
      request.method === 'GET'
        ? (aboutServer(path) ?? discovery.answer(path, request) ?? openApi.answer(path, request))
        : undefined;
    if (fixed !== undefined) return fixed;
    if (!path.startsWith('/api/') && !path.startsWith('/apis/')) return nothingHere;
    const target = targetOf(types, path);
    if (target === 'nothing') return nothingHere;
    return isRefusal(target)
      ? statusReply(target)
      : handleResource(request, target, new URLSearchParams(query));
  };
  return { handle, close: () => closing.abort(new Error('the API server closes')) };
}

/** What Kubernetes says of a path under which there is nothing at all. */
const nothingHere: HttpReply = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: '404 page not found\n',
};

/** As in Kubernetes; an object may grow to half of it. */
const maxBodyBytes = 3 * 1024 * 1024;

/** A version that kubectl can compare with its own, and the name of what really answers. */
const version = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.3+kintsugi',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'kintsugi/embedded',
};

function aboutServer(path: string): HttpReply | undefined {
  switch (path) {
    case '/version':
      return jsonReply(200, JSON.stringify(version));
    case '/healthz':
    case '/livez':
    case '/readyz':
      return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'ok' };
    default:
      return undefined;
  }
}

function makePermanentNamespaces(context: ServerContext): void {
  const type = context.types.find((candidate) => candidate.plural === 'namespaces');
  for (const name of permanentNamespaces) {
    if (type === undefined || namespaceObject(context, name) !== undefined) continue;
    const made = create(context, type, {
      document: { value: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, duplicates: [] },
      namespace: undefined,
      dryRun: 'real',
      fieldValidation: 'Ignore',
    });
    if (isRefusal(made)) throw new Error(`the namespace ${name} cannot be made: ${made.refused.message}`);
  }
}
