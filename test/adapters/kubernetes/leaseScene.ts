/**
 * Candidates for a lease over a server that can be made to fail and a clock in the test's hand, made anew for each test of the
 * file that imports this; after each test no timer may be left.
 */
import { afterEach, beforeEach, expect } from 'vitest';
import { type Election, runElection } from '../../../src/adapters/kubernetes/lease.ts';
import type { Traces } from '../../../src/adapters/kubernetes/leaseTimes.ts';
import type { ApiRequest } from '../../../src/adapters/kubernetes/transport.ts';
import type { Random } from '../../../src/ports/clock.ts';
import { createCollectedLog } from './collectedLog.ts';
import { createFakeLeaseServer } from './fakeLeaseServer.ts';
import { createManualClock, seededRandom } from './manualClock.ts';
import type { ScriptedTransport } from './scriptedTransport.ts';

export const at = { namespace: 'kintsugi-system', name: 'kintsugi' };

export let clock = createManualClock();
export let server = createFakeLeaseServer();
export let log = createCollectedLog();
export let elections: Election[] = [];
/** What earlier leaders left behind. */
export let left: Traces = { highestEpoch: 0, anybodyLed: false };

beforeEach(() => {
  beginAnew();
  log = createCollectedLog();
  elections = [];
});

afterEach(async () => {
  await Promise.all(elections.map((election) => election.stop()));
  expect(clock.timers()).toBe(0);
});

export function leave(traces: Traces): void {
  left = traces;
}

/** Another clock and another server, before each test and for tests that play many histories. */
export function beginAnew(): void {
  clock = createManualClock();
  server = createFakeLeaseServer();
  left = { highestEpoch: 0, anybodyLed: false };
}

/** Its identity is made by chance; after that nothing comes later by chance, so that a test can say when. */
export function punctual(holderName: string): Random {
  const seeded = seededRandom(holderName.charCodeAt(0));
  let draws = 0;
  return { next: () => (draws++ < 16 ? seeded.next() : 0) };
}

export const traces = async (): Promise<Traces> => left;

export function candidate(
  holderName: string,
  transport: ScriptedTransport = server.client(),
  random: Random = punctual(holderName),
): Election {
  const election = runElection({ transport, clock, random, log, at, traces, holderName });
  elections.push(election);
  return election;
}

/** What a test does to a client's connection while it runs. */
export function line(): { cut: boolean; late: boolean } {
  return { cut: false, late: false };
}

export function isPut(request: ApiRequest): boolean {
  return request.verb === 'update';
}
