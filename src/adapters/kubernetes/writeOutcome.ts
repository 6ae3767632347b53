import {
  type Kind,
  KubernetesError,
  type KubernetesObject,
  type WriteOutcome,
} from '../../ports/kubernetes.ts';
import { receivedObject } from '../../runtime/objects.ts';
import { isNotFound, StatusError } from './statusError.ts';

/** Turns what a write can meet into the port's values; what is nobody's answer is thrown on. */
export async function outcomeOf<T extends KubernetesObject>(
  kind: Kind,
  verb: 'update' | 'create',
  write: () => Promise<unknown>,
): Promise<WriteOutcome<T> | { readonly kind: 'exists' }> {
  try {
    return { kind: 'written', object: accepted<T>(kind, await write(), verb) };
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    if (error.mayHaveArrived) return { kind: 'uncertain', because: error.message };
    if (!(error instanceof StatusError)) throw error;
    if (error.reason === 'AlreadyExists') return { kind: 'exists' };
    if (error.status === 409) return { kind: 'conflict' };
    if (isNotFound(error)) return { kind: 'gone' };
    if (!refusals.has(error.status ?? 0)) throw error;
    const { field } = error;
    return { kind: 'refused', message: error.serverMessage, ...(field === undefined ? {} : { field }) };
  }
}

/** The server understood and says no: bad request, forbidden, too large, wrong type, invalid. Repeating changes nothing. */
const refusals: ReadonlySet<number> = new Set([400, 403, 405, 413, 415, 422]);

/** An answer that is no object of ours is not proof of anything: a write that got one may or may not have happened. */
export function accepted<T extends KubernetesObject>(
  kind: Kind,
  answer: unknown,
  verb: 'get' | 'update' | 'create',
): T {
  const object = receivedObject<T>(kind, answer);
  if (object !== undefined) return object;
  throw new KubernetesError(
    `${verb} ${kind.plural}: the answer is no object with a name and a resourceVersion`,
    {
      reason: 'Malformed',
      mayHaveArrived: verb !== 'get',
    },
  );
}
