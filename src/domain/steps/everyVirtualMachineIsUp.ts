import { type Act, actKey } from '../acts/act.ts';
import { openEntry } from '../kernel/tries.ts';
import { oldestMs } from '../xapi/ages.ts';
import { currentPool } from '../xapi/currentPool.ts';
import type { Facts, PlannedMachine } from '../xapi/facts.ts';
import type { Part } from '../xapi/form.ts';
import { freeMemoryReads } from '../xapi/placement.ts';
import { isFinal } from '../xapi/progress.ts';
import { isAging, type Read } from '../xapi/reads.ts';
import { startIsSafe } from '../xapi/startIsSafe.ts';

/** Done when each virtual machine of the plan has been read back as running, or its verdict says why not. */
export const everyVirtualMachineIsUp: Part = {
  acts: ['start'],
  done: (facts) => facts.plan?.items.every(isFinal) === true,
  next: (facts) => {
    const acts = startCandidates(facts)
      .filter((item) => mayStart(item, facts))
      .map((item): Act => ({ kind: 'start', vmUUID: item.id, hostUUID: item.host ?? '' }));
    return acts.length > 0 ? { kind: 'act', acts } : { kind: 'wait', because: whatIsWaitedFor(facts) };
  },
  reads: (facts) => {
    const candidates = startCandidates(facts);
    const pool = currentPool(facts);
    const memory =
      candidates.length === 0 || pool.kind === 'missing' ? [] : freeMemoryReads(facts, pool.value);
    const unread = nextInTurn(facts, candidates).filter(({ id }) => !facts.starts.has(id));
    const readiness = [...candidates.filter((item) => isNotReady(item, facts)), ...unread].map(
      (item): Read => ({ kind: 'readiness', vmUUID: item.id, hostUUID: item.host ?? '' }),
    );
    return [...readiness, ...memory];
  },
  dueInMs: nextOrderInMs,
};

/** A verdict of the host before the machine was moved says nothing about the next one. */
function isNotReady(item: PlannedMachine, facts: Facts): boolean {
  const reading = facts.starts.get(item.id);
  if (reading === undefined || reading.bootOn !== item.host) return true;
  return [reading.record, reading.locks, reading.boot].some((one) =>
    isAging(one, oldestMs.start, facts.nowMs),
  );
}

/**
 * The virtual machines whose turn it is: of the lowest order that is not finished, the delay of the order before having
 * passed, no more on each host than may start there at once. Who wants to start one reads its facts first.
 */
export function startCandidates(facts: Facts): readonly PlannedMachine[] {
  const items = facts.plan?.items ?? [];
  const open = items.filter((item) => !isFinal(item));
  const { order, waiting } = lowestOrder(open, facts);
  if (delayLeftMs(items, order, facts.nowMs) > 0) return [];
  const startingOn = new Map<string, number>();
  for (const item of open) {
    if (isStarting(item, facts)) count(startingOn, item.host ?? '');
  }
  return asManyAsMayStart(waiting, startingOn, facts);
}

/**
 * Those that come after the candidates: as many on each host as may start there at once, of the same order or, when its delay
 * is nearly over, of the next. They are read once beforehand, so that a start need not wait for reads when its turn comes.
 */
function nextInTurn(facts: Facts, candidates: readonly PlannedMachine[]): readonly PlannedMachine[] {
  const items = facts.plan?.items ?? [];
  const { order, waiting } = lowestOrder(
    items.filter((item) => !isFinal(item)),
    facts,
  );
  if (delayLeftMs(items, order, facts.nowMs) > readBeforehandMs) return [];
  const now = new Set(candidates);
  return asManyAsMayStart(
    waiting.filter((item) => !now.has(item)),
    new Map(),
    facts,
  );
}

/** The lowest order of these, and which of it have a host and are not starting yet. */
function lowestOrder(
  open: readonly PlannedMachine[],
  facts: Facts,
): { readonly order: number; readonly waiting: readonly PlannedMachine[] } {
  const order = Math.min(...open.map((item) => item.order));
  const waiting = open.filter(
    (item) => item.order === order && item.host !== undefined && !isStarting(item, facts),
  );
  return { order, waiting };
}

/** The first of these on each host, up to what may start there at once beside those that are counted already. */
function asManyAsMayStart(
  waiting: readonly PlannedMachine[],
  startingOn: Map<string, number>,
  { policy }: Facts,
): readonly PlannedMachine[] {
  return waiting.filter(({ host = '' }) => {
    if ((startingOn.get(host) ?? 0) >= policy.startsAtOncePerHost) return false;
    count(startingOn, host);
    return true;
  });
}

/** What is read then is still young when the delay is over. */
const readBeforehandMs = oldestMs.start / 2;

/** How long the given order still has to wait for the delay of those before it. */
export function delayLeftMs(items: readonly PlannedMachine[], order: number, nowMs: number): number {
  let left = 0;
  for (const item of items) {
    if (item.order >= order || item.runningSinceMs === undefined) continue;
    left = Math.max(left, item.runningSinceMs + item.delaySeconds * 1000 - nowMs);
  }
  return left;
}

/** In how many milliseconds the lowest order that is not finished may begin; 0 when it may, or when nothing is left. */
function nextOrderInMs(facts: Facts): number {
  const items = facts.plan?.items ?? [];
  const open = items.filter((item) => !isFinal(item));
  if (open.length === 0) return 0;
  return Math.max(0, delayLeftMs(items, Math.min(...open.map((item) => item.order)), facts.nowMs));
}

function isStarting(item: PlannedMachine, facts: Facts): boolean {
  return openEntry(facts, actKey({ kind: 'start', vmUUID: item.id, hostUUID: '' })) !== undefined;
}

function mayStart(item: PlannedMachine, facts: Facts): boolean {
  const reading = facts.starts.get(item.id);
  return reading !== undefined && startIsSafe(item, reading, facts).kind === 'allow';
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function whatIsWaitedFor(facts: Facts): string {
  const open = facts.plan?.items.filter((item) => !isFinal(item)) ?? [];
  const starting = open.filter((item) => isStarting(item, facts));
  if (starting.length > 0) return `${starting.length} virtual machines are starting.`;
  const order = Math.min(...open.map((item) => item.order));
  const left = delayLeftMs(facts.plan?.items ?? [], order, facts.nowMs);
  if (left > 0)
    return `Order ${order} starts in ${Math.ceil(left / 1000)} s, after the delay of the order before.`;
  for (const item of startCandidates(facts)) {
    const reading = facts.starts.get(item.id);
    const verdict = reading === undefined ? undefined : startIsSafe(item, reading, facts);
    if (verdict?.kind === 'unknown') return `${item.name} waits: ${verdict.because}`;
  }
  return `The facts about ${open.length} virtual machines are being read.`;
}
