import type { Change } from '../belief/changeLog.ts';
import type { Database } from '../belief/database.ts';
import { fieldTypes } from '../belief/fields.ts';
import { otherClasses } from '../belief/otherClasses.ts';
import type { ClassName } from '../belief/records.ts';
import { type Call, type CallDefinition, databaseOf, text } from './call.ts';
import { done, doneJson, failed, type Outcome } from './outcome.ts';

const classNames = Object.keys(fieldTypes) as readonly ClassName[];
const longestWaitSeconds = 3600;

export const eventCalls: readonly CallDefinition[] = [
  {
    name: 'event.from',
    params: [
      { name: 'classes', type: 'string set' },
      { name: 'token', type: 'string' },
      { name: 'timeout', type: 'float' },
    ],
    result: 'an event batch',
    login: 'pool',
    async: 'no',
    run: eventFrom,
  },
  {
    name: 'event.inject',
    params: [
      { name: 'class', type: 'string' },
      { name: 'ref', type: 'string' },
    ],
    result: 'string',
    login: 'pool',
    async: 'no',
    run: (call) => {
      const database = databaseOf(call);
      const className = classNames.find((each) => each.toLowerCase() === text(call, 'class').toLowerCase());
      const ref = text(call, 'ref');
      if (className === undefined || database.get(className, ref) === undefined) {
        return failed('HANDLE_INVALID', text(call, 'class'), ref);
      }
      database.touch(className, ref);
      return done(tokenOf({ rows: database.generation(), messages: 0 }));
    },
  },
];

/** Whole classes, or single objects of them. */
type Subscription = ReadonlyMap<ClassName, 'all' | ReadonlySet<string>>;

/**
 * Where a client stands: the newest change among what it subscribed to, not of the whole database, and beside it the newest
 * message, which is counted apart and is 0 for whoever did not subscribe to messages.
 */
interface Cursor {
  readonly rows: number;
  readonly messages: number;
}

/**
 * event.from: everything that changed since the token, at once or as soon as something changes, at the latest after
 * `timeout` seconds of the client's time. An empty token means everything as additions. Nobody is told that a class or a
 * reference does not exist, or that a token is of another, younger database: nothing comes, and the call waits.
 */
async function eventFrom(call: Call): Promise<Outcome> {
  const token = text(call, 'token');
  const since = cursorOf(token);
  if (since === undefined) return failed('EVENT_FROM_TOKEN_PARSE_FAILURE', token);
  const subscription = parseSubscription(call.values['classes'] as readonly string[]);
  const { pool, session, signal, values } = call;
  const waitMs = Math.min(Number(values['timeout']), longestWaitSeconds) * 1000;
  const until = pool.time.outside.monotonicMs() + waitMs;
  for (;;) {
    const batch = batchSince(call, since, subscription);
    const leftMs = until - pool.time.outside.monotonicMs();
    if (batch.events > 0 || leftMs <= 0 || signal.aborted) return doneJson(batch.json);
    await nextChange(call, subscription, leftMs);
    if (session !== undefined && !call.member.sessions.has(session.ref)) {
      return failed('SESSION_INVALID', session.ref);
    }
  }
}

function parseSubscription(classes: readonly string[]): Subscription {
  const wanted = new Map<ClassName, 'all' | Set<string>>();
  for (const each of classes) {
    if (each === '*') {
      for (const className of classNames) wanted.set(className, 'all');
      continue;
    }
    const [name = '', ref, ...rest] = each.split('/');
    const className = classNames.find((known) => known.toLowerCase() === name.toLowerCase());
    if (className === undefined || rest.length > 0) continue;
    const already = wanted.get(className);
    if (ref === undefined || already === 'all') wanted.set(className, 'all');
    else wanted.set(className, (already ?? new Set()).add(ref));
  }
  return wanted;
}

function batchSince(
  call: Call,
  since: Cursor,
  subscription: Subscription,
): { readonly events: number; readonly json: string } {
  const database = databaseOf(call);
  const isWanted = ({ className, ref }: Change): boolean => {
    const wanted = subscription.get(className);
    return wanted === 'all' || wanted?.has(ref) === true;
  };
  const rows = database
    .changesSince(since.rows)
    .filter((change) => change.className !== 'message' && isWanted(change));
  const messages = subscription.has('message')
    ? database
        .changesSince(since.messages)
        .filter((change) => change.className === 'message' && isWanted(change))
    : [];
  const token = tokenOf({
    rows: rows.at(-1)?.generation ?? since.rows,
    messages: messages.at(-1)?.generation ?? since.messages,
  });
  const events = [...rows, ...messages].map((change) => eventJson(database, change));
  return {
    events: events.length,
    json: `{"events":[${events.join(',')}],"valid_ref_counts":{${countsJson(call)}},"token":"${token}"}`,
  };
}

/** The number of an event is that of its change; messages have none. */
function eventJson(database: Database, { className, ref, operation, generation }: Change): string {
  const id = className === 'message' ? 0 : generation;
  const snapshot = operation === 'del' ? '' : `,"snapshot":${database.json(className, ref)}`;
  return `{"id":"${id}","timestamp":"0.0","class":"${className.toLowerCase()}","operation":"${operation}","ref":"${ref}"${snapshot}}`;
}

/** Of every class, whatever is subscribed. Messages are not counted, though there are events of them. */
function countsJson(call: Call): string {
  const database = databaseOf(call);
  const counts: Record<string, number> = {};
  for (const each of otherClasses) counts[each] = 0;
  for (const each of classNames) counts[each.toLowerCase()] = each === 'message' ? 0 : database.count(each);
  counts['session'] = call.member.sessions.size;
  return JSON.stringify(counts).slice(1, -1);
}

/** Resolves soon after the next change of a subscribed class, when the time is over, or when session or client has gone. */
function nextChange(call: Call, subscription: Subscription, waitMs: number): Promise<void> {
  const { pool, signal, session } = call;
  return new Promise((resolve) => {
    let settling = false;
    const end = (): void => {
      stopListening();
      cancelTimeout();
      signal.removeEventListener('abort', end);
      session?.whenEnded.delete(end);
      resolve();
    };
    const stopListening = databaseOf(call).onChange((className) => {
      if (settling || !subscription.has(className)) return;
      settling = true;
      // Changes that come together are told together.
      pool.time.lab.after(pool.latencies.callMs, end);
    });
    const cancelTimeout = pool.time.outside.after(waitMs, end);
    signal.addEventListener('abort', end, { once: true });
    session?.whenEnded.add(end);
  });
}

/** Two numbers of twenty digits. */
function tokenOf({ rows, messages }: Cursor): string {
  return `${String(rows).padStart(20, '0')},${String(messages).padStart(20, '0')}`;
}

function cursorOf(token: string): Cursor | undefined {
  if (token === '') return { rows: 0, messages: 0 };
  const match = /^(-?\d+),(-?\d+)$/.exec(token);
  return match === null
    ? undefined
    : { rows: Math.max(0, Number(match[1])), messages: Math.max(0, Number(match[2])) };
}
