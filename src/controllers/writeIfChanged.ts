import type { StatusWriter, WithStatus } from '../adapters/kubernetes/statusWriter.ts';
import { fitted } from '../api/fit.ts';
import type { Kind } from '../ports/kubernetes.ts';
import type { Cached } from './cluster.ts';

/**
 * Writes a status when it differs from what is stored, and not otherwise. A conflict or a vanished object needs nothing:
 * the change that caused it brings the object back to its reconcile.
 */
export async function writeIfChanged<T extends WithStatus>(
  target: { readonly writer: StatusWriter; readonly kind: Kind; readonly store: Cached<T> },
  object: T,
  status: NonNullable<T['status']>,
): Promise<void> {
  const outcome = await target.writer.write(target.kind, object, fitted(target.kind, status));
  if (outcome.kind === 'written') target.store.absorb(outcome.object);
  if (outcome.kind === 'refused') {
    throw new Error(`the API server refused a status of ${target.kind.kind}: ${outcome.message}`);
  }
}
