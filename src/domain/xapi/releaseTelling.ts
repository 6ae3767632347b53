/** What a release says of itself to people: how far it is, how it ended, and what it leaves behind. */
import { hasBegun } from '../kernel/tries.ts';
import type { Facts, MachineState, PlannedMachine } from './facts.ts';
import type { Telling } from './form.ts';
import { isLocalToTheMember } from './obstacles.ts';
import { isFinal, isUp } from './progress.ts';
import { releaseHasBegun } from './releasePlan.ts';

export const releaseTelling: Telling = {
  progress,
  ending,
  standsAt,
  leaves: (facts, because) => `${leftHalted(facts)}${hasBegun(facts) ? caughtOnTheWay(facts, because) : ''}`,
  hasAsked: ({ answers }, sinceMs) =>
    [...answers.values()].every((answer) => answer.kind === 'known' && answer.atMs >= sinceMs),
  moments,
};

/** "22 of 24 up, 2 not recoverable here" */
function progress({ plan }: Facts): string {
  const items = plan?.items ?? [];
  if (items.length === 0) return '';
  const count = (states: readonly MachineState[]): number =>
    items.filter((item) => states.includes(item.state)).length;
  const toStart = items.length - count(['NotRecoverable', 'LeftHalted']);
  // Before anything was started they may well run where they are: "0 of 8 up" would read as if they were lost.
  const begun = count(['Starting', 'Running', 'Serving', 'Failed']) > 0;
  const parts = [begun ? `${items.filter(isUp).length} of ${toStart} up` : `${toStart} to start`];
  const starting = count(['Starting']);
  const failed = count(['Failed']);
  const notHere = count(['NotRecoverable']);
  const halted = count(['LeftHalted']);
  if (starting > 0) parts.push(`${starting} starting`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (notHere > 0) parts.push(`${notHere} not recoverable here`);
  if (halted > 0) parts.push(`${halted} left halted`);
  return parts.join(', ');
}

/** Success is that what can run elsewhere does, and that something does where there was something. */
function ending(facts: Facts): { readonly succeeded: boolean; readonly because: string } {
  const items = facts.plan?.items ?? [];
  const up = items.filter(isUp).length;
  const lost = items.filter((item) => item.state === 'NotRecoverable' && isLost(item, facts));
  const left = items.filter(
    (item) => item.state === 'Failed' || (item.state === 'NotRecoverable' && !lost.includes(item)),
  );
  const toStart = items.some((item) => item.state !== 'LeftHalted');
  return {
    succeeded: left.length === 0 && (!toStart || up > 0),
    because: [
      items.length === 0 ? nothingWasThere : `${running(up)} on other members.`,
      ...(left.length === 0 ? [] : [`${names(left)} could not be started; each says why and what to do.`]),
      ...(lost.length === 0
        ? []
        : [`${names(lost)} cannot be recovered here, since the disks are lost with the member.`]),
      ...remarks(facts, items),
    ].join(' '),
  };
}

const nothingWasThere =
  'The member is fenced and released. The pool had no virtual machines on it when the plan was made; where some should run, look for ones that are halted.';

function running(up: number): string {
  return up === 1 ? '1 virtual machine runs' : `${up} virtual machines run`;
}

function standsAt({ plan }: Facts): string {
  const items = plan?.items ?? [];
  return `${items.filter(isUp).length} of ${items.length} virtual machines run on other members.`;
}

/** What a recovery that stops after the release leaves undone, with the way out; nothing when it leaves nothing. */
function leftHalted(facts: Facts): string {
  const left = (facts.plan?.items ?? []).filter(
    (item) => !isUp(item) && item.state !== 'LeftHalted' && !isLost(item, facts),
  );
  if (left.length === 0 || !releaseHasBegun(facts)) return '';
  const { name } = facts.target;
  return ` ${names(left)} may be left halted by it: keep ${name} without power and create a new RecoveryRequest, or start them by hand when you know that they run nowhere, ${name} included.`;
}

/** The pool has it on a member that lives, so that nobody would miss it; but its move may have ended on the one that was cut. */
function caughtOnTheWay(facts: Facts, because: string): string {
  if (facts.pool.kind === 'unknown') return '';
  const { name, hostUUID } = facts.target;
  const caught = [...facts.pool.value.virtualMachines.values()].filter(
    (machine) =>
      machine.scheduledOn === hostUUID && machine.residentOn !== hostUUID && !because.includes(machine.name),
  );
  return caught.length === 0
    ? ''
    : ` ${names(caught)} was being moved to ${name}: look whether it runs at either end.`;
}

/** For want of its disk and of nothing else: no room, no eject and no person's work would let it start elsewhere. */
function isLost(item: PlannedMachine, facts: Facts): boolean {
  if (facts.pool.kind === 'unknown') return false;
  const machine = facts.pool.value.virtualMachines.get(item.id);
  return machine !== undefined && isLocalToTheMember(machine, facts.pool.value);
}

/** What a person has to know although it fails nothing. */
function remarks(facts: Facts, items: readonly PlannedMachine[]): readonly string[] {
  if (facts.pool.kind === 'unknown') return [];
  const { virtualMachines } = facts.pool.value;
  const stray = items.filter(
    (item) =>
      isUp(item) && item.onlyOn !== undefined && virtualMachines.get(item.id)?.powerState === 'Halted',
  );
  const unclear = items.filter(
    (item) => item.state === 'LeftHalted' && facts.declared.get(item.id)?.powerState !== 'Halted',
  );
  const planned = new Set(items.map((item) => item.id));
  const down = [...facts.declared].flatMap(([uuid, declared]) => {
    const machine = virtualMachines.get(uuid);
    const halted = machine?.powerState === 'Halted' && machine.residentOn === undefined;
    if (!halted || planned.has(uuid) || declared.powerState !== 'Running') return [];
    return declared.lastHost === undefined ? [machine] : [];
  });
  const said = (of: readonly { readonly name: string }[], what: string): readonly string[] =>
    of.length === 0 ? [] : [`${names(of)} ${what}`];
  return [
    ...said(
      stray,
      'runs on the host that it was being moved to, and the pool does not know it; why in status.items says what to do.',
    ),
    ...said(unclear, 'was left halted, since nothing tells whether it should run.'),
    ...said(down, 'is declared Running and is halted, and nobody knows where it ran; start it by hand.'),
  ];
}

function names(items: readonly { readonly name: string }[]): string {
  const shown = items.slice(0, 5).map((item) => item.name);
  return items.length > shown.length
    ? `${shown.join(', ')} and ${items.length - shown.length} more`
    : shown.join(', ');
}

/** When the target fell silent, when it was proven off, and when the first and the last virtual machine were up. */
function moments({ certificate, momentMs, plan, silentForMs }: Facts): Readonly<Record<string, number>> {
  const items = plan?.items ?? [];
  const ups = items.flatMap((item) => (isUp(item) ? [item.runningAtWallMs ?? momentMs] : []));
  return {
    ...(silentForMs.kind === 'known' ? { detectedAt: momentMs - silentForMs.value } : {}),
    ...(certificate === undefined ? {} : { fencedAt: momentMs }),
    ...(ups.length === 0 ? {} : { firstUpAt: Math.min(...ups) }),
    ...(ups.length > 0 && items.every(isFinal) ? { recoveredAt: Math.max(...ups) } : {}),
  };
}
