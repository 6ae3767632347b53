/** Makes a failing history small: whatever can be left out, and still the same thing goes wrong, is left out. */
import type { History, HistoryEvent } from './history.ts';
import type { Failure } from './play.ts';

export type Fails = (history: History) => Promise<readonly Failure[]>;

/** Ends after so many tries, with the smallest that was found by then. */
const triesAtMost = 400;

export async function shrink(history: History, sort: string, fails: Fails): Promise<History> {
  let smallest = history;
  let tries = 0;
  const stillFails = async (candidate: History): Promise<boolean> => {
    if (tries >= triesAtMost) return false;
    tries += 1;
    const failures = await fails(candidate);
    if (!failures.some((failure) => failure.sort === sort)) return false;
    smallest = candidate;
    return true;
  };
  for (let before: History | undefined; before !== smallest; ) {
    before = smallest;
    await dropEvents(() => smallest, stillFails);
    for (const simpler of simplifications) {
      const candidate = simpler(smallest);
      if (candidate !== undefined) await stillFails(candidate);
    }
    await simplifyEvents(() => smallest, stillFails);
  }
  return smallest;
}

/** Halves first, then quarters, then each by itself. */
async function dropEvents(
  current: () => History,
  stillFails: (candidate: History) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.ceil(current().events.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < current().events.length; ) {
      const { events } = current();
      const left = [...events.slice(0, from), ...events.slice(from + size)];
      if (!(await stillFails({ ...current(), events: left }))) from += size;
    }
  }
}

/** What a history can do without; undefined where it does so already. */
const simplifications: readonly ((history: History) => History | undefined)[] = [
  (history) => (Object.keys(history.servers).length === 0 ? undefined : { ...history, servers: {} }),
  ({ habits, ...rest }) => (habits === undefined ? undefined : rest),
  ({ slowMaster, ...rest }) => (slowMaster === undefined ? undefined : rest),
  ({ sharedStorage, ...rest }) => (sharedStorage === undefined ? undefined : rest),
  (history) => (history.version === '8.3' ? undefined : { ...history, version: '8.3' }),
  (history) => (history.localVirtualServers === 0 ? undefined : { ...history, localVirtualServers: 0 }),
  (history) =>
    history.virtualServers <= history.members ? undefined : { ...history, virtualServers: history.members },
  (history) => (history.memberTimeoutSeconds === 10 ? undefined : { ...history, memberTimeoutSeconds: 10 }),
  (history) => (history.seed === 1 ? undefined : { ...history, seed: 1 }),
  ...[0, 1, 2, 3].map((index) => (history: History): History | undefined => {
    const machine = history.machines[index];
    if (machine === undefined || Object.keys(machine).length === 0) return undefined;
    return { ...history, machines: history.machines.map((each, at) => (at === index ? {} : each)) };
  }),
  ...[0, 1, 2, 3].map((index) => (history: History): History | undefined => {
    if (history.hosts[index] === undefined) return undefined;
    return { ...history, hosts: history.hosts.filter((_, at) => at !== index) };
  }),
  (history) =>
    history.machines.every((each) => Object.keys(each).length === 0) && history.machines.length > 0
      ? { ...history, machines: [] }
      : undefined,
];

/** Rounder moments, since they are easier to read. */
async function simplifyEvents(
  current: () => History,
  stillFails: (candidate: History) => Promise<boolean>,
): Promise<void> {
  for (const index of current().events.keys()) {
    const event = current().events[index];
    if (event === undefined || !('at' in event) || event.at % 10 === 0) continue;
    const rounder: HistoryEvent = { ...event, at: Math.max(1, Math.round(event.at / 10) * 10) };
    const events = current().events.map((each, at) => (at === index ? rounder : each));
    await stillFails({ ...current(), events });
  }
}
