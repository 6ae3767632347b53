import type { Host, Pool, RecoveryRequest } from '../../api/generated/types.ts';
import { procedureNamed } from '../../domain/procedures/procedures.ts';
import type { Procedure } from '../../domain/xapi/form.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventRecorder, KubernetesApi, Leadership, ObjectName } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Network } from '../../ports/network.ts';
import { type Cluster, namespaceOf, poolNameOf, targetOf } from '../cluster.ts';
import type { PoolDirectory, PoolSession } from '../poolDirectory.ts';

export interface RecoveryOptions {
  readonly cluster: Cluster;
  readonly directory: PoolDirectory;
  readonly api: KubernetesApi;
  readonly events: EventRecorder;
  readonly leadership: Leadership;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly hashOf: (text: string) => string;
  /** Looks at this request again after a delay; the earliest of several wins. */
  readonly again: (request: ObjectName, delayMs: number) => void;
}

/** Whom and what a request is about, once all of it is there. */
export interface Subject {
  readonly request: RecoveryRequest;
  readonly host: Host;
  readonly pool: Pool;
  readonly session: PoolSession;
  readonly procedure: Procedure;
}

/** The subject as the caches have it now, or the sentence that says what of it is missing. */
export function subjectOf(
  request: RecoveryRequest,
  options: RecoveryOptions,
): Subject | { readonly because: string } {
  const { cluster } = options;
  const host = targetOf(cluster, request);
  if (host === undefined) {
    return {
      because: `There is no Host ${request.spec.target.hostRef?.name ?? ''} in this namespace. Declare it, or correct the request's successor.`,
    };
  }
  const pinned = request.status?.target?.hostUUID;
  if (pinned !== undefined && pinned !== host.spec.hostUUID) {
    return {
      because: `The Host ${host.metadata.name} now stands for ${host.spec.hostUUID}, and this request was about ${pinned}. Create a new RecoveryRequest.`,
    };
  }
  const pool = cluster.pools.get(poolNameOf(host));
  if (pool === undefined) return { because: `There is no Pool ${host.spec.poolRef.name} in this namespace.` };
  const state = options.directory.get({ namespace: namespaceOf(pool), name: pool.metadata.name });
  return state.kind === 'closed'
    ? { because: state.because }
    : { request, host, pool, session: state.session, procedure: procedureNamed(request.spec.procedure) };
}
