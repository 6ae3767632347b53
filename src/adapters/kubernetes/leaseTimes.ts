import { holderOf, type Lease } from './leaseObject.ts';

/**
 * client-go's times, but renewing every 7 s instead of 2, and leading for 12 s without a renewal instead of 10: less than nine
 * requests a minute when all is well. A renewal that hangs until its deadline (2 s), the look at what became of it and one
 * more renewal still fit before leadership ends.
 */
export const times = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 12_000,
  /** Up to a twentieth more by chance, so that nothing else that comes each 7 s meets it in the same moment every time. */
  renewEveryMs: 7_000,
  renewAgainMs: 500,
  /** After nothing could be read or written, and between two looks at a lease that another holds; up to half more by chance. */
  retryEveryMs: 2_000,
} as const;

/**
 * Whoever held a lease that is gone, or that somebody else took out of his hands, has found out by then. He counts from his
 * last renewal, which was before that; a tenth is for clocks that run at different speeds.
 */
export const foundOutMs = times.renewDeadlineMs * 1.1;
/** What a leader leaves in the lease when he gives it back, as client-go does. */
export const releasedForSeconds = 1;

/** What earlier leaders left behind elsewhere than in the lease. */
export interface Traces {
  /** The highest epoch under which anything was done; 0 when nothing was. */
  readonly highestEpoch: number;
  /** Whether any leader ever did anything at all. Where none did, no lease is missing. */
  readonly anybodyLed: boolean;
}

/** leaseTransitions has 31 bits; whatever claims to be higher was never an epoch. */
export const lastEpoch = 2 ** 31 - 2;

/** Whether nobody can believe any more that he leads, once the lease is taken in this state. */
export function isHandedOver(
  lease: Lease | undefined,
  taker: {
    readonly identity: string;
    /** The lease (its uid) on which he has led. */
    readonly ledOn: string | undefined;
    /** It was his until it was removed, and that was so short a time ago that nobody else can lead. */
    readonly isOurs: boolean;
    readonly anybodyLed: boolean;
  },
): boolean {
  if (lease === undefined) return taker.isOurs || !taker.anybodyLed;
  const holder = holderOf(lease);
  if (holder === taker.identity) return lease.metadata.uid === taker.ledOn;
  return holder !== undefined || wasReleased(lease);
}

/** Given back by a leader who leads no more; a lease that somebody else emptied says otherwise. */
function wasReleased({ spec }: Lease): boolean {
  return spec?.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= releasedForSeconds;
}

/** How long a lease must have stood still before it may be taken by this identity. */
export function takenAfterMs(identity: string, lease: Lease): number {
  const holder = holderOf(lease);
  // Nobody else has this identity: it is ours from before it was lost by time, or from a write whose reply was lost.
  if (holder === undefined || holder === identity) return 0;
  return Math.max((lease.spec?.leaseDurationSeconds ?? 0) * 1000, times.leaseDurationMs);
}
