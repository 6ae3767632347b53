import type { ActKind } from '../kernel/actKind.ts';
import type { Entry } from '../kernel/facts.ts';
import { triesOf } from '../kernel/tries.ts';
import type { Facts, PlannedMachine } from '../xapi/facts.ts';
import type { Read } from '../xapi/reads.ts';
import { startIsSafe } from '../xapi/startIsSafe.ts';
import type { ActOf } from './act.ts';
import { isOver, waitsForTasks } from './isOver.ts';

const mayRunForMs = 180_000;

/** A virtual machine of the plan starts on another member: VM.start_on. */
export const start: ActKind<ActOf<'start'>, Facts> = {
  risk: 'Reversible',
  mayRunForMs,
  longestPauseMs: 5 * 60_000,
  isOneOfMany: true,
  objection: ({ vmUUID, hostUUID }, now) => {
    const item = now.plan?.items.find((candidate) => candidate.id === vmUUID);
    const reading = now.starts.get(vmUUID);
    if (item === undefined || reading === undefined || item.host !== hostUUID) {
      return 'The virtual machine is not in the plan for this host.';
    }
    if (hostUUID === now.target.hostUUID) return 'It would start on the failed member.';
    const verdict = startIsSafe(item, reading, now);
    return verdict.kind === 'allow' ? undefined : verdict.because;
  },
  shows: (entry, vmUUID, facts) => {
    const record = facts.plan?.items.some((item) => item.id === vmUUID)
      ? facts.starts.get(vmUUID)?.record
      : undefined;
    if (record?.kind !== 'known' || record.atMs <= entry.sinceMs) return 'open';
    const machine = record.value;
    if (
      machine.powerState === 'Running' &&
      machine.residentOn !== undefined &&
      machine.residentOn !== facts.target.hostUUID
    ) {
      return 'Proven';
    }
    const idle = machine.currentOperations.length === 0 && machine.scheduledOn === undefined;
    if (machine.powerState !== 'Halted' || !idle) return 'open';
    // The list of tasks goes with the master's toolstack, while a start goes on at its host.
    const listBeganLater = !masterWasUp(entry, facts);
    const isOverNow = isOver(entry, { task: 'VM.start_on', mayRunForMs, listBeganLater }, facts);
    return entry.reply === 'failed' || isOverNow ? 'NotDone' : 'open';
  },
};

/** Since before the act was sent, as far back as it can have been when this process only read of it in the journal. */
function masterWasUp(entry: Entry, facts: Facts): boolean {
  if (facts.pool.kind === 'unknown') return false;
  const { masterUpForMs } = facts.pool.value;
  return facts.pool.atMs - masterUpForMs < entry.sinceMs - mayRunForMs;
}

/** The records of those whose start is open and seems to have ended, and the list of tasks where that would tell. */
export function startedReads(facts: Facts): readonly Read[] {
  const starting = (facts.plan?.items ?? []).filter(
    (item) => item.state === 'Starting' && seemsOver(item, facts),
  );
  return [
    ...(waitsForTasks(facts) ? [{ kind: 'stream' } as const] : []),
    ...starting.map(({ id: uuid }): Read => ({ kind: 'record', vmUUID: uuid })),
  ];
}

/** A start that was answered, or whose event says that it runs, is read back; one that is under way is left alone. */
function seemsOver(item: PlannedMachine, facts: Facts): boolean {
  const entry = triesOf(facts, `start ${item.id}`).at(-1);
  if (entry === undefined || entry.outcome !== 'Intended' || entry.reply !== undefined) return true;
  const machine = facts.pool.kind === 'known' ? facts.pool.value.virtualMachines.get(item.id) : undefined;
  return machine?.powerState === 'Running' || facts.nowMs - entry.sinceMs > readAnywayAfterMs;
}

const readAnywayAfterMs = 30_000;
