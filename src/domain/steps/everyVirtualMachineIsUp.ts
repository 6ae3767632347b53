import { type Act, actKey } from '../acts/act.ts';
import type { Step } from '../kernel/decide.ts';
import { oldestMs } from '../kernel/freshness.ts';
import { openEntry } from '../kernel/tries.ts';
import { currentPool } from '../xapi/currentPool.ts';
import type { Facts, Victim } from '../xapi/facts.ts';
import { freeMemoryReads } from '../xapi/placement.ts';
import { isFinal } from '../xapi/progress.ts';
import { isAging, type Read } from '../xapi/reads.ts';
import { startIsSafe } from '../xapi/startIsSafe.ts';

/** Done when each virtual machine of the plan has been read back as running, or its verdict says why not. */
export const everyVirtualMachineIsUp: Pick<Step, 'done' | 'next' | 'reads' | 'dueInMs'> = {
  done: (facts) => facts.plan?.victims.every(isFinal) === true,
  next: (facts) => {
    const acts = startCandidates(facts)
      .filter((victim) => mayStart(victim, facts))
      .map((victim): Act => ({ kind: 'start', vmUUID: victim.uuid, hostUUID: victim.host ?? '' }));
    return acts.length > 0 ? { kind: 'act', acts } : { kind: 'wait', because: whatIsWaitedFor(facts) };
  },
  reads: (facts) => {
    const candidates = startCandidates(facts);
    const pool = currentPool(facts);
    const memory =
      candidates.length === 0 || pool.kind === 'missing' ? [] : freeMemoryReads(facts, pool.value);
    const readiness = candidates
      .filter((victim) => isNotReady(victim, facts))
      .map((victim): Read => ({ kind: 'readiness', vmUUID: victim.uuid, hostUUID: victim.host ?? '' }));
    return [...readiness, ...memory];
  },
  dueInMs: nextOrderInMs,
};

/** A verdict of the host before the machine was moved says nothing about the next one. */
function isNotReady(victim: Victim, facts: Facts): boolean {
  const reading = facts.starts.get(victim.uuid);
  if (reading === undefined || reading.bootOn !== victim.host) return true;
  return [reading.record, reading.locks, reading.boot].some((one) =>
    isAging(one, oldestMs.start, facts.nowMs),
  );
}

/**
 * The virtual machines whose turn it is: of the lowest order that is not finished, the delay of the order before having
 * passed, no more on each host than may start there at once. Who wants to start one reads its facts first.
 */
export function startCandidates(facts: Facts): readonly Victim[] {
  const victims = facts.plan?.victims ?? [];
  const open = victims.filter((victim) => !isFinal(victim));
  const order = Math.min(...open.map((victim) => victim.order));
  if (delayLeftMs(victims, order, facts.nowMs) > 0) return [];
  const startingOn = new Map<string, number>();
  for (const victim of open) {
    if (isStarting(victim, facts)) count(startingOn, victim.host ?? '');
  }
  const candidates: Victim[] = [];
  for (const victim of open) {
    if (victim.order !== order || victim.host === undefined || isStarting(victim, facts)) continue;
    if ((startingOn.get(victim.host) ?? 0) >= facts.policy.startsAtOncePerHost) continue;
    count(startingOn, victim.host);
    candidates.push(victim);
  }
  return candidates;
}

/** How long the given order still has to wait for the delay of those before it. */
export function delayLeftMs(victims: readonly Victim[], order: number, nowMs: number): number {
  let left = 0;
  for (const victim of victims) {
    if (victim.order >= order || victim.runningSinceMs === undefined) continue;
    left = Math.max(left, victim.runningSinceMs + victim.delaySeconds * 1000 - nowMs);
  }
  return left;
}

/** In how many milliseconds the lowest order that is not finished may begin; 0 when it may, or when nothing is left. */
function nextOrderInMs(facts: Facts): number {
  const victims = facts.plan?.victims ?? [];
  const open = victims.filter((victim) => !isFinal(victim));
  if (open.length === 0) return 0;
  return Math.max(0, delayLeftMs(victims, Math.min(...open.map((victim) => victim.order)), facts.nowMs));
}

function isStarting(victim: Victim, facts: Facts): boolean {
  return openEntry(facts, actKey({ kind: 'start', vmUUID: victim.uuid, hostUUID: '' })) !== undefined;
}

function mayStart(victim: Victim, facts: Facts): boolean {
  const reading = facts.starts.get(victim.uuid);
  return reading !== undefined && startIsSafe(victim, reading, facts).kind === 'allow';
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function whatIsWaitedFor(facts: Facts): string {
  const open = facts.plan?.victims.filter((victim) => !isFinal(victim)) ?? [];
  const starting = open.filter((victim) => isStarting(victim, facts));
  if (starting.length > 0) return `${starting.length} virtual machines are starting.`;
  const order = Math.min(...open.map((victim) => victim.order));
  const left = delayLeftMs(facts.plan?.victims ?? [], order, facts.nowMs);
  if (left > 0)
    return `Order ${order} starts in ${Math.ceil(left / 1000)} s, after the delay of the order before.`;
  for (const victim of startCandidates(facts)) {
    const reading = facts.starts.get(victim.uuid);
    const verdict = reading === undefined ? undefined : startIsSafe(victim, reading, facts);
    if (verdict?.kind === 'unknown') return `${victim.name} waits: ${verdict.because}`;
  }
  return `The facts about ${open.length} virtual machines are being read.`;
}
