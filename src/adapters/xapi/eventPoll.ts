import { type CallFailure, type CallPath, callForItems } from './jsonRpc.ts';
import { asFields, MalformedRecord, projections, text, type WatchedClass } from './records.ts';

/**
 * One event.from: everything that changed since a token, or, with the empty token, everything there is. VDIs are not
 * among the classes: they change with every snapshot and coalesce, and only two of their fields matter here (see
 * diskDirectory.ts).
 *
 * XAPI facts that shape this: replies name classes in lower case; `snapshot` is absent when a record was deleted; the
 * counts cover every table of the database; a record that is deleted between being noticed and being written into the
 * reply is counted but not sent (upstream CA-91931).
 */
export interface EventBatch {
  readonly events: readonly WatchedEvent[];
  readonly token: string;
  /** Class in lower case → number of records of it in the pool's database. */
  readonly counts: ReadonlyMap<string, number>;
}

export interface WatchedEvent {
  readonly class: WatchedClass;
  readonly ref: string;
  /** The projection of this class's record; undefined when the record is gone. */
  readonly record: unknown;
}

const classes: readonly WatchedClass[] = [
  'pool',
  'host',
  'host_metrics',
  'vm',
  'vbd',
  'sr',
  'pbd',
  'task',
  'vm_guest_metrics',
];

export async function pollEvents(
  path: CallPath,
  options: {
    readonly session: string;
    /** '' asks for the full state. */
    readonly token: string;
    /** How long the server may wait for something to tell; 0 answers at once. */
    readonly waitSeconds: number;
    /** Until the reply begins, and from there until it is complete. */
    readonly headDeadlineMs: number;
    readonly bodyDeadlineMs: number;
    readonly signal: AbortSignal;
  },
): Promise<{ readonly kind: 'batch'; readonly batch: EventBatch } | CallFailure> {
  const events: WatchedEvent[] = [];
  const outcome = await callForItems(
    path,
    {
      method: 'event.from',
      params: [options.session, classes, options.token, options.waitSeconds],
      deadlineMs: options.headDeadlineMs,
      signal: options.signal,
    },
    {
      itemsAt: ['result', 'events'],
      bodyDeadlineMs: options.bodyDeadlineMs,
      onItem: (item) => {
        const event = readEvent(item);
        if (event !== undefined) events.push(event);
      },
    },
  );
  if (outcome.kind !== 'result') return outcome;
  try {
    const outline = asFields(outcome.value, 'the reply to event.from');
    return {
      kind: 'batch',
      batch: { events, token: text(outline, 'token'), counts: readCounts(outline['valid_ref_counts']) },
    };
  } catch (error) {
    if (error instanceof MalformedRecord) return { kind: 'garbled', says: error.message };
    throw error;
  }
}

/** Undefined for a class that was not asked for. */
function readEvent(item: unknown): WatchedEvent | undefined {
  const fields = asFields(item, 'an event');
  const watched = classes.find((name) => name === text(fields, 'class').toLowerCase());
  if (watched === undefined) return undefined;
  const ref = text(fields, 'ref');
  if (fields['operation'] === 'del') return { class: watched, ref, record: undefined };
  try {
    return {
      class: watched,
      ref,
      record: projections[watched](asFields(fields['snapshot'], 'its snapshot')),
    };
  } catch (error) {
    if (!(error instanceof MalformedRecord)) throw error;
    throw new MalformedRecord(`the ${watched} ${ref}: ${error.message}`);
  }
}

function readCounts(value: unknown): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [name, count] of Object.entries(asFields(value, 'valid_ref_counts'))) {
    counts.set(name.toLowerCase(), Number(count));
  }
  return counts;
}
