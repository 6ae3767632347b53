import type { Kind, KubernetesObject, ObjectName } from '../../ports/kubernetes.ts';
import { apiVersionOf } from '../../runtime/objects.ts';

export const leaseKind: Kind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
};

export interface Lease extends KubernetesObject {
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  /** Empty or absent when the last holder has released it. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  /** Grows each time the lease is acquired; the epoch of whoever acquired it. */
  readonly leaseTransitions?: number;
}

export function newLease(at: ObjectName, spec: LeaseSpec): Lease {
  return {
    apiVersion: apiVersionOf(leaseKind),
    kind: leaseKind.kind,
    metadata: { name: at.name, namespace: at.namespace },
    spec,
  };
}

export function holderOf(lease: Lease): string | undefined {
  const holder = lease.spec?.holderIdentity;
  return holder === '' ? undefined : holder;
}
