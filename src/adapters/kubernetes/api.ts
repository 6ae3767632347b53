import type {
  Kind,
  KubernetesApi,
  KubernetesObject,
  ObjectName,
  WriteOutcome,
} from '../../ports/kubernetes.ts';
import { listPage } from './listPages.ts';
import { objectTarget, type ResourceTarget } from './resourcePath.ts';
import { isExpired, isNotFound } from './statusError.ts';
import type { Transport } from './transport.ts';
import { accepted, outcomeOf } from './writeOutcome.ts';

const readDeadlineMs = 15_000;
const writeDeadlineMs = 15_000;
/** A list of many pages outlives its snapshot when the server is slow; then it starts over, this often. */
const mostListTries = 3;

/** The port over a transport. Has no state: whoever needs a cache opens a store (store.ts). */
export function createKubernetesApi(options: { readonly transport: Transport }): KubernetesApi {
  const { transport } = options;
  return {
    read: (kind, at) => read(transport, kind, at),
    list: (kind, namespace) => listAll(transport, kind, namespace),
    writeStatus: (kind, object) => writeStatus(transport, kind, object),
    create: (kind, object) => create(transport, kind, object),
  };
}

async function read<T extends KubernetesObject>(
  transport: Transport,
  kind: Kind,
  at: ObjectName,
): Promise<T | undefined> {
  try {
    const target = objectTarget(kind, at);
    return accepted<T>(
      kind,
      await transport.request({ verb: 'get', target, deadlineMs: readDeadlineMs }),
      'get',
    );
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function listAll<T extends KubernetesObject>(
  transport: Transport,
  kind: Kind,
  namespace: string | undefined,
): Promise<readonly T[]> {
  const where = namespace === undefined ? { kind } : { kind, namespace };
  for (let attempt = 1; ; attempt++) {
    try {
      const items: T[] = [];
      let page = await listPage<T>(transport, where);
      items.push(...page.items);
      while (page.continueToken !== undefined) {
        page = await listPage<T>(transport, { ...where, continueToken: page.continueToken });
        items.push(...page.items);
      }
      return items;
    } catch (error) {
      if (!isExpired(error) || attempt >= mostListTries) throw error;
    }
  }
}

async function writeStatus<T extends KubernetesObject>(
  transport: Transport,
  kind: Kind,
  object: T,
): Promise<WriteOutcome<T>> {
  const { name, namespace, resourceVersion } = object.metadata;
  if (resourceVersion === undefined) {
    throw new Error(
      `${kind.kind} ${name}: a status is written only against the resourceVersion it was read at`,
    );
  }
  const target = { ...objectTarget(kind, { namespace: namespace ?? '', name }), subresource: 'status' };
  const outcome = await outcomeOf<T>(kind, 'update', () =>
    transport.request({ verb: 'update', target, body: object, deadlineMs: writeDeadlineMs }),
  );
  return outcome.kind === 'exists' ? { kind: 'conflict' } : outcome;
}

async function create<T extends KubernetesObject>(
  transport: Transport,
  kind: Kind,
  object: T,
): Promise<WriteOutcome<T> | { readonly kind: 'exists' }> {
  const { namespace } = object.metadata;
  const target: ResourceTarget = namespace === undefined ? { kind } : { kind, namespace };
  return await outcomeOf<T>(kind, 'create', () =>
    transport.request({ verb: 'create', target, body: object, deadlineMs: writeDeadlineMs }),
  );
}
