import type { Cancel, Clock, Random } from '../../ports/clock.ts';
import { sleep } from '../../ports/clock.ts';
import type { EventRecorder } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import { backoffDelayMs } from '../../runtime/backoff.ts';
import { withDeadline } from '../../runtime/deadline.ts';
import {
  eventBody,
  eventKey,
  eventKind,
  eventNamespace,
  objectKey,
  type RecordedEvent,
} from './eventObject.ts';
import { createSpamFilter, type SpamFilter } from './eventSpamFilter.ts';
import { microTime } from './microTime.ts';
import { isNotFound, StatusError } from './statusError.ts';
import type { Transport } from './transport.ts';

/**
 * Writes what people see under `kubectl describe`. Recording never waits, never throws and never holds up what it
 * tells about: what cannot be sent in time is dropped and counted.
 *
 * The first of several equal events is created; those after it only count up its `series`, which is written at once for
 * the second and then twice a minute at most. Different ones about one object pass a filter, so that a loop gone
 * wild does not fill etcd.
 */
export interface RunningEventRecorder extends EventRecorder {
  status(): {
    readonly recorded: number;
    /** Requests that the server took. */
    readonly sent: number;
    /** By the spam filter, because too many waited, or because the server would not have them. */
    readonly dropped: number;
  };
  /** Sends what waits, for at most five seconds, and nothing more after that. */
  stop(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Who tells, a qualified name: `kintsugi.dev/operator`. */
  readonly controller: string;
  /** Which process of it, such as the pod's name. */
  readonly instance: string;
}

/** One event that happened once or more often. */
interface Series {
  readonly event: RecordedEvent;
  readonly key: string;
  readonly name: string;
  eventTime: string;
  lastTime: string;
  lastMs: number;
  count: number;
  /** How many of them the server knows; 0 before it was created. */
  toldCount: number;
  toldMs: number;
  waiting: boolean;
  later: Cancel | undefined;
}

interface Recorder extends EventRecorderOptions {
  readonly filter: SpamFilter;
  readonly series: Map<string, Series>;
  readonly waiting: Series[];
  readonly giveUp: AbortController;
  readonly counts: { recorded: number; sent: number; dropped: number };
  sending: Promise<void> | undefined;
  stopped: boolean;
}

const mostWaiting = 1_000;
const mostSeries = 2_000;
/** An equal event after so long is a new story. */
const seriesEndsMs = 10 * 60_000;
const betweenUpdatesMs = 30_000;
const requestDeadlineMs = 5_000;
const mostTries = 4;
const betweenTries = { baseMs: 1_000, maxMs: 10_000 };
const drainMs = 5_000;

export function createEventRecorder(options: EventRecorderOptions): RunningEventRecorder {
  const recorder: Recorder = {
    ...options,
    filter: createSpamFilter(options.clock),
    series: new Map(),
    waiting: [],
    giveUp: new AbortController(),
    counts: { recorded: 0, sent: 0, dropped: 0 },
    sending: undefined,
    stopped: false,
  };
  return {
    record: (event) => {
      try {
        record(recorder, event);
      } catch (error) {
        recorder.counts.dropped += 1;
        recorder.log.error('an event could not be recorded, which is a bug', { reason: event.reason, error });
      }
    },
    status: () => ({ ...recorder.counts }),
    stop: () => stop(recorder),
  };
}

function record(recorder: Recorder, event: RecordedEvent): void {
  if (recorder.stopped) return;
  const { clock, counts, series } = recorder;
  counts.recorded += 1;
  const key = eventKey(event);
  const known = series.get(key);
  const nowMs = clock.monotonicMs();
  if (known !== undefined && nowMs - known.lastMs < seriesEndsMs) {
    known.count += 1;
    known.lastMs = nowMs;
    known.lastTime = microTime(clock.wallMs());
    sendWhenDue(recorder, known);
    return;
  }
  known?.later?.();
  if (recorder.waiting.length >= mostWaiting || !recorder.filter.admits(objectKey(event))) {
    counts.dropped += 1;
    return;
  }
  makeRoom(recorder, nowMs);
  const now = microTime(clock.wallMs());
  const fresh: Series = {
    event,
    key,
    name: newName(recorder, event),
    eventTime: now,
    lastTime: now,
    lastMs: nowMs,
    count: 1,
    toldCount: 0,
    toldMs: nowMs - betweenUpdatesMs,
    waiting: false,
    later: undefined,
  };
  series.set(key, fresh);
  sendNow(recorder, fresh);
}

function makeRoom({ series }: Recorder, nowMs: number): void {
  for (const [key, { lastMs, later }] of series) {
    if (series.size < mostSeries && nowMs - lastMs < seriesEndsMs) return;
    later?.();
    series.delete(key);
  }
}

function sendWhenDue(recorder: Recorder, series: Series): void {
  if (series.waiting || series.later !== undefined) return;
  const dueInMs = series.toldMs + betweenUpdatesMs - recorder.clock.monotonicMs();
  if (dueInMs <= 0) {
    sendNow(recorder, series);
    return;
  }
  series.later = recorder.clock.after(dueInMs, () => sendNow(recorder, series));
}

function sendNow(recorder: Recorder, series: Series): void {
  series.later?.();
  series.later = undefined;
  if (series.waiting) return;
  series.waiting = true;
  recorder.waiting.push(series);
  recorder.sending ??= sendAll(recorder).finally(() => {
    recorder.sending = undefined;
  });
}

async function sendAll(recorder: Recorder): Promise<void> {
  const { counts, waiting, log, giveUp } = recorder;
  for (let series = waiting.shift(); series !== undefined; series = waiting.shift()) {
    series.waiting = false;
    if (series.toldCount >= series.count) continue;
    try {
      await sendPatiently(recorder, series);
      counts.sent += 1;
    } catch (error) {
      counts.dropped += 1;
      if (giveUp.signal.aborted) continue;
      log.warn('an event could not be written and is dropped', { reason: series.event.reason, error });
    }
  }
}

async function sendPatiently(recorder: Recorder, series: Series): Promise<void> {
  const { clock, random, giveUp } = recorder;
  for (let attempt = 0; ; attempt++) {
    try {
      giveUp.signal.throwIfAborted();
      series.toldCount = await send(recorder, series);
      if (series.toldCount > 1) series.toldMs = clock.monotonicMs();
      return;
    } catch (error) {
      if (giveUp.signal.aborted || isRefusal(error) || attempt + 1 >= mostTries) throw error;
      await sleep(clock, backoffDelayMs(betweenTries, attempt, random), giveUp.signal);
    }
  }
}

/**
 * Tells the server of all that has happened so far; returns how often that was. Creating under a chosen name may be
 * repeated: the second time the name is taken, and that is success.
 */
async function send(recorder: Recorder, series: Series): Promise<number> {
  const { transport, controller, instance, giveUp } = recorder;
  const { event, name, count, lastTime } = series;
  const collection = { kind: eventKind, namespace: eventNamespace(event) };
  const limits = { deadlineMs: requestDeadlineMs, signal: giveUp.signal };
  const create = async (): Promise<void> => {
    const about = { name, eventTime: series.eventTime, controller, instance };
    const body = eventBody(event, about);
    try {
      await transport.request({ verb: 'create', target: collection, body, ...limits });
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === 'AlreadyExists')) throw error;
    }
  };
  if (series.toldCount === 0) {
    await create();
    series.toldCount = 1;
  }
  if (count === 1) return count;
  const body = { series: { count, lastObservedTime: lastTime } };
  try {
    await transport.request({ verb: 'patch', target: { ...collection, name }, body, ...limits });
    return count;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    // Events are kept for an hour; the one that was counted up is gone, so the series begins anew.
    series.eventTime = lastTime;
    series.count = 1;
    await create();
    return series.count;
  }
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof StatusError && error.status !== undefined && error.status < 500 && error.status !== 429
  );
}

async function stop(recorder: Recorder): Promise<void> {
  recorder.stopped = true;
  for (const series of recorder.series.values()) {
    if (series.later !== undefined) sendNow(recorder, series);
  }
  const late = (): unknown => new Error('the last events were not sent in time');
  try {
    await withDeadline(recorder.sending ?? Promise.resolve(), {
      clock: recorder.clock,
      deadlineMs: drainMs,
      late,
    });
  } catch (error) {
    recorder.giveUp.abort(error);
    await recorder.sending;
  }
}

function newName({ random }: Recorder, { regarding }: RecordedEvent): string {
  const chance = Array.from({ length: 16 }, () => Math.floor(random.next() * 16).toString(16)).join('');
  return `${regarding.metadata.name.slice(0, 236)}.${chance}`;
}
