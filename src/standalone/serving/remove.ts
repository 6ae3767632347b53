import { isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import { namespaceStorageKey } from '../schema/builtinKinds.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import type { Change, StoredObject } from '../storage/store.ts';
import { namespaceObject, permanentNamespaces } from './namespaces.ts';
import { type Selection, selects } from './selectors.ts';
import { type ServerContext, timestamp } from './serverContext.ts';
import { conflict, forbidden, isRefusal, type Refusal, storeRefused } from './status.ts';
import { commitOne, type DryRun, put, type Written } from './write.ts';

/** What a DELETE asks for: options of its body and of its query. */
export interface Removal {
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly dryRun: DryRun;
}

export type Removed =
  | { readonly kind: 'gone'; readonly object: JsonObject }
  /** Finalizers hold it, or it is a namespace: it carries a deletionTimestamp now. */
  | { readonly kind: 'going'; readonly body: string };

/** Deletes one object, or marks it as going while finalizers hold it. */
export function remove(
  context: ServerContext,
  type: ResourceType,
  request: Removal & { readonly stored: StoredObject },
): Removed | Refusal {
  const object = JSON.parse(request.stored.body) as JsonObject;
  const refused = checkPreconditions(type, object, request);
  if (refused !== undefined) return refused;
  if (type.storageKey === namespaceStorageKey) return removeNamespace(context, type, { object, ...request });
  const change = removal(context, type, object);
  const going = change?.type === 'MODIFIED';
  if (change === undefined) return { kind: 'going', body: request.stored.body };
  if (request.dryRun === 'dry') {
    return going
      ? { kind: 'going', body: JSON.stringify(marked(context, object)) }
      : { kind: 'gone', object };
  }
  const written = commitOne(context, [change]);
  if (isRefusal(written)) return written;
  return going ? { kind: 'going', body: written.body } : { kind: 'gone', object: JSON.parse(written.body) };
}

function checkPreconditions(
  type: ResourceType,
  object: JsonObject,
  { uid, resourceVersion }: Removal,
): Refusal | undefined {
  const meta = objectAt(object, 'metadata');
  const name = stringAt(meta, 'name');
  // Here, and only here, Kubernetes names the kind where it names the resource elsewhere.
  const byKind = { group: type.group, plural: type.kind };
  if (uid !== undefined && uid !== meta['uid']) {
    return conflict(
      byKind,
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${meta['uid']}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== meta['resourceVersion']) {
    return conflict(
      byKind,
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${meta['resourceVersion']}). The object might have been modified`,
    );
  }
  return undefined;
}

/** The change that deleting makes; undefined when the object is going already. */
function removal(context: ServerContext, type: ResourceType, object: JsonObject): Change | undefined {
  const meta = objectAt(object, 'metadata');
  const finalizers = meta['finalizers'];
  if (!Array.isArray(finalizers) || finalizers.length === 0) return put(context, type, object, 'DELETED');
  if (meta['deletionTimestamp'] !== undefined) return undefined;
  return put(context, type, marked(context, object), 'MODIFIED');
}

/** The object with its deletionTimestamp; that counts as a change of what is wanted. */
function marked(context: ServerContext, object: JsonObject): JsonObject {
  const meta = objectAt(object, 'metadata');
  const { generation } = meta;
  return {
    ...object,
    metadata: {
      ...meta,
      deletionTimestamp: timestamp(context.clock.wallMs()),
      deletionGracePeriodSeconds: 0,
      ...(typeof generation === 'number' ? { generation: generation + 1 } : {}),
    },
  };
}

/** Deletes all objects of a selection in one write. Returns their last states. */
export function removeCollection(
  context: ServerContext,
  type: ResourceType,
  request: { readonly selection: Selection; readonly dryRun: DryRun },
): readonly StoredObject[] | Refusal {
  const { namespace } = request.selection;
  const chosen = everything(context, type, namespace).filter((object) => selects(request.selection, object));
  const changes = chosen.flatMap((object) => removal(context, type, JSON.parse(object.body)) ?? []);
  if (request.dryRun === 'dry' || changes.length === 0) return chosen;
  const committed = context.store.commit(changes);
  return committed.kind === 'refused' ? storeRefused(committed.because) : chosen;
}

function everything(
  { store }: ServerContext,
  type: ResourceType,
  namespace: string | undefined,
): readonly StoredObject[] {
  const objects = store.page({
    resource: type.storageKey,
    ...(namespace === undefined ? {} : { namespace }),
    at: store.version(),
    limit: Number.MAX_SAFE_INTEGER,
  });
  // The present is never compacted.
  return objects === 'expired' ? [] : objects;
}

/**
 * Deletes what is in a namespace and then the namespace, in one write. Objects with finalizers hold it: it stays, Terminating,
 * until `finishNamespace` finds it empty.
 */
function removeNamespace(
  context: ServerContext,
  type: ResourceType,
  request: { readonly object: JsonObject; readonly dryRun: DryRun },
): Removed | Refusal {
  const name = stringAt(objectAt(request.object, 'metadata'), 'name');
  if (permanentNamespaces.some((permanent) => permanent === name)) {
    return forbidden(type, name, 'this namespace may not be deleted');
  }
  const terminating = { ...marked(context, request.object), status: { phase: 'Terminating' } };
  if (request.dryRun === 'dry') return { kind: 'going', body: JSON.stringify(terminating) };
  const contents = contentTypes(context).flatMap((contentType) =>
    everything(context, contentType, name).flatMap(
      (object) => removal(context, contentType, JSON.parse(object.body)) ?? [],
    ),
  );
  const held = contents.some((change) => change.type !== 'DELETED') || hasGoing(context, name);
  const alreadyGoing = objectAt(request.object, 'metadata')['deletionTimestamp'] !== undefined;
  const changes = [
    ...contents,
    ...(alreadyGoing ? [] : [put(context, type, terminating, 'MODIFIED')]),
    ...(held ? [] : [put(context, type, terminating, 'DELETED')]),
  ];
  if (changes.length === 0) return { kind: 'going', body: JSON.stringify(request.object) };
  const written: Written | Refusal = commitOne(context, changes);
  return isRefusal(written) ? written : { kind: 'going', body: written.body };
}

/** One type per storage, so that two views of the same objects do not delete them twice. */
function contentTypes({ types }: ServerContext): readonly ResourceType[] {
  return types.filter((type) => type.namespaced && type.view === undefined);
}

function hasGoing(context: ServerContext, namespace: string): boolean {
  return contentTypes(context).some((type) =>
    everything(context, type, namespace).some((object) => {
      const parsed: unknown = JSON.parse(object.body);
      return isObject(parsed) && objectAt(parsed, 'metadata')['deletionTimestamp'] !== undefined;
    }),
  );
}

/** To be called after an object has gone: its namespace goes with the last one, if it was to be deleted. */
export function finishNamespace(context: ServerContext, name: string): void {
  const type = context.types.find((candidate) => candidate.storageKey === namespaceStorageKey);
  const object = namespaceObject(context, name);
  if (type === undefined || object === undefined) return;
  if (objectAt(object, 'metadata')['deletionTimestamp'] === undefined) return;
  const empty = contentTypes(context).every((content) => context.store.count(content.storageKey, name) === 0);
  if (empty) commitOne(context, [put(context, type, object, 'DELETED')]);
}

/** Finishes what a process began that was killed between the last object of a namespace and the namespace. */
export function finishNamespaces(context: ServerContext): void {
  const type = context.types.find((candidate) => candidate.storageKey === namespaceStorageKey);
  if (type === undefined) return;
  for (const { name } of everything(context, type, undefined)) finishNamespace(context, name);
}
