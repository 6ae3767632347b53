import type { Database } from '../belief/database.ts';
import { fieldTypes } from '../belief/fields.ts';
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
      return done(tokenOf(database.generation()));
    },
  },
];

/** Whole classes, or single objects of them. */
type Subscription = ReadonlyMap<ClassName, 'all' | ReadonlySet<string>>;

/**
 * event.from: everything that changed since the token, at once or as soon as something changes, at the latest after
 * `timeout` seconds of the client's time. An empty token means everything as additions. A token from another, younger
 * database is no error: nothing is newer than it, so the call just waits.
 */
async function eventFrom(call: Call): Promise<Outcome> {
  const token = text(call, 'token');
  const since = generationOf(token);
  if (since === undefined) return failed('EVENT_FROM_TOKEN_PARSE_FAILURE', token);
  const subscription = parseSubscription(call.values['classes'] as readonly string[]);
  if (typeof subscription === 'string') return failed('EVENT_SUBSCRIPTION_PARSE_FAILURE', subscription);
  const database = databaseOf(call);
  const first = batchSince(database, since, subscription);
  if (first.events > 0) return doneJson(first.json);
  await nextChange(call, subscription);
  return doneJson(batchSince(database, since, subscription).json);
}

function parseSubscription(classes: readonly string[]): Subscription | string {
  const wanted = new Map<ClassName, 'all' | Set<string>>();
  for (const each of classes) {
    if (each === '*') {
      for (const className of classNames) wanted.set(className, 'all');
      continue;
    }
    const [name = '', ref, ...rest] = each.split('/');
    if (name === '' || rest.length > 0) return each;
    const className = classNames.find((known) => known.toLowerCase() === name.toLowerCase());
    if (className === undefined) continue;
    const already = wanted.get(className);
    if (ref === undefined || already === 'all') wanted.set(className, 'all');
    else wanted.set(className, (already ?? new Set()).add(ref));
  }
  return wanted;
}

function batchSince(
  database: Database,
  since: number,
  subscription: Subscription,
): { readonly events: number; readonly json: string } {
  const events: string[] = [];
  for (const { className, ref, operation } of database.changesSince(since)) {
    const wanted = subscription.get(className);
    if (wanted === undefined || (wanted !== 'all' && !wanted.has(ref))) continue;
    const snapshot = operation === 'del' ? '' : `,"snapshot":${database.json(className, ref)}`;
    events.push(
      `{"id":"${events.length + 1}","timestamp":"0.0","class":"${className.toLowerCase()}","operation":"${operation}","ref":"${ref}"${snapshot}}`,
    );
  }
  const counts = classNames.map((each) => `"${each.toLowerCase()}":${database.count(each)}`);
  const json = `{"token":"${tokenOf(database.generation())}","valid_ref_counts":{${counts.join(',')}},"events":[${events.join(',')}]}`;
  return { events: events.length, json };
}

/** Resolves soon after the next change that concerns the subscription, at the timeout, or when the client has gone. */
function nextChange(call: Call, subscription: Subscription): Promise<void> {
  const { pool, signal, values } = call;
  const waitMs = Math.min(Number(values['timeout']), longestWaitSeconds) * 1000;
  return new Promise((resolve) => {
    let settling = false;
    const end = (): void => {
      stopListening();
      cancelTimeout();
      signal.removeEventListener('abort', end);
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
  });
}

/** `<database generation>,<message generation>`; messages are rows like any other here, and share the generation. */
function tokenOf(generation: number): string {
  return `${generation},${generation}`;
}

function generationOf(token: string): number | undefined {
  if (token === '') return 0;
  const match = /^(\d+),(\d+)$/.exec(token);
  return match === null ? undefined : Number(match[1]);
}
