import { KubernetesError, type ObjectName } from '../../ports/kubernetes.ts';
import { type Lease, leaseKind } from './leaseObject.ts';
import { objectTarget } from './resourcePath.ts';
import { isNotFound } from './statusError.ts';
import type { Transport } from './transport.ts';
import { accepted, outcomeOf } from './writeOutcome.ts';

/** Short, so that a renewal, the look after a lost reply and one more renewal fit before leadership ends by time. */
const requestDeadlineMs = 2_000;

export type PutOutcome =
  | { readonly kind: 'stored'; readonly lease: Lease }
  /** Somebody else wrote first, or removed it. */
  | { readonly kind: 'overtaken' }
  /** Not stored, or nobody knows. */
  | { readonly kind: 'failed'; readonly because: string };

/** Reads and writes one lease. */
export interface LeaseClient {
  /** Undefined when there is none. Throws KubernetesError. */
  look(signal: AbortSignal): Promise<Lease | undefined>;
  /**
   * Stores the lease if it is still at its resourceVersion; creates it when it has none. A lost reply is read back: it
   * was stored when the lease carries the renewTime that was sent. Never throws but for the signal's reason.
   */
  put(wanted: Lease, signal: AbortSignal): Promise<PutOutcome>;
}

export function createLeaseClient(transport: Transport, at: ObjectName): LeaseClient {
  const target = objectTarget(leaseKind, at);
  const look = async (signal: AbortSignal): Promise<Lease | undefined> => {
    try {
      const answer = await transport.request({
        verb: 'get',
        target,
        deadlineMs: requestDeadlineMs,
        signal,
      });
      return accepted<Lease>(leaseKind, answer, 'get');
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  const readBack = async (wanted: Lease, signal: AbortSignal): Promise<PutOutcome> => {
    const lease = await look(signal);
    const { holderIdentity, renewTime } = lease?.spec ?? {};
    return lease !== undefined &&
      holderIdentity === wanted.spec?.holderIdentity &&
      renewTime === wanted.spec?.renewTime
      ? { kind: 'stored', lease }
      : { kind: 'failed', because: 'the reply was lost, and the lease does not show what was sent' };
  };

  const put = async (wanted: Lease, signal: AbortSignal): Promise<PutOutcome> => {
    const isNew = wanted.metadata.resourceVersion === undefined;
    const verb = isNew ? 'create' : 'update';
    const where = isNew ? { kind: leaseKind, namespace: at.namespace } : target;
    const outcome = await outcomeOf<Lease>(leaseKind, verb, () =>
      transport.request({ verb, target: where, body: wanted, deadlineMs: requestDeadlineMs, signal }),
    );
    switch (outcome.kind) {
      case 'written':
        return { kind: 'stored', lease: outcome.object };
      case 'uncertain':
        return await readBack(wanted, signal);
      case 'refused':
        return { kind: 'failed', because: outcome.message };
      default:
        return { kind: 'overtaken' };
    }
  };

  return {
    look,
    put: async (wanted, signal) => {
      try {
        return await put(wanted, signal);
      } catch (error) {
        if (error instanceof KubernetesError) return { kind: 'failed', because: error.message };
        throw error;
      }
    },
  };
}
