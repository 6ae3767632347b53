import type { Clock, Random } from '../../ports/clock.ts';
import { sleep } from '../../ports/clock.ts';
import type { Kind, KubernetesObject } from '../../ports/kubernetes.ts';
import { KubernetesError } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { ObjectCache } from '../../runtime/objectCache.ts';
import { compareResourceVersions } from '../../runtime/resourceVersion.ts';
import { listPage } from './listPages.ts';
import { BadLine, createRecovery, ErrorEvent, healthyMs, paceMs, TimeWentBack } from './reflectorRecovery.ts';
import { statusErrorOfEvent } from './statusError.ts';
import type { Transport } from './transport.ts';
import { parseWatchEvent } from './watchEvent.ts';
import { readWatchLines, type WatchLines, WatchSilent } from './watchLines.ts';

/**
 * Keeps a cache true to the server. It is a state machine after kube-rs's watcher:
 *
 * - `empty`: nothing is known, or what is known cannot be trusted. Asks for the first page of a list.
 * - `paging`: has some pages, asks for the next. The last one replaces the cache.
 * - `listed`: knows everything up to the cache's resourceVersion. Opens a watch from there, or goes to `empty` when
 *   the last list is half an hour old.
 * - `watching`: takes events until the server ends the watch (it does, after the time asked for), then `listed`.
 *
 * A failure goes back to `listed`, since a watch can be resumed; to `empty` if the version is too old (410, as a status
 * or as an event), if the store has gone back in time, or if resuming at the same version has failed twice
 * (reflectorRecovery.ts). client-node's informer ends at the first of any of these.
 */
type State<T> =
  | { readonly kind: 'empty' }
  | { readonly kind: 'paging'; readonly items: readonly T[]; readonly continueToken: string }
  | { readonly kind: 'listed' }
  | { readonly kind: 'watching'; readonly watch: OpenWatch };

interface OpenWatch {
  readonly lines: WatchLines;
  readonly openedMs: number;
  /** How long a live server is silent at most. */
  readonly silenceMs: number;
}

export interface ReflectorOptions<T extends KubernetesObject> {
  readonly transport: Transport;
  readonly cache: ObjectCache<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly kind: Kind;
  /** Every namespace without it. */
  readonly namespace?: string;
}

export interface ReflectorStatus {
  /** Since anything was heard from the server, bookmarks included; undefined before. A growing age is a dead watch. */
  readonly heardAgoMs: number | undefined;
  readonly lists: number;
  readonly watches: number;
  readonly failures: number;
  /** Lines of watches that made no sense, half lines included. */
  readonly badLines: number;
  /** How often the server's versions went back: its store was restored, and what was recorded since is lost. */
  readonly regressions: number;
  readonly lastFailure: string | undefined;
}

export interface Reflector {
  /** Runs until the signal is aborted; resolves then, and no watch is left open. Throws when called a second time. */
  run(signal: AbortSignal): Promise<void>;
  status(): ReflectorStatus;
}

const openDeadlineMs = 15_000;
/** The server ends a watch by itself after this long, so that connections are balanced and dead ones noticed. */
const watchSeconds = { least: 270, most: 310 };
/** A server that sends bookmarks sends one a minute, quiet or not. */
const bookmarkSilenceMs = 90_000;
/** One that has not sent any may be silent until it ends the watch. */
const pastEndMs = 15_000;
/** A lost event is healed at the latest by this: etcd and API servers have lost some in the past. */
const relistMs = { least: 27 * 60_000, most: 33 * 60_000 };

export function createReflector<T extends KubernetesObject>(options: ReflectorOptions<T>): Reflector {
  const machine: Machine<T> = {
    ...options,
    recovery: createRecovery(options),
    where: options.namespace === undefined ? { kind: options.kind } : options,
    counts: { lists: 0, watches: 0, failures: 0, badLines: 0, regressions: 0 },
    lastFailure: undefined,
    heardMs: undefined,
    relistAtMs: 0,
    bookmarksExpected: false,
  };
  let started = false;
  return {
    run: async (signal) => {
      if (started) throw new Error(`the reflector of ${options.kind.plural} was started before`);
      started = true;
      await runMachine(machine, signal);
    },
    status: () => ({
      heardAgoMs: machine.heardMs === undefined ? undefined : options.clock.monotonicMs() - machine.heardMs,
      ...machine.counts,
      lastFailure: machine.lastFailure,
    }),
  };
}

interface Machine<T extends KubernetesObject> extends ReflectorOptions<T> {
  readonly recovery: ReturnType<typeof createRecovery>;
  readonly where: { readonly kind: Kind; readonly namespace?: string };
  readonly counts: {
    lists: number;
    watches: number;
    failures: number;
    badLines: number;
    regressions: number;
  };
  lastFailure: string | undefined;
  heardMs: number | undefined;
  relistAtMs: number;
  /** This server was seen to send bookmarks, and has not been silent since for longer than they allow. */
  bookmarksExpected: boolean;
}

async function runMachine<T extends KubernetesObject>(
  machine: Machine<T>,
  signal: AbortSignal,
): Promise<void> {
  let state: State<T> = { kind: 'empty' };
  while (!signal.aborted) {
    try {
      state = await step(machine, state, signal);
    } catch (error) {
      if (state.kind === 'watching') state.watch.lines.close();
      if (signal.aborted) return;
      state = await recover(machine, { state, error, signal });
    }
  }
  if (state.kind === 'watching') state.watch.lines.close();
}

function step<T extends KubernetesObject>(
  machine: Machine<T>,
  state: State<T>,
  signal: AbortSignal,
): Promise<State<T>> {
  switch (state.kind) {
    case 'empty':
    case 'paging':
      return readPage(machine, state, signal);
    case 'listed':
      return openWatch(machine, signal);
    case 'watching':
      return readWatch(machine, state);
  }
}

async function readPage<T extends KubernetesObject>(
  machine: Machine<T>,
  state: State<T> & { readonly kind: 'empty' | 'paging' },
  signal: AbortSignal,
): Promise<State<T>> {
  const { cache, clock, transport, where } = machine;
  if (state.kind === 'empty') machine.counts.lists += 1;
  const token = state.kind === 'paging' ? { continueToken: state.continueToken } : {};
  const page = await listPage<T>(transport, { ...where, ...token, signal });
  machine.heardMs = clock.monotonicMs();
  const items = state.kind === 'paging' ? [...state.items, ...page.items] : page.items;
  if (page.continueToken !== undefined) return { kind: 'paging', items, continueToken: page.continueToken };
  if (wentBack(cache.resourceVersion(), page.resourceVersion)) noteRegression(machine, page.resourceVersion);
  cache.replace(items, page.resourceVersion);
  machine.relistAtMs = clock.monotonicMs() + between(machine.random, relistMs);
  return { kind: 'listed' };
}

async function openWatch<T extends KubernetesObject>(
  machine: Machine<T>,
  signal: AbortSignal,
): Promise<State<T>> {
  const { cache, clock, transport, where } = machine;
  const resourceVersion = cache.resourceVersion();
  if (resourceVersion === undefined || clock.monotonicMs() >= machine.relistAtMs) return { kind: 'empty' };
  machine.counts.watches += 1;
  const timeoutSeconds = Math.round(between(machine.random, watchSeconds));
  const query = { resourceVersion, allowWatchBookmarks: 'true', timeoutSeconds: String(timeoutSeconds) };
  const ended = new AbortController();
  const onAbort = (): void => ended.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const release = (): void => signal.removeEventListener('abort', onAbort);
  try {
    const asked = { target: where, query, deadlineMs: openDeadlineMs, signal: ended.signal };
    const stream = await transport.watch(asked);
    machine.heardMs = clock.monotonicMs();
    const lines = readWatchLines({ stream, clock, signal, onClose: release });
    const silenceMs = machine.bookmarksExpected ? bookmarkSilenceMs : timeoutSeconds * 1000 + pastEndMs;
    return { kind: 'watching', watch: { lines, openedMs: clock.monotonicMs(), silenceMs } };
  } catch (error) {
    release();
    throw error;
  }
}

async function readWatch<T extends KubernetesObject>(
  machine: Machine<T>,
  state: State<T> & { readonly kind: 'watching' },
): Promise<State<T>> {
  const { watch } = state;
  const silenceMs = machine.bookmarksExpected ? bookmarkSilenceMs : watch.silenceMs;
  const lines = await watch.lines.next(silenceMs);
  if (lines !== 'ended') {
    machine.heardMs = machine.clock.monotonicMs();
    for (const line of lines) take(machine, line);
    return state;
  }
  if (watch.lines.endedHalfway()) machine.counts.badLines += 1;
  const watchedMs = machine.clock.monotonicMs() - watch.openedMs;
  if (watchedMs >= healthyMs) machine.recovery.progressed();
  if (watchedMs < paceMs) {
    throw new KubernetesError(`watch ${machine.kind.plural}: the server ended it at once`, {
      reason: 'EndedEarly',
      mayHaveArrived: false,
    });
  }
  watch.lines.close();
  return { kind: 'listed' };
}

function take<T extends KubernetesObject>(machine: Machine<T>, line: string): void {
  const { cache, kind, recovery } = machine;
  const event = parseWatchEvent<T>(kind, line);
  if (event.kind === 'error') {
    throw new ErrorEvent(statusErrorOfEvent(event.status, `watch ${kind.plural}`));
  }
  if (event.kind === 'nonsense') {
    machine.counts.badLines += 1;
    throw new BadLine(`watch ${kind.plural}: a line makes no sense: ${event.why}`);
  }
  const known = cache.resourceVersion();
  if (wentBack(known, event.resourceVersion)) {
    throw new TimeWentBack(`watch ${kind.plural}: version ${event.resourceVersion} after ${known}`);
  }
  if (event.kind === 'bookmark') machine.bookmarksExpected = true;
  if (event.kind === 'applied') cache.apply(event.object);
  if (event.kind === 'deleted') cache.remove(event.object);
  cache.advance(event.resourceVersion);
  recovery.progressed();
}

async function recover<T extends KubernetesObject>(
  machine: Machine<T>,
  trouble: { readonly state: State<T>; readonly error: unknown; readonly signal: AbortSignal },
): Promise<State<T>> {
  const { cache, clock, kind, log } = machine;
  const { state, error, signal } = trouble;
  const watchedMs = state.kind === 'watching' ? clock.monotonicMs() - state.watch.openedMs : undefined;
  const advice = machine.recovery.after({ error, resourceVersion: cache.resourceVersion(), watchedMs });
  // Bookmarks that stay away twice are not to be counted on: a server just started sends none for a quiet kind.
  if (advice.next === 'list' && error instanceof WatchSilent) machine.bookmarksExpected = false;
  machine.counts.failures += 1;
  machine.lastFailure = error instanceof Error ? error.message : String(error);
  const wasCut = advice.next === 'resume' && advice.waitMs === 0;
  log[wasCut ? 'info' : 'warn']('a cache lost its connection to the API server and will go on', {
    kind: kind.kind,
    because: machine.lastFailure,
    ...advice,
  });
  if (advice.waitMs > 0) await sleep(clock, advice.waitMs, signal).catch(() => {});
  return advice.next === 'list' || state.kind === 'empty' || state.kind === 'paging'
    ? { kind: 'empty' }
    : { kind: 'listed' };
}

function noteRegression<T extends KubernetesObject>(machine: Machine<T>, to: string): void {
  machine.counts.regressions += 1;
  machine.log.error('the API server has gone back in time, as after a restore of its store', {
    kind: machine.kind.kind,
    from: machine.cache.resourceVersion(),
    to,
  });
}

function wentBack(from: string | undefined, to: string): boolean {
  return from !== undefined && compareResourceVersions(to, from) === -1;
}

function between(random: Random, range: { readonly least: number; readonly most: number }): number {
  return range.least + (range.most - range.least) * random.next();
}
