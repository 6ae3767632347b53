import type { HttpReply } from '../../wire/http.ts';
import { isObject, type JsonObject } from '../json.ts';
import { forbiddenValue, unsupportedValue } from '../schema/fieldError.ts';
import { apiVersionOf, type ResourceType } from '../schema/resourceType.ts';
import type { StoredObject } from '../storage/store.ts';
import type { Form } from './accept.ts';
import { jsonReply } from './render.ts';
import { type Selection, selects } from './selectors.ts';
import type { ServerContext } from './serverContext.ts';
import { badRequest, type Cause, expired, invalid, isRefusal, type Refusal, statusReply } from './status.ts';
import { type IncludeObject, partialOf, tableOf } from './table.ts';
import { requestedVersion, tooLargeVersion } from './versions.ts';

export interface ListRequest {
  readonly type: ResourceType;
  readonly selection: Selection;
  readonly query: URLSearchParams;
  readonly form: Form;
  readonly include: IncludeObject;
}

/** Where a list in pages stands. All its pages show the state at version `at`. */
interface Continuation {
  readonly at: number;
  readonly namespace: string;
  readonly name: string;
  /** How many objects the pages so far had. */
  readonly seen: number;
}

export function list(context: ServerContext, request: ListRequest): HttpReply {
  const page = findPage(context, request);
  return isRefusal(page) ? statusReply(page) : jsonReply(200, renderPage(context, request, page));
}

interface Page {
  readonly objects: readonly StoredObject[];
  readonly metadata: JsonObject;
}

function findPage(context: ServerContext, { type, selection, query }: ListRequest): Page | Refusal {
  const refusedOptions = checkOptions(query);
  if (refusedOptions !== undefined) return refusedOptions;
  const from = startOf(context, query);
  if (isRefusal(from)) return from;
  const limit = Number(query.get('limit') ?? 0);
  const wanted = Number.isInteger(limit) && limit > 0 ? limit : Number.MAX_SAFE_INTEGER - 1;
  const found = collect(context, { type, selection, from, wanted: wanted + 1 });
  if (found === 'expired') {
    return expired(
      'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
    );
  }
  const objects = found.slice(0, wanted);
  const last = objects.at(-1);
  if (found.length <= wanted || last === undefined) {
    return { objects, metadata: { resourceVersion: String(from.at) } };
  }
  const seen = from.seen + objects.length;
  const next: Continuation = { at: from.at, namespace: last.namespace, name: last.name, seen };
  // Only without selectors is it known how many are left without looking at them all.
  const countable = selection.matches === undefined && selection.name === undefined;
  const left = countable ? context.store.count(type.storageKey, selection.namespace) - seen : undefined;
  return {
    objects,
    metadata: {
      resourceVersion: String(from.at),
      continue: Buffer.from(JSON.stringify(next)).toString('base64url'),
      ...(left === undefined ? {} : { remainingItemCount: Math.max(1, left) }),
    },
  };
}

function checkOptions(query: URLSearchParams): Refusal | undefined {
  const causes: Cause[] = [];
  const match = query.get('resourceVersionMatch') ?? '';
  if (match !== '') {
    const refused = (why: string): number => causes.push(forbiddenValue('resourceVersionMatch', why));
    if ((query.get('resourceVersion') ?? '') === '') {
      refused('resourceVersionMatch is forbidden unless resourceVersion is provided');
    }
    if ((query.get('continue') ?? '') !== '') {
      refused('resourceVersionMatch is forbidden when continue is provided');
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      causes.push(unsupportedValue('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && query.get('resourceVersion') === '0') {
      refused('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (query.has('sendInitialEvents')) {
    causes.push(forbiddenValue('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return causes.length === 0 ? undefined : invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
}

function startOf(context: ServerContext, query: URLSearchParams): Continuation | Refusal {
  const token = query.get('continue') ?? '';
  if (token !== '') return readToken(token);
  const version = requestedVersion(query);
  if (isRefusal(version)) return version;
  const now = context.store.version();
  if (version !== undefined && version > now) return tooLargeVersion(version, context);
  const at = query.get('resourceVersionMatch') === 'Exact' && version !== undefined ? version : now;
  return { at, namespace: '', name: '', seen: 0 };
}

function readToken(token: string): Continuation | Refusal {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (isObject(value)) {
      const { at, namespace, name, seen } = value;
      if (
        typeof at === 'number' &&
        typeof namespace === 'string' &&
        typeof name === 'string' &&
        typeof seen === 'number'
      ) {
        return { at, namespace, name, seen };
      }
    }
  } catch {
    // Said below.
  }
  return badRequest('continue key is not valid: it is not one that this server has given out');
}

const chunk = 1000;

function collect(
  { store }: ServerContext,
  what: {
    readonly type: ResourceType;
    readonly selection: Selection;
    readonly from: Continuation;
    readonly wanted: number;
  },
): readonly StoredObject[] | 'expired' {
  const { type, selection, from, wanted } = what;
  const filtered = selection.matches !== undefined || selection.name !== undefined;
  const found: StoredObject[] = [];
  let after = { namespace: from.namespace, name: from.name };
  for (;;) {
    const limit = filtered ? chunk : Math.min(wanted - found.length, chunk);
    const rows = store.page({
      resource: type.storageKey,
      ...(selection.namespace === undefined ? {} : { namespace: selection.namespace }),
      after,
      at: from.at,
      limit,
    });
    if (rows === 'expired') return 'expired';
    for (const row of rows) if (selects(selection, row)) found.push(row);
    const last = rows.at(-1);
    if (found.length >= wanted) return found.slice(0, wanted);
    if (last === undefined || rows.length < limit) return found;
    after = last;
  }
}

function renderPage(context: ServerContext, request: ListRequest, { objects, metadata }: Page): string {
  const { type, form } = request;
  if (form.kind === 'object' && type.view === undefined) {
    // The stored texts are the answer: a long list costs no parsing.
    const head = `{"kind":${JSON.stringify(type.listKind)},"apiVersion":${JSON.stringify(apiVersionOf(type))}`;
    const items = objects.map((object) => object.body).join(',');
    return `${head},"metadata":${JSON.stringify(metadata)},"items":[${items}]}`;
  }
  const parsed = objects.map((object) => JSON.parse(object.body) as JsonObject);
  if (form.kind === 'table') {
    return JSON.stringify(
      tableOf(type, parsed, {
        version: form.version,
        include: request.include,
        headers: 'shown',
        metadata,
        wallMs: context.clock.wallMs(),
      }),
    );
  }
  return JSON.stringify(
    form.kind === 'partial'
      ? {
          kind: 'PartialObjectMetadataList',
          apiVersion: `meta.k8s.io/${form.version}`,
          metadata,
          items: parsed.map((object) => partialOf(object, form.version)),
        }
      : {
          kind: type.listKind,
          apiVersion: apiVersionOf(type),
          metadata,
          items: parsed.map((object) => type.view?.fromStored(object) ?? object),
        },
  );
}
