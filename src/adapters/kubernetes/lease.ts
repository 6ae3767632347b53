import type { Cancel, Clock, Random } from '../../ports/clock.ts';
import { sleep } from '../../ports/clock.ts';
import type { Leadership, ObjectName } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import { createLeaseClient, type LeaseClient } from './leaseClient.ts';
import { holderOf, type Lease, type LeaseSpec, newLease } from './leaseObject.ts';
import { release } from './leaseRelease.ts';
import { foundOutMs, isHandedOver, lastEpoch, type Traces, takenAfterMs, times } from './leaseTimes.ts';
import { microTime } from './microTime.ts';
import type { Transport } from './transport.ts';

/**
 * Leader election by a Lease, after client-go's. Only time that passed on this machine counts, never the times written
 * in the lease: clocks may differ, they must merely run at about the same speed.
 *
 * - A candidate takes the lease when it is released, or when it has seen no change in it for its whole duration.
 * - The leader counts its time from the moment a renewal was *sent*; others count theirs from when they saw it, which
 *   is later. So the leader's time is over before anybody else's begins.
 * - Not renewed for `renewDeadlineMs` → leadership ends here, although others wait for `leaseDurationMs`.
 *   In between nothing new is begun, and what was begun comes to its own deadline.
 *
 * While all is well, an epoch is given for at least the next 6 s; for up to 13.5 s only shortly after a renewal. Ask for
 * more than 6 s and you will be refused now and then, for no reason but the moment.
 *
 * Each acquisition counts `leaseTransitions` up, and that is the epoch: also when the holder lost the lease by time
 * and got it back, so that an epoch never covers a gap.
 *
 * People delete leases, empty their holder, or restore an API server to an earlier state. Then the lease says nothing of
 * who may still believe that he leads, nor which epochs were used: the leader before may go on until his next renewal
 * fails, so whoever takes such a lease holds it for a while before he leads, until that is over for certain. And the
 * epoch is above every one that left a trace anywhere.
 */
export interface Election extends Leadership {
  /** Called with the epoch when leadership begins, and with undefined when it ends. */
  onChange(listener: (epoch: number | undefined) => void): Cancel;
  /** Who holds the lease as far as was seen; undefined when nobody does. */
  holder(): string | undefined;
  /**
   * Something was done under this epoch by this identity. Nobody else may have used the present epoch or a higher one: if
   * somebody did, the lease was lost in between, and what is held here ends and is taken anew above it.
   */
  noteTrace(trace: { readonly epoch: number; readonly by: string }): void;
  /** Gives the lease back at once, so that the next one need not wait. Call it when no effect is under way any more. */
  stop(): Promise<void>;
}

export interface ElectionOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Name and namespace of the lease. */
  readonly at: ObjectName;
  /** Asked before the lease is taken, and waited for. */
  readonly traces: (signal: AbortSignal) => Promise<Traces>;
  /** The pod or machine. The identity is made of it and some chance: two processes never share one. */
  readonly holderName: string;
}

/** What this process holds. */
interface Held {
  readonly lease: Lease;
  readonly epoch: number;
  /** Monotonic time at which the last renewal that was stored had been sent. */
  readonly sentMs: number;
  /** Later than `sentMs` where somebody else may not have found out yet that he leads no more. */
  readonly leadsFromMs: number;
  readonly begun: boolean;
  readonly cancelEnd: Cancel;
}

interface Elector extends ElectionOptions {
  readonly client: LeaseClient;
  readonly identity: string;
  readonly listeners: Set<(epoch: number | undefined) => void>;
  held: Held | undefined;
  /** The lease as it was last seen, and since when it has not changed. */
  seen: { readonly lease: Lease | undefined; readonly record: string; readonly sinceMs: number } | undefined;
  /** The highest epoch ever seen, in a lease or elsewhere: a lease that was deleted must not begin anew with a used one. */
  highestEpoch: number;
  /** A lease was seen, or traces of a leader. */
  anybodyLed: boolean;
  /** When the lease that this process held was removed: until then nobody else can have taken its place. */
  oursUntilMs: number;
  /** The lease (its uid) on which this process has led, and which it has never seen in other hands since. */
  ledOn: string | undefined;
  /** Numbers the renewals in the three digits of renewTime that no clock fills, so that each is told apart. */
  renewals: number;
}

/** A tenth for clocks that run at different speeds. */
const safeHoldMs = times.leaseDurationMs * 0.9;
/** Before the lease is tried again after somebody touched it, or after a reply was lost. */
const soonMs = 200;

export function runElection(options: ElectionOptions): Election {
  const elector: Elector = {
    ...options,
    client: createLeaseClient(options.transport, options.at),
    identity: `${options.holderName}_${chanceHex(options.random)}`,
    listeners: new Set(),
    held: undefined,
    seen: undefined,
    highestEpoch: 0,
    anybodyLed: false,
    oursUntilMs: Number.NEGATIVE_INFINITY,
    ledOn: undefined,
    renewals: 0,
  };
  const stopping = new AbortController();
  const running = campaign(elector, stopping.signal);
  return {
    identity: elector.identity,
    epoch: (forMs) => epochFor(elector, forMs),
    onChange: (listener) => {
      elector.listeners.add(listener);
      return () => {
        elector.listeners.delete(listener);
      };
    },
    holder: () => (elector.seen?.lease === undefined ? undefined : holderOf(elector.seen.lease)),
    noteTrace: ({ epoch, by }) => {
      if (epoch > lastEpoch) return;
      elector.highestEpoch = Math.max(elector.highestEpoch, epoch);
      const { held, identity } = elector;
      if (held === undefined || epoch < held.epoch || (epoch === held.epoch && by === identity)) return;
      end(elector, `${by} has acted in epoch ${epoch}; it is taken anew above that`);
    },
    stop: async () => {
      const { held } = elector;
      end(elector, 'it was given back');
      stopping.abort(new Error('the election was stopped'));
      await running;
      if (held !== undefined) await giveBack(elector, held);
    },
  };
}

function epochFor(elector: Elector, forMs: number): number | undefined {
  const { held, clock } = elector;
  if (held === undefined || !held.begun) return undefined;
  const ageMs = clock.monotonicMs() - held.sentMs;
  return ageMs < times.renewDeadlineMs && ageMs + forMs <= safeHoldMs ? held.epoch : undefined;
}

async function campaign(elector: Elector, signal: AbortSignal): Promise<void> {
  const { clock, log } = elector;
  while (!signal.aborted) {
    try {
      const waitMs =
        elector.held === undefined
          ? await tryToAcquire(elector, signal)
          : await renew(elector, elector.held, signal);
      await sleep(clock, waitMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn('the lease cannot be read or written', { error });
      await sleep(clock, retryMs(elector), signal).catch(() => {});
    }
  }
}

/** Looks at the lease and takes it if it is free. Returns how long to wait before the next step. */
async function tryToAcquire(elector: Elector, signal: AbortSignal): Promise<number> {
  const { client, clock } = elector;
  const lease = await client.look(signal);
  note(elector, lease);
  const traces = await elector.traces(signal);
  elector.highestEpoch = Math.max(elector.highestEpoch, traces.highestEpoch);
  elector.anybodyLed ||= traces.anybodyLed;
  const freeInMs = note(elector, lease);
  if (freeInMs > 0) return Math.min(freeInMs, retryMs(elector));
  const epoch = elector.highestEpoch + 1;
  const now = timeNow(elector);
  const spec: LeaseSpec = {
    holderIdentity: elector.identity,
    leaseDurationSeconds: times.leaseDurationMs / 1000,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: epoch,
  };
  const wanted = lease === undefined ? newLease(elector.at, spec) : { ...lease, spec };
  const isOurs = clock.monotonicMs() < elector.oursUntilMs;
  const handedOver = isHandedOver(lease, { ...elector, isOurs });
  const sentMs = clock.monotonicMs();
  const outcome = await client.put(wanted, signal);
  if (outcome.kind === 'failed') {
    elector.log.warn('the lease could not be taken', { because: outcome.because });
  }
  if (outcome.kind !== 'stored') return retryMs(elector);
  if (signal.aborted) {
    // It was stopped while this was under way: nobody is told of a leadership that nobody wants any more.
    await giveBack(elector, { lease: outcome.lease, begun: false });
    return 0;
  }
  const leadsFromMs = handedOver ? sentMs : clock.monotonicMs() + foundOutMs;
  hold(elector, { lease: outcome.lease, epoch, sentMs, leadsFromMs, begun: false });
  return renewInMs(elector);
}

/** Remembers what was seen, and says in how many milliseconds the lease may be taken: 0 for now. */
function note(elector: Elector, lease: Lease | undefined): number {
  const nowMs = elector.clock.monotonicMs();
  const record = JSON.stringify([lease?.metadata.uid, lease?.spec]);
  if (elector.seen?.record !== record) elector.seen = { lease, record, sinceMs: nowMs };
  elector.highestEpoch = Math.max(elector.highestEpoch, lease?.spec?.leaseTransitions ?? 0);
  const waitMs = lease === undefined ? 0 : takenAfterMs(elector.identity, lease);
  elector.anybodyLed ||= lease !== undefined;
  if (lease === undefined || holderOf(lease) !== elector.identity) elector.ledOn = undefined;
  return Math.max(0, elector.seen.sinceMs + waitMs - nowMs);
}

async function renew(elector: Elector, held: Held, signal: AbortSignal): Promise<number> {
  const { client, clock } = elector;
  const sentMs = clock.monotonicMs();
  const leaseDurationSeconds = times.leaseDurationMs / 1000;
  const spec = { ...held.lease.spec, leaseDurationSeconds, renewTime: timeNow(elector) };
  const outcome = await client.put({ ...held.lease, spec }, signal);
  // Leadership ended by time while the renewal was under way: the epoch is over, whatever became of it.
  if (elector.held !== held) return soonMs;
  if (outcome.kind === 'stored') {
    hold(elector, { ...held, lease: outcome.lease, sentMs });
    return untilNextMs(elector, held);
  }
  if (outcome.kind === 'failed') {
    elector.log.warn('the lease was not renewed', { because: outcome.because });
    return times.renewAgainMs;
  }
  const lease = await client.look(signal);
  if (elector.held !== held) return soonMs;
  note(elector, lease);
  if (
    lease === undefined ||
    holderOf(lease) !== elector.identity ||
    lease.spec?.leaseTransitions !== held.epoch
  ) {
    end(elector, 'another took it, or it was removed');
    if (lease === undefined && held.begun) elector.oursUntilMs = held.sentMs + foundOutMs;
  } else {
    elector.held = { ...held, lease };
  }
  return soonMs;
}

function hold(elector: Elector, got: Omit<Held, 'cancelEnd'>): void {
  const { clock } = elector;
  elector.held?.cancelEnd();
  const nowMs = clock.monotonicMs();
  const endsInMs = Math.max(0, got.sentMs + times.renewDeadlineMs - nowMs);
  const cancelEnd = clock.after(endsInMs, () => end(elector, 'it could not be renewed in time'));
  elector.held = { ...got, cancelEnd };
  note(elector, got.lease);
  if (got.begun) elector.ledOn = got.lease.metadata.uid;
  else if (nowMs >= got.leadsFromMs) begin(elector, elector.held);
}

function begin(elector: Elector, held: Held): void {
  elector.held = { ...held, begun: true };
  elector.ledOn = held.lease.metadata.uid;
  elector.log.info('leadership has begun', { epoch: held.epoch, identity: elector.identity });
  tell(elector, held.epoch);
}

function end(elector: Elector, why: string): void {
  const { held } = elector;
  if (held === undefined) return;
  held.cancelEnd();
  elector.held = undefined;
  elector.log.info(held.begun ? 'leadership has ended' : 'the lease was lost before leadership began', {
    epoch: held.epoch,
    why,
  });
  if (held.begun) tell(elector, undefined);
}

function tell(elector: Elector, epoch: number | undefined): void {
  for (const listener of [...elector.listeners]) {
    try {
      listener(epoch);
    } catch (error) {
      elector.log.error('a listener to leadership threw, which is a bug', { error });
    }
  }
}

function giveBack(elector: Elector, held: Pick<Held, 'lease' | 'begun'>): Promise<void> {
  const { client, identity } = elector;
  return release(client, { ...held, identity, now: timeNow(elector) });
}

function timeNow(elector: Elector): string {
  elector.renewals = (elector.renewals + 1) % 1000;
  return microTime(elector.clock.wallMs(), elector.renewals);
}

function retryMs(elector: Elector): number {
  return Math.round(times.retryEveryMs * (1 + elector.random.next() * 0.5));
}

/** A leadership that has not begun yet begins with the renewal at its time. */
function untilNextMs(elector: Elector, { begun, leadsFromMs }: Held): number {
  const leadsInMs = leadsFromMs - elector.clock.monotonicMs();
  return begun || leadsInMs <= 0 ? renewInMs(elector) : Math.min(leadsInMs, renewInMs(elector));
}

function renewInMs(elector: Elector): number {
  return Math.round(times.renewEveryMs * (1 + elector.random.next() * 0.05));
}

function chanceHex(random: Random): string {
  return Array.from({ length: 16 }, () => Math.floor(random.next() * 16).toString(16)).join('');
}
