import type { HttpReply } from '../../wire/http.ts';
import type { JsonObject } from '../json.ts';
import { forbiddenValue, unsupportedValue } from '../schema/fieldError.ts';
import { apiVersionOf, type ResourceType } from '../schema/resourceType.ts';
import { withVersion } from '../storage/sqliteQueries.ts';
import type { HappeningType, HistoryEntry } from '../storage/store.ts';
import type { Form } from './accept.ts';
import { createPause } from './pause.ts';
import { type Selection, selects } from './selectors.ts';
import type { ServerContext } from './serverContext.ts';
import {
  type Cause,
  expired,
  invalid,
  isRefusal,
  type Refusal,
  type StatusBody,
  statusReply,
} from './status.ts';
import { type IncludeObject, partialOf, tableOf } from './table.ts';
import { requestedVersion } from './versions.ts';

export interface WatchRequest {
  readonly type: ResourceType;
  readonly selection: Selection;
  readonly query: URLSearchParams;
  readonly form: Form;
  readonly include: IncludeObject;
  /** Aborted when the client has gone away. */
  readonly gone: AbortSignal;
}

/** What a watch sends before it follows the log. */
type Beginning =
  | { readonly kind: 'after'; readonly version: number }
  | { readonly kind: 'everything'; readonly endMarked: boolean };

export function watch(context: ServerContext, request: WatchRequest): HttpReply {
  const beginning = beginningOf(request.query);
  if (isRefusal(beginning)) return statusReply(beginning);
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: lines(context, request, beginning),
  };
}

function beginningOf(query: URLSearchParams): Beginning | Refusal {
  const causes: Cause[] = [];
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.get('sendInitialEvents');
  if (initial !== null && match !== 'NotOlderThan') {
    causes.push(
      forbiddenValue(
        'resourceVersionMatch',
        'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      ),
    );
  }
  if (match !== '' && initial === null) {
    causes.push(
      forbiddenValue(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    );
  }
  if (match !== '' && match !== 'NotOlderThan') {
    causes.push(unsupportedValue('resourceVersionMatch', match, ['NotOlderThan']));
  }
  if (causes.length > 0) return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  const version = requestedVersion(query);
  if (isRefusal(version)) return version;
  if (initial === 'true') {
    return { kind: 'everything', endMarked: query.get('allowWatchBookmarks') === 'true' };
  }
  if (initial === null && (version === undefined || version === 0)) {
    return { kind: 'everything', endMarked: false };
  }
  return { kind: 'after', version: version ?? 0 };
}

const batch = 100;
const bookmarkEveryMs = 60_000;
const defaultLifeMs = 45 * 60_000;

/**
 * A watch is a place in the log and nothing else: it holds no queue, so a slow client costs no memory. When the log
 * has moved on without it, it ends with 410 and the client lists again.
 */
async function* lines(
  context: ServerContext,
  request: WatchRequest,
  beginning: Beginning,
): AsyncIterable<string> {
  const { store, clock } = context;
  const { type, query } = request;
  const pause = createPause([request.gone, context.closing]);
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const lifeMs = seconds > 0 ? seconds * 1000 : defaultLifeMs;
  // The last bookmark comes shortly before the end, so that the next watch begins where this one stopped.
  const bookmarkMs = Math.min(bookmarkEveryMs, Math.max(lifeMs - 2000, lifeMs / 2));
  // A client that saw less than the time it asked for would take the end for a fault.
  const cancelLife = clock.after(lifeMs + 50, pause.stop);
  const unsubscribe = store.subscribe(type.storageKey, pause.wake);
  let bookmarkDue = false;
  let cancelBookmark = (): void => {};
  const scheduleBookmark = (): void => {
    if (query.get('allowWatchBookmarks') !== 'true') return;
    cancelBookmark = clock.after(bookmarkMs, () => {
      bookmarkDue = true;
      pause.wake();
    });
  };
  const writer = eventWriter(context, request);
  try {
    let at = beginning.kind === 'after' ? beginning.version : store.version();
    if (beginning.kind === 'everything') {
      const complete = yield* existing(context, request, { at, writer });
      if (!complete) return;
      if (beginning.endMarked) yield writer.bookmark(at, { 'k8s.io/initial-events-end': 'true' });
    }
    scheduleBookmark();
    while (!pause.stopped()) {
      const entries = store.history({ resource: type.storageKey, after: at, limit: batch });
      if (entries === 'expired') {
        yield writer.error(tooOld(at, context));
        return;
      }
      if (entries.length === 0) {
        // Nothing else has run since the log was read, so all that happened up to this version has been seen.
        at = Math.max(at, store.version());
        if (bookmarkDue) {
          bookmarkDue = false;
          scheduleBookmark();
          yield writer.bookmark(at);
        } else {
          await pause.wait();
        }
      }
      for (const entry of entries) {
        at = entry.version;
        const line = writer.entry(entry);
        if (line !== undefined) yield line;
      }
    }
  } finally {
    cancelLife();
    cancelBookmark();
    unsubscribe();
    pause.end();
  }
}

function tooOld(at: number, { store }: ServerContext): StatusBody {
  return expired(`too old resource version: ${at} (${store.compactedVersion()})`).refused;
}

/** Everything that is there at version `at`, as ADDED; false when a slow client was overtaken by the log and told so. */
function* existing(
  context: ServerContext,
  { type, selection }: WatchRequest,
  how: { readonly at: number; readonly writer: EventWriter },
): Generator<string, boolean> {
  let after = { namespace: '', name: '' };
  for (;;) {
    const objects = context.store.page({
      resource: type.storageKey,
      ...(selection.namespace === undefined ? {} : { namespace: selection.namespace }),
      after,
      at: how.at,
      limit: 500,
    });
    if (objects === 'expired') {
      yield how.writer.error(tooOld(how.at, context));
      return false;
    }
    for (const object of objects) {
      if (selects(selection, object)) yield how.writer.event('ADDED', object.body);
    }
    const last = objects.at(-1);
    if (last === undefined || objects.length < 500) return true;
    after = last;
  }
}

interface EventWriter {
  event(type: HappeningType, body: string): string;
  /** What an entry of the log is to whoever watches this selection; undefined when it is nothing. */
  entry(entry: HistoryEntry): string | undefined;
  bookmark(version: number, annotations?: Readonly<Record<string, string>>): string;
  error(status: StatusBody): string;
}

function eventWriter(context: ServerContext, request: WatchRequest): EventWriter {
  const { type, selection, form } = request;
  let headers: 'shown' | 'hidden' = 'shown';
  const line = (kind: string, text: string): string => `{"type":"${kind}","object":${text}}\n`;
  const shape = (body: string): string => {
    if (form.kind === 'object' && type.view === undefined) return body;
    const object = JSON.parse(body) as JsonObject;
    if (form.kind === 'object') return JSON.stringify(type.view?.fromStored(object));
    if (form.kind === 'partial') return JSON.stringify(partialOf(object, form.version));
    const { resourceVersion } = object['metadata'] as JsonObject;
    const table = tableOf(type, [object], {
      version: form.version,
      include: request.include,
      headers,
      metadata: { resourceVersion },
      wallMs: context.clock.wallMs(),
    });
    headers = 'hidden';
    return JSON.stringify(table);
  };
  const event = (kind: HappeningType, body: string): string => line(kind, shape(body));
  return {
    event,
    entry: (entry) => {
      const { previous } = entry;
      const now = entry.type !== 'DELETED' && selects(selection, entry);
      const before = previous !== undefined && selects(selection, { ...entry, body: previous });
      if (now) return event(before ? 'MODIFIED' : 'ADDED', entry.body);
      if (!before || previous === undefined) return undefined;
      // What no longer matches is gone for this watcher: it is told so with the last state that did.
      return event('DELETED', entry.type === 'DELETED' ? entry.body : withVersion(previous, entry.version));
    },
    bookmark: (version, annotations) => {
      const metadata = {
        resourceVersion: String(version),
        creationTimestamp: null,
        ...(annotations === undefined ? {} : { annotations }),
      };
      const object = { kind: type.kind, apiVersion: apiVersionOf(type), metadata };
      return line(
        'BOOKMARK',
        form.kind === 'object' ? JSON.stringify(object) : shape(JSON.stringify(object)),
      );
    },
    error: (status) => line('ERROR', JSON.stringify(status)),
  };
}
