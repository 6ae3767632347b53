import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { LastSeen } from '../../domain/xapi/facts.ts';
import { type Cluster, keyOfObject, namespaceOf } from '../cluster.ts';

type Machine = NonNullable<NonNullable<RecoveryRequest['status']>['items']>[number];

/**
 * What earlier requests about the same host wrote down of its virtual machines and did not bring back. The newest that
 * names one decides: what ran elsewhere afterwards is no longer one of this host, unless the pool itself may not know of it.
 */
export function lastSeenBy(
  cluster: Cluster,
  request: RecoveryRequest,
  hostUUID: string,
): ReadonlyMap<string, LastSeen> {
  const seen = new Map<string, LastSeen>();
  const earlier = cluster.requestsByPinned
    .of(hostUUID)
    .filter(
      (other) =>
        keyOfObject(other) !== keyOfObject(request) &&
        namespaceOf(other) === namespaceOf(request) &&
        other.spec.mode === 'Execute' &&
        other.status?.target?.hostUUID === hostUUID,
    )
    .toSorted((one, other) => (createdAt(one) < createdAt(other) ? -1 : 1));
  for (const other of earlier) {
    for (const machine of other.status?.items ?? []) {
      const onlyOn = isSettled(cluster, other, machine.id) ? undefined : machine.onlyOn;
      // One that its host refused to start twice runs there, and the pool may go on taking it for halted.
      if (isUp(machine) && onlyOn === undefined) seen.delete(machine.id);
      else seen.set(machine.id, { by: other.metadata.name, onlyOn });
    }
  }
  return seen;
}

/** It was seen to run since, so that what this request says of its place is over. */
function isSettled(cluster: Cluster, request: RecoveryRequest, vmUUID: string): boolean {
  const { uid } = request.metadata;
  return cluster.serversByMachine
    .of(vmUUID)
    .filter((server) => namespaceOf(server) === namespaceOf(request))
    .some(({ status }) => uid !== undefined && status?.settledRequests?.includes(uid) === true);
}

function isUp({ state }: Machine): boolean {
  return state === 'Running' || state === 'Serving';
}

function createdAt(request: RecoveryRequest): string {
  return request.metadata.creationTimestamp ?? '';
}
