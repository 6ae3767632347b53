import { type JsonObject, objectAt } from '../json.ts';
import { namespaceStorageKey } from '../schema/builtinKinds.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import type { ServerContext } from './serverContext.ts';
import { forbidden, notFound, type Refusal } from './status.ts';

/** Namespaces that are there from the start and cannot be deleted: users expect the first, the operator lives in the second. */
export const permanentNamespaces = ['default', 'kintsugi-system'] as const;

export function namespaceObject(context: ServerContext, name: string): JsonObject | undefined {
  const stored = context.store.get({ resource: namespaceStorageKey, namespace: '', name });
  return stored === undefined ? undefined : (JSON.parse(stored.body) as JsonObject);
}

/** Why a new object cannot be put into its namespace; undefined when it can. */
export function namespaceRefusal(
  context: ServerContext,
  type: ResourceType,
  { name, namespace }: { readonly name: string; readonly namespace: string | undefined },
): Refusal | undefined {
  if (!type.namespaced || namespace === undefined) return undefined;
  const found = namespaceObject(context, namespace);
  if (found === undefined) return notFound({ group: '', plural: 'namespaces' }, namespace);
  if (objectAt(found, 'metadata')['deletionTimestamp'] === undefined) return undefined;
  const message = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const refusal = forbidden(type, name, message);
  return {
    refused: {
      ...refusal.refused,
      details: {
        ...refusal.refused.details,
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      },
    },
  };
}
