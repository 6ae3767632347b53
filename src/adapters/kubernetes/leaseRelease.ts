import type { LeaseClient } from './leaseClient.ts';
import { holderOf, type Lease } from './leaseObject.ts';
import { releasedForSeconds, times } from './leaseTimes.ts';

/** Best effort: if it fails, the next one waits for the lease's duration. One who never led cannot say that nobody does. */
export async function release(
  client: LeaseClient,
  held: {
    readonly lease: Lease;
    readonly begun: boolean;
    readonly identity: string;
    readonly now: string;
  },
): Promise<void> {
  const { lease: last, begun, identity, now } = held;
  const never = new AbortController().signal;
  const given = {
    holderIdentity: '',
    leaseDurationSeconds: begun ? releasedForSeconds : times.leaseDurationMs / 1000,
    acquireTime: now,
    renewTime: now,
  };
  const outcome = await client.put({ ...last, spec: { ...last.spec, ...given } }, never);
  if (outcome.kind !== 'overtaken') return;
  // A renewal that was under way when `stop` came has been stored.
  const lease = await client.look(never).catch(() => undefined);
  if (lease === undefined || holderOf(lease) !== identity) return;
  await client.put({ ...lease, spec: { ...lease.spec, ...given } }, never);
}
