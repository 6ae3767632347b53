/**
 * The plan of a release: every virtual machine of the member, where it will start and why, or why it can't be recovered
 * here. It is made once and kept; it is made anew only while nothing has been released and what it says is no longer so.
 */
import { currentPool } from './currentPool.ts';
import type { DeclaredVirtualServer, Facts, ReleasePlan, Victim } from './facts.ts';
import { type PlacementWish, place, tooEarlyToPlace } from './placement.ts';
import type { PoolBelief, VirtualMachineBelief } from './pool.ts';

export const priorityWhenSilent = 50;

export type PlanDraft = Omit<ReleasePlan, 'hash'>;

/** Makes the plan, or says what is missing for it. */
export function makePlan(facts: Facts): PlanDraft | { readonly missing: string } {
  const pool = currentPool(facts);
  if (pool.kind === 'missing') return { missing: pool.because };
  const host = pool.value.hosts.get(facts.target.hostUUID);
  if (host === undefined) return { missing: `The pool knows no host ${facts.target.hostUUID}.` };
  const tooEarly = tooEarlyToPlace(facts, pool.value);
  if (tooEarly !== undefined) return { missing: tooEarly };
  const residents = [...pool.value.virtualMachines.values()].filter(
    (machine) => machine.residentOn === facts.target.hostUUID,
  );
  const wishes = residents
    .filter((machine) => whyNotHere(machine, facts, pool.value) === undefined)
    .map((machine) => wishOf(machine, facts.declared.get(machine.uuid), new Set()));
  const placements = place(wishes, facts, pool.value, []);
  const victims = residents.map((machine) => {
    const victim = victimOf(machine, facts.declared.get(machine.uuid));
    const notHere = whyNotHere(machine, facts, pool.value);
    if (notHere !== undefined) return { ...victim, ...notHere };
    const placement = placements.get(machine.uuid);
    return placement?.kind === 'placed'
      ? { ...victim, host: placement.hostUUID, why: placement.why }
      : { ...victim, state: 'NotRecoverable' as const, why: placement?.why };
  });
  return { hostRef: host.ref, victims: victims.sort(inOrder) };
}

/** The text that the plan's hash stands for: identity, steps, and per virtual machine what is intended. No ages. */
export function planText(plan: PlanDraft, facts: Facts, stepTitles: readonly string[]): string {
  return JSON.stringify([
    'ReleaseMember',
    facts.target.poolUUID,
    facts.target.hostUUID,
    facts.target.serial ?? null,
    plan.hostRef,
    stepTitles,
    plan.victims.map((victim) => [
      victim.uuid,
      victim.order,
      victim.delaySeconds,
      victim.priority,
      victim.state,
      victim.host ?? null,
    ]),
  ]);
}

/** Why the plan no longer says what is so, or undefined. Once the release has begun, the plan is the record of it. */
export function planIsOutdated(facts: Facts): string | undefined {
  const pool = currentPool(facts);
  if (facts.plan === undefined || pool.kind === 'missing' || releaseHasBegun(facts)) return undefined;
  const planned = new Set(facts.plan.victims.map((victim) => victim.uuid));
  for (const machine of pool.value.virtualMachines.values()) {
    if (machine.residentOn === facts.target.hostUUID && !planned.has(machine.uuid)) {
      return `${machine.name} came to ${facts.target.name} after the plan was made.`;
    }
  }
  const gone = facts.plan.victims.find(
    (victim) => pool.value.virtualMachines.get(victim.uuid)?.residentOn !== facts.target.hostUUID,
  );
  return gone === undefined ? undefined : `${gone.name} is no longer on ${facts.target.name}.`;
}

export function releaseHasBegun(facts: Facts): boolean {
  return facts.acts.some((act) => act.key.startsWith('declareDead') && act.outcome !== 'NotSent');
}

export function wishOf(
  machine: VirtualMachineBelief,
  declared: DeclaredVirtualServer | undefined,
  notOn: ReadonlySet<string>,
): PlacementWish {
  return {
    machine,
    priority: declared?.priority ?? priorityWhenSilent,
    order: declared?.order ?? machine.order,
    preferredHosts: [
      ...(declared?.preferredHosts ?? []),
      ...(machine.affinity === undefined ? [] : [machine.affinity]),
    ],
    antiAffinityGroup: declared?.antiAffinityGroup,
    notOn,
  };
}

function victimOf(machine: VirtualMachineBelief, declared: DeclaredVirtualServer | undefined): Victim {
  return {
    uuid: machine.uuid,
    name: machine.name,
    order: declared?.order ?? machine.order,
    delaySeconds: declared?.delaySeconds ?? machine.startDelaySeconds,
    priority: declared?.priority ?? priorityWhenSilent,
    state: 'Planned',
    host: undefined,
    why: undefined,
    attempts: 0,
    runningSinceMs: undefined,
    runningAtWallMs: undefined,
  };
}

/** Why it is not started here at all, whatever room there is. */
function whyNotHere(
  machine: VirtualMachineBelief,
  facts: Facts,
  pool: PoolBelief,
): Pick<Victim, 'state' | 'why'> | undefined {
  if (facts.declared.get(machine.uuid)?.powerState === 'Halted') {
    return { state: 'LeftHalted', why: 'It is declared Halted, so it is released and not started.' };
  }
  const unknownDisk = machine.disks.find((disk) => !pool.storage.has(disk.srUUID));
  if (unknownDisk !== undefined) {
    return {
      state: 'NotRecoverable',
      why: `The pool does not know the storage of its disk ${unknownDisk.vdiUUID}.`,
    };
  }
  const local = machine.disks
    .map((disk) => pool.storage.get(disk.srUUID))
    .find((storage) => storage !== undefined && !storage.shared);
  if (local !== undefined) {
    return {
      state: 'NotRecoverable',
      why: `Its disk is on ${local.name}, the local storage of ${facts.target.name}. Bring that machine back, or restore the virtual server from its own backup.`,
    };
  }
  return undefined;
}

function inOrder(a: Victim, b: Victim): number {
  return (
    a.order - b.order || b.priority - a.priority || compareText(a.name, b.name) || compareText(a.uuid, b.uuid)
  );
}

/** Names may repeat, so the UUID decides last: the plan's hash must not depend on the order in which the pool was read. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
