import { sameJson } from '../api/sameJson.ts';
import type { Kind, KubernetesApi, KubernetesObject, WriteOutcome } from '../ports/kubernetes.ts';

/**
 * Writes a status when it differs from the stored one, and sends nothing otherwise. A status must therefore hold nothing
 * that changes by itself, such as the time of the last look: that belongs to metrics or to the Lease.
 */
export interface StatusWriter {
  /**
   * `stored` is the object as it was read, with its resourceVersion; `desired` replaces its status. The order of keys
   * does not count, and a key that is undefined is absent. Outcomes and errors as of KubernetesApi.writeStatus.
   */
  write<T extends WithStatus>(
    kind: Kind,
    stored: T,
    desired: NonNullable<T['status']>,
  ): Promise<WriteOutcome<T> | { readonly kind: 'unchanged' }>;
}

export type WithStatus = KubernetesObject & { readonly status?: object };

export function createStatusWriter(options: { readonly api: KubernetesApi }): StatusWriter {
  return {
    write: async (kind, stored, desired) =>
      sameJson(stored.status ?? {}, desired)
        ? { kind: 'unchanged' }
        : await options.api.writeStatus(kind, { ...stored, status: desired }),
  };
}
