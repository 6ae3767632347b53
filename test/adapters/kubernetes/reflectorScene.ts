/**
 * A cache of Hosts over a scripted API server and a clock in the test's hand, made anew for each test of the file that imports
 * this; after each test nothing of it may be left open.
 */
import { afterEach, beforeEach, expect } from 'vitest';
import { type OpenStore, openStore } from '../../../src/adapters/kubernetes/store.ts';
import type { StoreChange } from '../../../src/ports/kubernetes.ts';
import { createCollectedLog } from './collectedLog.ts';
import { createManualClock, middle } from './manualClock.ts';
import { host, hostKind, listOf, type SampleHost } from './sampleObjects.ts';
import { createScriptedTransport } from './scriptedTransport.ts';

export let clock = createManualClock();
export let api = createScriptedTransport();
export let log = createCollectedLog();
export let store: OpenStore<SampleHost>;
export let changes: string[] = [];

beforeEach(() => {
  clock = createManualClock();
  api = createScriptedTransport();
  log = createCollectedLog();
  changes = [];
});

afterEach(async () => {
  await store.stop();
  expect(api.openWatches()).toHaveLength(0);
  expect(clock.timers()).toBe(0);
});

/** Opens the store on a server that answers lists with `items` and lets watches open. */
export async function open(
  items: readonly SampleHost[] = [host('a', 5)],
  resourceVersion = 10,
): Promise<void> {
  api.answer = () => listOf(items, resourceVersion);
  start();
  await clock.settle();
}

export function start(): void {
  store = openStore<SampleHost>({ transport: api, clock, random: middle, log, kind: hostKind });
  store.subscribe((change) => changes.push(inWords(change)));
}

export function inWords(change: StoreChange<SampleHost>): string {
  const { name, uid, resourceVersion } = change.object.metadata;
  const was = change.kind === 'set' && change.previous !== undefined ? ' again' : '';
  return `${change.kind}${was} ${name}@${resourceVersion}${uid === `uid-of-${name}` ? '' : ` ${uid}`}`;
}

export const lastWatch = () => api.watches.at(-1)!;
export const lists = () => api.requests.length;
