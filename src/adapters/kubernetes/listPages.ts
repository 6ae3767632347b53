import type { Kind, KubernetesObject } from '../../ports/kubernetes.ts';
import { KubernetesError } from '../../ports/kubernetes.ts';
import { receivedObject } from '../../runtime/objects.ts';
import type { Transport } from './transport.ts';

/** Lists in one piece stall the process while JSON.parse has it; pages of 500 objects stay below some 12 ms. */
const pageSize = 500;
const pageDeadlineMs = 30_000;

export interface ListPage<T> {
  readonly items: readonly T[];
  /** Of the whole list, the same on every page. */
  readonly resourceVersion: string;
  /** Asks for the next page; undefined on the last one. */
  readonly continueToken: string | undefined;
}

/**
 * One page of a list. Without a resourceVersion in the request, the server answers with what is true now, not with
 * what its own cache holds. Throws KubernetesError; 410 for a continue token that is too old.
 */
export async function listPage<T extends KubernetesObject>(
  transport: Transport,
  asked: {
    readonly kind: Kind;
    readonly namespace?: string;
    readonly continueToken?: string;
    readonly signal?: AbortSignal;
  },
): Promise<ListPage<T>> {
  const { kind, namespace, continueToken, signal } = asked;
  const answer = await transport.request({
    verb: 'list',
    target: { kind, ...(namespace === undefined ? {} : { namespace }) },
    query: { limit: String(pageSize), ...(continueToken === undefined ? {} : { continue: continueToken }) },
    deadlineMs: pageDeadlineMs,
    ...(signal === undefined ? {} : { signal }),
  });
  const { metadata, items } = answer as {
    metadata?: { resourceVersion?: unknown; continue?: unknown };
    items?: unknown;
  };
  const resourceVersion = metadata?.resourceVersion;
  if (typeof resourceVersion !== 'string' || resourceVersion === '' || !Array.isArray(items ?? [])) {
    throw malformed(kind, 'a list without resourceVersion or items');
  }
  const received = ((items ?? []) as unknown[]).map((item) => {
    const object = receivedObject<T>(kind, item);
    if (object === undefined) throw malformed(kind, 'a list with an object without name or resourceVersion');
    return object;
  });
  const next = metadata?.continue;
  return {
    items: received,
    resourceVersion,
    continueToken: typeof next === 'string' && next !== '' ? next : undefined,
  };
}

function malformed(kind: Kind, what: string): KubernetesError {
  return new KubernetesError(`list ${kind.plural}: the server answered with ${what}`, {
    reason: 'Malformed',
    mayHaveArrived: false,
  });
}
