import type { Cancel, Clock, Random } from '../../ports/clock.ts';
import { sleep } from '../../ports/clock.ts';
import type { Leadership, ObjectName } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import { createLeaseClient, type LeaseClient } from './leaseClient.ts';
import { holderOf, type Lease, type LeaseSpec, newLease } from './leaseObject.ts';
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
 */
export interface Election extends Leadership {
  /** Called with the epoch when leadership begins, and with undefined when it ends. */
  onChange(listener: (epoch: number | undefined) => void): Cancel;
  /** Who holds the lease as far as was seen; undefined when nobody does. */
  holder(): string | undefined;
  /** Gives the lease back at once, so that the next one need not wait. Call it when no effect is under way any more. */
  stop(): Promise<void>;
}

/** client-go's times, but renewing every 5 s instead of 2: less than twelve requests a minute when all is well. */
const times = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  /** Up to a tenth more by chance, so that nothing else that comes each 5 s meets it in the same moment every time. */
  renewEveryMs: 5_000,
  /** After a renewal that failed, and between two looks at a lease that another holds; up to half more by chance. */
  retryEveryMs: 2_000,
} as const;

export interface ElectionOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Name and namespace of the lease. */
  readonly at: ObjectName;
  /** The pod or machine. The identity is made of it and some chance: two processes never share one. */
  readonly holderName: string;
}

/** What this process holds. */
interface Held {
  readonly lease: Lease;
  readonly epoch: number;
  /** Monotonic time at which the last renewal that was stored had been sent. */
  readonly sentMs: number;
  readonly cancelEnd: Cancel;
}

interface Elector extends ElectionOptions {
  readonly client: LeaseClient;
  readonly identity: string;
  readonly listeners: Set<(epoch: number | undefined) => void>;
  held: Held | undefined;
  /** The lease as it was last seen, and since when it has not changed. */
  seen: { readonly lease: Lease | undefined; readonly record: string; readonly sinceMs: number } | undefined;
  /** The greatest leaseTransitions ever seen: a lease that was deleted must not begin anew with a used epoch. */
  highestEpoch: number;
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
    stop: async () => {
      const { held } = elector;
      end(elector, 'it was given back');
      stopping.abort(new Error('the election was stopped'));
      await running;
      if (held !== undefined) await release(elector, held.lease);
    },
  };
}

function epochFor(elector: Elector, forMs: number): number | undefined {
  const { held, clock } = elector;
  if (held === undefined) return undefined;
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
  const sentMs = clock.monotonicMs();
  const outcome = await client.put(wanted, signal);
  if (outcome.kind === 'failed') {
    elector.log.warn('the lease could not be taken', { because: outcome.because });
  }
  if (outcome.kind !== 'stored') return retryMs(elector);
  hold(elector, { lease: outcome.lease, epoch, sentMs });
  return renewInMs(elector);
}

/** Remembers what was seen, and says in how many milliseconds the lease may be taken: 0 for now. */
function note(elector: Elector, lease: Lease | undefined): number {
  const nowMs = elector.clock.monotonicMs();
  const record = JSON.stringify([lease?.metadata.uid, lease?.spec]);
  if (elector.seen?.record !== record) elector.seen = { lease, record, sinceMs: nowMs };
  elector.highestEpoch = Math.max(elector.highestEpoch, lease?.spec?.leaseTransitions ?? 0);
  const holder = lease === undefined ? undefined : holderOf(lease);
  // Nobody else has this identity: it is ours from before it was lost by time, or from a write whose reply was lost.
  if (holder === undefined || holder === elector.identity) return 0;
  const durationMs = (lease?.spec?.leaseDurationSeconds ?? times.leaseDurationMs / 1000) * 1000;
  return Math.max(0, elector.seen.sinceMs + durationMs - nowMs);
}

async function renew(elector: Elector, held: Held, signal: AbortSignal): Promise<number> {
  const { client, clock } = elector;
  const sentMs = clock.monotonicMs();
  const spec = { ...held.lease.spec, renewTime: timeNow(elector) };
  const outcome = await client.put({ ...held.lease, spec }, signal);
  // Leadership ended by time while the renewal was under way: the epoch is over, whatever became of it.
  if (elector.held !== held) return soonMs;
  if (outcome.kind === 'stored') {
    hold(elector, { lease: outcome.lease, epoch: held.epoch, sentMs });
    return renewInMs(elector);
  }
  if (outcome.kind === 'failed') {
    elector.log.warn('the lease was not renewed', { because: outcome.because });
    return times.retryEveryMs / 2;
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
  } else {
    elector.held = { ...held, lease };
  }
  return soonMs;
}

function hold(elector: Elector, got: Omit<Held, 'cancelEnd'>): void {
  const { clock } = elector;
  const before = elector.held;
  before?.cancelEnd();
  const leftMs = got.sentMs + times.renewDeadlineMs - clock.monotonicMs();
  const cancelEnd = clock.after(Math.max(0, leftMs), () => end(elector, 'it could not be renewed in time'));
  elector.held = { ...got, cancelEnd };
  note(elector, got.lease);
  if (before !== undefined) return;
  elector.log.info('leadership has begun', { epoch: got.epoch, identity: elector.identity });
  tell(elector, got.epoch);
}

function end(elector: Elector, why: string): void {
  const { held } = elector;
  if (held === undefined) return;
  held.cancelEnd();
  elector.held = undefined;
  elector.log.info('leadership has ended', { epoch: held.epoch, why });
  tell(elector, undefined);
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

/** Best effort: if it fails, the next one waits for the lease's duration. */
async function release(elector: Elector, last: Lease): Promise<void> {
  const never = new AbortController().signal;
  const now = timeNow(elector);
  const given = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
  const outcome = await elector.client.put({ ...last, spec: { ...last.spec, ...given } }, never);
  if (outcome.kind !== 'overtaken') return;
  // A renewal that was under way when `stop` came has been stored.
  const lease = await elector.client.look(never).catch(() => undefined);
  if (lease === undefined || holderOf(lease) !== elector.identity) return;
  await elector.client.put({ ...lease, spec: { ...lease.spec, ...given } }, never);
}

function timeNow(elector: Elector): string {
  elector.renewals = (elector.renewals + 1) % 1000;
  return microTime(elector.clock.wallMs(), elector.renewals);
}

function retryMs(elector: Elector): number {
  return Math.round(times.retryEveryMs * (1 + elector.random.next() * 0.5));
}

function renewInMs(elector: Elector): number {
  return Math.round(times.renewEveryMs * (1 + elector.random.next() * 0.1));
}

function chanceHex(random: Random): string {
  return Array.from({ length: 16 }, () => Math.floor(random.next() * 16).toString(16)).join('');
}
