import { sameJson } from '../../api/sameJson.ts';
import { type JsonObject, objectAt, stringAt } from '../json.ts';
import { invalidValue } from '../schema/fieldError.ts';
import { checkChangedMeta, checkNewMeta, metaOf } from '../schema/objectMeta.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import type { Change, ObjectKey } from '../storage/store.ts';
import {
  type Admitted,
  admit,
  cannotBeHandled,
  type FieldValidation,
  type ReadDocument,
  strictDecodingError,
  warningsOf,
} from './admit.ts';
import { namespaceRefusal } from './namespaces.ts';
import { generatedName, randomUid, type ServerContext, timestamp } from './serverContext.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  isRefusal,
  modifiedMeanwhile,
  type Refusal,
  refuse,
  storeRefused,
} from './status.ts';

/** A write that was done (or, in a dry run, would have been): the object's stored text and what to warn about. */
export interface Written {
  readonly body: string;
  readonly warnings: readonly string[];
}

export type DryRun = 'dry' | 'real';

export interface WriteOptions {
  readonly dryRun: DryRun;
  readonly fieldValidation: FieldValidation;
}

export function create(
  context: ServerContext,
  type: ResourceType,
  request: WriteOptions & { readonly document: ReadDocument; readonly namespace: string | undefined },
): Written | Refusal {
  const admitted = admit(context, type, { ...request, name: undefined });
  if (isRefusal(admitted)) return admitted;
  const strict = refuseUnknown(type, admitted, request.fieldValidation);
  if (strict !== undefined) return strict;
  const object = type.view?.toStored(admitted.object) ?? admitted.object;
  nameIt(context, type, object);
  const meta = metaOf(object);
  const name = stringAt(meta, 'name');
  if (stringAt(meta, 'resourceVersion') !== '') {
    // Kubernetes answers 500 without a reason here, and clients are tested against that.
    return refuse(500, '', { message: 'resourceVersion should not be set on objects to be created' });
  }
  meta['uid'] = randomUid(context.random);
  meta['creationTimestamp'] = timestamp(context.clock.wallMs());
  for (const key of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'generation']) delete meta[key];
  if (type.custom) meta['generation'] = 1;
  if (type.statusSubresource) delete object['status'];
  type.prepare?.(object, undefined);
  const misplaced = namespaceRefusal(context, type, { name, namespace: request.namespace });
  if (misplaced !== undefined) return misplaced;
  const causes = [
    ...type.compiled.validate(type.view?.fromStored(object) ?? object, undefined, checkNewMeta(object, type)),
    ...(type.check?.(object, undefined) ?? []),
  ];
  if (causes.length > 0) return invalid(type, name, causes);
  const key = keyOf(type, object);
  if (context.store.get(key) !== undefined) return alreadyExists(type, name);
  const warnings = warningsOf(admitted.objections, request.fieldValidation);
  if (request.dryRun === 'dry') return { body: JSON.stringify(object), warnings };
  return commitOne(
    context,
    [...expiredObjects(context, type), put(context, type, object, 'ADDED')],
    warnings,
  );
}

/** Refuses unknown fields of a whole object (a patch says it in other words). */
function refuseUnknown(
  type: ResourceType,
  { objections }: Admitted,
  validation: FieldValidation,
): Refusal | undefined {
  if (validation !== 'Strict' || objections.length === 0) return undefined;
  return badRequest(`${cannotBeHandled(type)}: ${strictDecodingError(objections)}`);
}

function nameIt(context: ServerContext, type: ResourceType, object: JsonObject): void {
  const meta = metaOf(object);
  const prefix = stringAt(meta, 'generateName');
  if (stringAt(meta, 'name') !== '' || prefix === '') return;
  for (let attempt = 0; attempt < 8; attempt++) {
    meta['name'] = generatedName(prefix, context.random);
    if (context.store.get(keyOf(type, object)) === undefined) return;
  }
}

export function keyOf(type: ResourceType, object: JsonObject): ObjectKey {
  const meta = objectAt(object, 'metadata');
  return {
    resource: type.storageKey,
    namespace: type.namespaced ? stringAt(meta, 'namespace') : '',
    name: stringAt(meta, 'name'),
  };
}

/** The change that stores an object, with the version that the store gives it. */
export function put(
  context: ServerContext,
  type: ResourceType,
  object: JsonObject,
  happening: 'ADDED' | 'MODIFIED' | 'DELETED',
): Change {
  const { lifetimeMs } = type;
  return {
    type: happening,
    key: keyOf(type, object),
    render: (version) =>
      JSON.stringify({
        ...object,
        metadata: { ...objectAt(object, 'metadata'), resourceVersion: String(version) },
      }),
    ...(lifetimeMs === undefined ? {} : { expiresMs: context.clock.wallMs() + lifetimeMs }),
  };
}

/** Objects whose time is over go with the next one that is created, a few at a time: no timer, no pause. */
function expiredObjects(context: ServerContext, type: ResourceType): readonly Change[] {
  if (type.lifetimeMs === undefined) return [];
  return context.store.due(type.storageKey, context.clock.wallMs(), 20).flatMap((key) => {
    const stored = context.store.get(key);
    return stored === undefined ? [] : [put(context, type, JSON.parse(stored.body), 'DELETED')];
  });
}

/** Commits; the last change's object is the answer. */
export function commitOne(
  context: ServerContext,
  changes: readonly Change[],
  warnings: readonly string[] = [],
): Written | Refusal {
  const committed = context.store.commit(changes);
  if (committed.kind === 'refused') {
    context.log.error('the store refused a write', { because: committed.because });
    return storeRefused(committed.because);
  }
  return { body: committed.bodies.at(-1) ?? '', warnings };
}

export interface Update extends WriteOptions {
  /** The stored object that the new state is to replace. */
  readonly old: JsonObject;
  /** The new state as sent or patched, in the type's own form. */
  readonly document: ReadDocument;
  readonly subresource: 'status' | undefined;
  /** What a patch made of the object, as text; undefined for a PUT. A refusal for unknown fields quotes it. */
  readonly patchedText: string | undefined;
}

export function update(context: ServerContext, type: ResourceType, request: Update): Written | Refusal {
  const { old, subresource } = request;
  const oldMeta = objectAt(old, 'metadata');
  const name = stringAt(oldMeta, 'name');
  const namespace = type.namespaced ? stringAt(oldMeta, 'namespace') : undefined;
  const admitted = admit(context, type, { document: request.document, namespace, name });
  if (isRefusal(admitted)) return admitted;
  if (request.fieldValidation === 'Strict' && admitted.objections.length > 0) {
    return request.patchedText === undefined
      ? badRequest(`${cannotBeHandled(type)}: ${strictDecodingError(admitted.objections)}`)
      : invalid({ group: '', kind: '' }, '', [
          invalidValue('patch', request.patchedText, strictDecodingError(admitted.objections)),
        ]);
  }
  const sent = type.view?.toStored(admitted.object) ?? admitted.object;
  const stale = checkVersion(type, { sent, old, name });
  if (stale !== undefined) return stale;
  const next = nextState(type, { sent, old, subresource });
  type.prepare?.(next, old);
  const causes = [
    ...type.compiled.validate(...inOwnForm(type, next, old), checkChangedMeta(next, old)),
    ...(type.check?.(next, old) ?? []),
  ];
  if (causes.length > 0) return invalid(type, name, causes);
  const warnings = warningsOf(admitted.objections, request.fieldValidation);
  if (sameJson(next, old)) return { body: JSON.stringify(old), warnings };
  if (request.dryRun === 'dry') return { body: JSON.stringify(next), warnings };
  return commitOne(context, [put(context, type, next, released(next) ? 'DELETED' : 'MODIFIED')], warnings);
}

function inOwnForm(type: ResourceType, next: JsonObject, old: JsonObject): readonly [JsonObject, JsonObject] {
  return type.view === undefined ? [next, old] : [type.view.fromStored(next), type.view.fromStored(old)];
}

/** An object that is going, and that no finalizer holds any more. */
function released(object: JsonObject): boolean {
  const meta = objectAt(object, 'metadata');
  const finalizers = meta['finalizers'];
  return meta['deletionTimestamp'] !== undefined && !(Array.isArray(finalizers) && finalizers.length > 0);
}

function checkVersion(
  type: ResourceType,
  { sent, old, name }: { readonly sent: JsonObject; readonly old: JsonObject; readonly name: string },
): Refusal | undefined {
  const [meta, oldMeta] = [objectAt(sent, 'metadata'), objectAt(old, 'metadata')];
  const version = stringAt(meta, 'resourceVersion');
  if (version === '' && !type.unconditionalUpdate) {
    // Said of the resource, not of the kind, and of 0, which is how Kubernetes reads a version that is not there.
    return invalid({ group: type.group, kind: type.plural }, name, [
      invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
    ]);
  }
  const uid = stringAt(meta, 'uid');
  if (uid !== '' && uid !== oldMeta['uid']) {
    return conflict(
      type,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${oldMeta['uid']}`,
    );
  }
  return version !== '' && version !== oldMeta['resourceVersion']
    ? conflict(type, name, modifiedMeanwhile)
    : undefined;
}

const serverFields = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** The object as it will be stored: what may not be changed this way is as it was. */
function nextState(
  type: ResourceType,
  what: { readonly sent: JsonObject; readonly old: JsonObject; readonly subresource: 'status' | undefined },
): JsonObject {
  const { sent, old, subresource } = what;
  const oldMeta = objectAt(old, 'metadata');
  if (subresource === 'status') {
    const { status: _, ...rest } = old;
    const copy = { ...rest, metadata: { ...oldMeta } };
    return sent['status'] === undefined ? copy : { ...copy, status: sent['status'] };
  }
  const meta = metaOf(sent);
  for (const field of serverFields) {
    if (oldMeta[field] === undefined) delete meta[field];
    else meta[field] = oldMeta[field];
  }
  if (Array.isArray(meta['finalizers']) && meta['finalizers'].length === 0) delete meta['finalizers'];
  if (type.statusSubresource) {
    if (old['status'] === undefined) delete sent['status'];
    else sent['status'] = old['status'];
  }
  if (type.custom && !sameJson({ ...sent, metadata: null }, { ...old, metadata: null })) {
    meta['generation'] = Number(oldMeta['generation'] ?? 0) + 1;
  }
  return sent;
}
