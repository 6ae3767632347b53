import type { HttpReply, HttpRequest } from '../../wire/http.ts';
import { isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import { unsupportedValue } from '../schema/fieldError.ts';
import { apiVersionOf, type ResourceType } from '../schema/resourceType.ts';
import type { StoredObject } from '../storage/store.ts';
import { type Form, negotiate } from './accept.ts';
import { fieldValidationOf, type ReadDocument, readDocument } from './admit.ts';
import { list } from './list.ts';
import { isServerSideApply, noServerSideApply, patched } from './patch.ts';
import type { ProtobufReader } from './protobuf.ts';
import { finishNamespace, type Removal, remove, removeCollection } from './remove.ts';
import { jsonReply, renderObject } from './render.ts';
import type { Target } from './route.ts';
import { selectionOf } from './selectors.ts';
import type { ServerContext } from './serverContext.ts';
import {
  invalid,
  isRefusal,
  methodNotAllowed,
  notFound,
  type Refusal,
  statusReply,
  verbNotSupported,
} from './status.ts';
import type { IncludeObject } from './table.ts';
import { watch } from './watch.ts';
import { create, type DryRun, update, type WriteOptions, type Written } from './write.ts';

/** Answers one request for a resource. */
export type HandleResource = (request: HttpRequest, target: Target, query: URLSearchParams) => HttpReply;

interface Call {
  readonly context: ServerContext;
  readonly protobuf: ProtobufReader;
  readonly request: HttpRequest;
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly form: Form;
  readonly include: IncludeObject;
}

export function createResourceHandler(context: ServerContext, protobuf: ProtobufReader): HandleResource {
  return (request, target, query) => {
    const form = negotiate(request.headers['accept']);
    if (isRefusal(form)) return statusReply(form);
    const asked = query.get('includeObject');
    const include = asked === 'None' || asked === 'Object' ? asked : 'Metadata';
    const call: Call = { context, protobuf, request, target, query, form, include };
    const answer = target.name === undefined ? collection(call) : item(call, target.name);
    return isRefusal(answer) ? statusReply(answer) : answer;
  };
}

function collection(call: Call): HttpReply | Refusal {
  const { context, request, target, query } = call;
  const { type, namespace } = target;
  const selection = selectionOf(type, namespace, query);
  if (isRefusal(selection)) return selection;
  switch (request.method) {
    case 'GET': {
      const watching = ['true', '1'].includes(query.get('watch') ?? '');
      return watching
        ? watch(context, { ...call, type, selection, gone: request.signal })
        : list(context, { ...call, type, selection });
    }
    case 'POST':
      return type.namespaced && namespace === undefined ? methodNotAllowed() : post(call);
    case 'DELETE': {
      const removal = removalOf(call);
      if (isRefusal(removal)) return removal;
      const removed = removeCollection(context, type, { selection, dryRun: removal.dryRun });
      if (isRefusal(removed)) return removed;
      for (const name of new Set(removed.map((object) => object.namespace))) finishNamespace(context, name);
      const items = removed.map((object) => renderObject(type, object.body, rendering(call))).join(',');
      const head = `"kind":${JSON.stringify(type.listKind)},"apiVersion":${JSON.stringify(apiVersionOf(type))}`;
      return jsonReply(
        200,
        `{${head},"metadata":{"resourceVersion":"${context.store.version()}"},"items":[${items}]}`,
      );
    }
    default:
      return methodNotAllowed();
  }
}

function item(call: Call, name: string): HttpReply | Refusal {
  const { context, request, target } = call;
  const { type, namespace } = target;
  const methods = target.subresource === undefined ? itemMethods : subresourceMethods;
  if (!methods.has(request.method)) {
    return target.subresource === undefined
      ? methodNotAllowed()
      : verbNotSupported(type, request.method === 'POST' ? 'create' : request.method.toLowerCase());
  }
  if (request.method === 'PATCH' && isServerSideApply(request.headers['content-type'] ?? '')) {
    return noServerSideApply;
  }
  const stored = context.store.get({ resource: type.storageKey, namespace: namespace ?? '', name });
  if (stored === undefined) return notFound(type, name);
  switch (request.method) {
    case 'GET':
      return jsonReply(200, renderObject(type, stored.body, rendering(call)));
    case 'PUT':
    case 'PATCH':
      return change(call, stored);
    default:
      return destroy(call, stored);
  }
}

const subresourceMethods = new Set(['GET', 'PUT', 'PATCH']);
const itemMethods = new Set([...subresourceMethods, 'DELETE']);

function rendering({ context, form, include }: Call): {
  readonly form: Form;
  readonly include: IncludeObject;
  readonly wallMs: number;
} {
  return { form, include, wallMs: context.clock.wallMs() };
}

function post(call: Call): HttpReply | Refusal {
  const { context, target, protobuf, request } = call;
  const options = writeOptions(call);
  if (isRefusal(options)) return options;
  const document = readDocument(request, protobuf);
  if (isRefusal(document)) return document;
  return writtenReply(
    call,
    201,
    create(context, target.type, { ...options, document, namespace: target.namespace }),
  );
}

function change(call: Call, stored: StoredObject): HttpReply | Refusal {
  const { context, target, protobuf, request } = call;
  const { type } = target;
  const options = writeOptions(call);
  if (isRefusal(options)) return options;
  const old = JSON.parse(stored.body) as JsonObject;
  const patching = request.method === 'PATCH';
  const document = patching ? patchedDocument(type, old, request) : readDocument(request, protobuf);
  if (isRefusal(document)) return document;
  const written = update(context, type, {
    ...options,
    old,
    document,
    subresource: target.subresource,
    patchedText: patching ? JSON.stringify(document.value) : undefined,
  });
  if (!isRefusal(written) && stored.namespace !== '') finishNamespace(context, stored.namespace);
  return writtenReply(call, 200, written);
}

function patchedDocument(type: ResourceType, old: JsonObject, request: HttpRequest): ReadDocument | Refusal {
  const { 'content-type': mediaType = '' } = request.headers;
  const result = patched(type, type.view?.fromStored(old) ?? old, { mediaType, body: request.body });
  return isRefusal(result) ? result : { value: result.value, duplicates: [] };
}

function writtenReply(call: Call, status: number, written: Written | Refusal): HttpReply | Refusal {
  return isRefusal(written)
    ? written
    : jsonReply(status, renderObject(call.target.type, written.body, rendering(call)), written.warnings);
}

function destroy(call: Call, stored: StoredObject): HttpReply | Refusal {
  const { context, target } = call;
  const { type } = target;
  const removal = removalOf(call);
  if (isRefusal(removal)) return removal;
  const removed = remove(context, type, { ...removal, stored });
  if (isRefusal(removed)) return removed;
  if (removed.kind === 'going') return jsonReply(200, renderObject(type, removed.body, rendering(call)));
  if (stored.namespace !== '') finishNamespace(context, stored.namespace);
  const uid = stringAt(objectAt(removed.object, 'metadata'), 'uid');
  const details = {
    name: stored.name,
    ...(type.group === '' ? {} : { group: type.group }),
    kind: type.plural,
    uid,
  };
  return jsonReply(
    200,
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }),
  );
}

function writeOptions({ query }: Call): WriteOptions | Refusal {
  const fieldValidation = fieldValidationOf(query);
  if (isRefusal(fieldValidation)) return fieldValidation;
  const dryRun = dryRunOf(query.getAll('dryRun'));
  return isRefusal(dryRun) ? dryRun : { fieldValidation, dryRun };
}

function dryRunOf(asked: readonly unknown[]): DryRun | Refusal {
  if (asked.some((value) => value !== 'All')) {
    return invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [
      unsupportedValue('dryRun', asked, ['All']),
    ]);
  }
  return asked.length > 0 ? 'dry' : 'real';
}

/** Options of a deletion stand in the query, in the body, or in both. */
function removalOf({ request, protobuf, query }: Call): Removal | Refusal {
  const document = request.body.length === 0 ? undefined : readDocument(request, protobuf);
  if (isRefusal(document)) return document;
  const body = isObject(document?.value) ? document.value : {};
  const dryRun = dryRunOf([
    ...query.getAll('dryRun'),
    ...(Array.isArray(body['dryRun']) ? body['dryRun'] : []),
  ]);
  if (isRefusal(dryRun)) return dryRun;
  const preconditions = objectAt(body, 'preconditions');
  return {
    uid: stringAt(preconditions, 'uid') || undefined,
    resourceVersion: stringAt(preconditions, 'resourceVersion') || undefined,
    dryRun,
  };
}
