/**
 * Follows each virtual machine of a plan: from planned to read back as running, or to the sentence that says why not.
 * Level-based: the next state is computed from the record, the locks and the acts as they are read now, whatever was
 * thought before. Pure; the caller writes the result down.
 */

import { actKey } from '../acts/act.ts';
import { exactlyOneMasterAnswers } from '../guards/identity.ts';
import type { Entry } from '../kernel/facts.ts';
import { attempts, lastEntry, openEntry } from '../kernel/tries.ts';
import type { Facts, PlannedMachine, StartFacts } from './facts.ts';
import { foundByItsHost, onlyPlace } from './moving.ts';
import { declaredHalted } from './obstacles.ts';
import { place } from './placement.ts';
import type { PoolBelief, VirtualMachineBelief } from './pool.ts';
import { plannedMachine, releaseHasBegun, wishOf } from './releasePlan.ts';
import { startIsSafe } from './startIsSafe.ts';

/** After this many starts that failed it is left halted, and a person is told. */
export const startAttempts = 2;

const finals: ReadonlySet<PlannedMachine['state']> = new Set([
  'Running',
  'Serving',
  'LeftHalted',
  'NotRecoverable',
  'Failed',
]);

export function isFinal(item: PlannedMachine): boolean {
  return finals.has(item.state);
}

/** Runs, as far as starting goes. */
export function isUp(item: PlannedMachine): boolean {
  return item.state === 'Running' || item.state === 'Serving';
}

/**
 * The plan's virtual machines as the facts now show them; the same array when nothing changed. What a second master tells
 * of them is not taken, and none is given up before it is known who is master.
 */
export function advance(facts: Facts): readonly PlannedMachine[] {
  const items = facts.plan?.items ?? [];
  const master = exactlyOneMasterAnswers.judge(facts).kind;
  if (master === 'deny') return items;
  let changed = false;
  const next = items.map((item) => {
    const now = advanceOne(item, facts);
    const advanced = master === 'allow' || !isGivenUp(now) ? now : item;
    if (advanced !== item) changed = true;
    return advanced;
  });
  return changed ? next : items;
}

/** For good: nothing is tried for it any more. */
function isGivenUp({ state }: PlannedMachine): boolean {
  return state === 'Failed' || state === 'NotRecoverable';
}

function advanceOne(before: PlannedMachine, facts: Facts): PlannedMachine {
  if (before.state === 'Running') return afterProbe(before, facts);
  const item = atItsOnlyPlace(asDeclaredNow(before, facts), facts);
  if (isFinal(item)) return item;
  const key = actKey({ kind: 'start', vmUUID: item.id, hostUUID: item.host ?? '' });
  const reading = facts.starts.get(item.id);
  const tried = attempts(facts, key);
  if (reading?.record.kind === 'known') {
    const up = whereItRuns(reading.record.value, facts);
    if (up !== undefined) return { ...item, ...runningOn(up, item, facts), attempts: tried };
  }
  if (openEntry(facts, key) !== undefined) {
    return item.state === 'Starting' ? item : { ...item, state: 'Starting', attempts: tried };
  }
  const last = lastEntry(facts, key);
  const found =
    item.state === 'Starting' && last?.outcome === 'NotDone' ? foundByItsHost(last.says) : undefined;
  if (found !== undefined && (found === 'runs' || item.onlyOn === undefined)) {
    return { ...unknownToThePool(item, facts), attempts: tried };
  }
  if (last?.outcome === 'NotDone' && (item.state === 'Starting' || tried >= startAttempts)) {
    return afterFailure({ ...item, attempts: tried }, last, facts);
  }
  if (item.state === 'Starting') return { ...item, state: 'Planned', attempts: tried };
  return reading === undefined ? item : beforeStart(item, reading, facts);
}

/** What people declared last counts until its start is sent. Before the release the plan is made anew instead. */
function asDeclaredNow(item: PlannedMachine, facts: Facts): PlannedMachine {
  if (!releaseHasBegun(facts) || facts.pool.kind === 'unknown') return item;
  const machine = facts.pool.value.virtualMachines.get(item.id);
  const declared = facts.declared.get(item.id);
  if (machine === undefined) return item;
  if (item.state === 'LeftHalted') {
    if (declared?.powerState !== 'Running') return item;
    return (
      placedAnew(item, facts, item.refusedBy ?? []) ?? {
        ...item,
        state: 'NotRecoverable',
        why: 'It was declared Running again, and no member has room and its storage. Free memory, then start it by hand.',
      }
    );
  }
  if (item.state !== 'Planned') return item;
  if (declared?.powerState === 'Halted') return { ...item, ...declaredHalted };
  const { order, delaySeconds, priority } = plannedMachine(machine, declared);
  const same = order === item.order && delaySeconds === item.delaySeconds && priority === item.priority;
  return same ? item : { ...item, order, delaySeconds, priority };
}

/** The other end of a move may show itself by its lock as late as after the release, when it takes the member for gone. */
function atItsOnlyPlace(item: PlannedMachine, facts: Facts): PlannedMachine {
  if (item.state !== 'Planned' || !releaseHasBegun(facts) || facts.pool.kind === 'unknown') return item;
  const machine = facts.pool.value.virtualMachines.get(item.id);
  const only = machine === undefined ? item.onlyOn : onlyPlace(machine, facts, item.onlyOn);
  if (only === undefined || only === item.onlyOn) return item;
  const moved = { ...item, onlyOn: only };
  return placedAnew(moved, facts, item.refusedBy ?? []) ?? moved;
}

/**
 * The host itself refused a second domain of its UUID, and the pool has it as halted. Where it was being moved there, it has
 * arrived; anywhere else nobody knows why it is there, and no other host is tried.
 */
function unknownToThePool(item: PlannedMachine, facts: Facts): PlannedMachine {
  const host = facts.pool.kind === 'known' ? facts.pool.value.hosts.get(item.host ?? '')?.name : undefined;
  const where = host ?? item.host ?? '';
  const why = `It runs on ${where} already: ${where} refused a second one (VM_BAD_POWER_STATE), and the pool does not know it. Restart the toolstack there (xe-toolstack-restart), so that the pool takes it over.`;
  return item.host !== undefined && item.host === item.onlyOn
    ? { ...item, ...runningOn(item.host, item, facts), why }
    : // Where it was found is remembered: the next request tries it there and nowhere else.
      { ...item, state: 'Failed', why, ...(item.host === undefined ? {} : { onlyOn: item.host }) };
}

function whereItRuns(machine: VirtualMachineBelief, facts: Facts): string | undefined {
  if (machine.powerState !== 'Running' || machine.residentOn === facts.target.hostUUID) return undefined;
  return machine.residentOn;
}

function runningOn(
  hostUUID: string,
  item: PlannedMachine,
  facts: Facts,
): Pick<PlannedMachine, 'state' | 'host' | 'why' | 'runningSinceMs' | 'runningAtWallMs'> {
  return {
    state: 'Running',
    host: hostUUID,
    why: hostUUID === item.host ? item.why : 'It was found running there.',
    runningSinceMs: facts.nowMs,
    runningAtWallMs: item.runningAtWallMs ?? facts.momentMs,
  };
}

/** Another host is tried where this one is known to have refused it; what is not known may yet show itself there. */
function afterFailure(item: PlannedMachine, last: Entry, facts: Facts): PlannedMachine {
  const { attempts: tried } = item;
  if (tried >= startAttempts) {
    const what = last.says ?? 'the start had no effect and its reply was lost';
    return {
      ...item,
      state: 'Failed',
      why: `${tried} starts failed, the last with: ${what}. It is left halted; look at it and start it by hand.`,
    };
  }
  const elsewhere = last.reply === 'failed' ? replaced(item, tried, facts) : undefined;
  return elsewhere ?? { ...item, state: 'Planned' };
}

/** Looks for another host, where the planned one refused it. Undefined when no other has room. */
function replaced(item: PlannedMachine, tried: number, facts: Facts): PlannedMachine | undefined {
  if (item.host === undefined) return undefined;
  const moved = placedAnew(item, facts, [...(item.refusedBy ?? []), item.host]);
  return moved === undefined ? undefined : { ...moved, attempts: tried };
}

function placedAnew(
  item: PlannedMachine,
  facts: Facts,
  refusedBy: readonly string[],
): PlannedMachine | undefined {
  if (facts.pool.kind === 'unknown') return undefined;
  const machine = facts.pool.value.virtualMachines.get(item.id);
  if (machine === undefined) return undefined;
  const { onlyOn } = item;
  const wish = wishOf(machine, facts.declared.get(item.id), { notOn: new Set(refusedBy), onlyOn });
  const placement = place([wish], facts, facts.pool.value, roomTaken(facts, facts.pool.value)).get(item.id);
  return placement?.kind === 'placed'
    ? { ...item, state: 'Planned', host: placement.hostUUID, why: placement.why, refusedBy }
    : undefined;
}

/** Memory that planned and starting virtual machines will take on their hosts. */
function roomTaken(
  facts: Facts,
  pool: PoolBelief,
): readonly {
  readonly hostUUID: string;
  readonly memoryBytes: number;
  readonly group: string | undefined;
}[] {
  return (facts.plan?.items ?? []).flatMap((other) => {
    const machine = pool.virtualMachines.get(other.id);
    if (isFinal(other) || other.host === undefined || machine === undefined) return [];
    const group = facts.declared.get(other.id)?.antiAffinityGroup;
    return [{ hostUUID: other.host, memoryBytes: machine.memoryBytes, group }];
  });
}

/** Before anything is sent: what the fresh readings say for or against a start. */
function beforeStart(item: PlannedMachine, reading: StartFacts, facts: Facts): PlannedMachine {
  const verdict = startIsSafe(item, reading, facts);
  if (verdict.kind !== 'deny') return item;
  if (verdict.elsewhere) {
    const moved = replaced(item, item.attempts, facts);
    if (moved !== undefined) return moved;
  }
  const mayRun =
    item.onlyOn === undefined || item.host !== item.onlyOn
      ? ''
      : ' It may run there already, so it is started nowhere else: look there (xl list), and start it by hand only when it runs nowhere.';
  return { ...item, state: 'Failed', why: `${verdict.because}${mayRun}` };
}

function afterProbe(item: PlannedMachine, facts: Facts): PlannedMachine {
  const declared = facts.declared.get(item.id);
  if (declared === undefined || declared.probe === 'none') return item;
  const serving = facts.serving.get(item.id);
  return serving?.kind === 'known' && serving.value ? { ...item, state: 'Serving' } : item;
}
