/**
 * Everything that a decision about one recovery may rest on: what was asked for, what was seen, what was done.
 * Plain data. Nothing here was inferred; inference is in the guards and in the runbook.
 */

import type { IdentityFacts } from '../fence/identity.ts';
import type { Distrust } from '../fence/trust.ts';
import type { WordRecord } from '../fence/words.ts';
import type { PolicyFacts, RecoveryFacts } from '../kernel/facts.ts';
import type { Item, Plan } from '../kernel/item.ts';
import type { Reading } from '../kernel/reading.ts';
import type { BootVerdict, DiskLocks, MemberAnswer, PoolBelief, VirtualMachineBelief } from './pool.ts';

export interface Facts extends PoolFacts, MachineFacts {}

/** What is known of the pool and of the recovery, whichever machine is asked about. */
export interface PoolFacts extends RecoveryFacts<PlannedMachine> {
  readonly policy: PoolPolicy;
  readonly plan: PoolPlan | undefined;
  readonly pool: Reading<PoolBelief>;
  /** Each member's own answer at its own address, by host UUID; the target's among them. */
  readonly answers: ReadonlyMap<string, Reading<MemberAnswer>>;
  /** Since when members do not answer, by host UUID; a silence that was recorded before a restart is reckoned in. */
  readonly silentSince: ReadonlyMap<string, Silence>;
  /** Locks on the shared storage that the plan's disks are on. */
  readonly locks: Reading<readonly DiskLocks[]>;
  /** Names of the tasks that the pool is working on. */
  readonly runningTasks: Reading<readonly string[]>;
  /** Bytes that the pool itself counts as free, by host UUID. */
  readonly freeMemory: ReadonlyMap<string, Reading<number>>;
  /** Fresh readings about virtual machines that are to be started next, by VM UUID. */
  readonly starts: ReadonlyMap<string, StartFacts>;
  /** Hosts that are declared for this pool, by host UUID. */
  readonly hosts: ReadonlyMap<string, DeclaredHost>;
  readonly declared: ReadonlyMap<string, DeclaredVirtualServer>;
  /** What the probes said, by VM UUID. */
  readonly serving: ReadonlyMap<string, Reading<boolean>>;
  /** What is known of each machine that is declared for this pool, by host UUID; see aboutHost. */
  readonly machines: Pick<ReadonlyMap<string, MachineFacts>, 'get'>;
}

/** What is known of one machine, so that it can be proven off. */
export interface MachineFacts {
  readonly target: TargetFacts;
  readonly identity: IdentityFacts;
  /** Whether the pool master can reach it. */
  readonly masterContact: Reading<'answers' | 'cannotBeContacted'>;
  /** For how long it has not been heard of, by anyone. */
  readonly silentForMs: Reading<number>;
  /** What its power devices said, newest last; only since nothing has been heard of it. */
  readonly powerReadings: readonly PowerObservation[];
  /** Why the newest attempt to read the power brought nothing; undefined when it did. */
  readonly powerUnknown: string | undefined;
  /** Why its controller would not cut the power if it were asked; undefined where nothing says so. */
  readonly cannotCutBecause: string | undefined;
  readonly certificate: FenceCertificate | undefined;
  /** What is known of each person's word, beside its text. */
  readonly words: readonly WordRecord[];
  /** What was written down earlier of virtual machines that were on it, by VM UUID. */
  readonly lastSeen: ReadonlyMap<string, LastSeen>;
}

/** The facts about one of the machines: guards and steps that are about a host are asked about this one. */
export function aboutHost<F extends PoolFacts>(facts: F, hostUUID: string): (F & MachineFacts) | undefined {
  if ('target' in facts && (facts as F & MachineFacts).target.hostUUID === hostUUID)
    return facts as F & MachineFacts;
  const machine = facts.machines.get(hostUUID);
  return machine === undefined ? undefined : { ...facts, ...machine };
}

/** Since when a member does not answer, by both clocks. */
export interface Silence {
  readonly ms: number;
  readonly wallMs: number;
  /** Monotonic moment of the question that it answered last; undefined where it never answered this process. */
  readonly lastAnswerMs: number | undefined;
}

/** What the Pool allows to a recovery of one of its members. */
export interface PoolPolicy extends PolicyFacts {
  readonly memberTimeoutMs: number;
  readonly failedMembers: number;
  readonly startsAtOncePerHost: number;
}

/** Who is meant, pinned by what does not change. */
export interface TargetFacts {
  readonly name: string;
  readonly poolUUID: string;
  readonly hostUUID: string;
  readonly serial: string | undefined;
  /** When its Host was made. What was known of an earlier one went with it. */
  readonly declaredWallMs: number;
  readonly state: 'InService' | 'Maintenance';
  /** Undefined when no rung of the ladder takes a person's word. */
  readonly attestationMaxMs: number | undefined;
  readonly hasPowerDevice: boolean;
  /** What is held against its power controller. */
  readonly distrust: Distrust | undefined;
  /** The newest cut of its power by whatever request, until every other member has answered after it. */
  readonly openCut: Cut | undefined;
  /** The newest that others than the operator heard of it while it did not answer; `atMs` where this process heard it. */
  readonly lastSignOfLife:
    | { readonly by: string; readonly atWallMs: number; readonly atMs: number | undefined }
    | undefined;
}

/** The power of a machine was told to go off. */
export interface Cut {
  /** Monotonic: when it was sent, or when this process first knew of it. */
  readonly sentMs: number;
  /** Monotonic: after this the machine that was cut answers no more. */
  readonly doneMs: number;
  readonly atWallMs: number;
}

export interface DeclaredHost {
  readonly name: string;
  readonly state: 'InService' | 'Maintenance';
}

export interface DeclaredVirtualServer {
  readonly powerState: 'Running' | 'Halted' | 'Unmanaged';
  readonly order: number | undefined;
  readonly priority: number | undefined;
  readonly delaySeconds: number | undefined;
  /** Host UUIDs, best first. */
  readonly preferredHosts: readonly string[];
  readonly antiAffinityGroup: string | undefined;
  /** UUID of the host on which it was last seen running. */
  readonly lastHost: string | undefined;
  /** UUID of another host on which it may run though the pool has it halted, or `nowhere` where nobody can tell which. */
  readonly mayRunOn: string | undefined;
  readonly probe: 'none' | 'tcp' | 'guestAgent';
  readonly probeTimeoutMs: number;
}

/** A virtual machine that an earlier request about the same host left as it was. */
export interface LastSeen {
  /** Name of that request. */
  readonly by: string;
  readonly onlyOn: string | undefined;
}

export interface PowerObservation {
  readonly power: 'on' | 'off' | 'other';
  readonly says: string;
  /** As the device shows them, trimmed; '' where it does not. The UUID is in lower case. */
  readonly serial: string;
  readonly sku: string;
  readonly systemUUID: string;
  readonly device: string;
  readonly atMs: number;
  readonly atWallMs: number;
}

/** Proof that the target has no power; see guards/fence.ts for when it counts. */
export interface FenceCertificate {
  readonly hostUUID: string;
  readonly serial: string | undefined;
  readonly method: 'Redfish' | 'Attestation';
  readonly device: string;
  readonly attestedBy: string | undefined;
  readonly statement: string | undefined;
  readonly readings: readonly { readonly says: string; readonly atWallMs: number }[];
  readonly issuedWallMs: number;
  readonly validUntilWallMs: number;
  /** A contrary sign that ended it; it never counts again. */
  readonly voidBecause: string | undefined;
}

export interface StartFacts {
  readonly record: Reading<VirtualMachineBelief>;
  readonly locks: Reading<readonly DiskLocks[]>;
  /** Would the host `bootOn` take it now? A verdict of the host before it was moved says nothing about the next one. */
  readonly boot: Reading<BootVerdict>;
  readonly bootOn: string | undefined;
}

export interface PoolPlan extends Plan<PlannedMachine> {
  /** The hosts that the plan is about, as the pool knew them when it was made. */
  readonly hosts: readonly PinnedHost[];
  /** UUIDs of those in whose way something stood when it was made; a restarted process does not know. */
  readonly hindered?: ReadonlySet<string>;
}

/** A host that was forgotten and joined anew has another reference, and the old one names its storage locks. */
export interface PinnedHost {
  readonly uuid: string;
  readonly ref: string;
  readonly name: string;
}

/** The reference under which the pool knew the target when the plan was made. */
export function pinnedRef({ plan, target }: Pick<Facts, 'plan' | 'target'>): string | undefined {
  return plan?.hosts.find((host) => host.uuid === target.hostUUID)?.ref;
}

/** One virtual machine of the target: what the plan says of it, and how far it is. Its host is where it starts, or runs. */
export interface PlannedMachine extends Item {
  readonly kind: 'VirtualMachine';
  readonly order: number;
  readonly delaySeconds: number;
  readonly priority: number;
  readonly state: MachineState;
  /** The only host on which it may start, because it may already run there; see moving.ts. */
  readonly onlyOn?: string;
  readonly attempts: number;
  /** Host UUIDs that would not take it when its start was about to be sent; none of them is tried again. */
  readonly refusedBy?: readonly string[];
  /** Monotonic; undefined until it was read back as running (or, after a restart, seen running again). */
  readonly runningSinceMs: number | undefined;
  readonly runningAtWallMs: number | undefined;
}

/** How far a virtual machine of a plan is. Running: read back as running. Serving: its probe answered. */
export const machineStates = [
  'Planned',
  'Starting',
  'Running',
  'Serving',
  'LeftHalted',
  'NotRecoverable',
  'Failed',
] as const;

export type MachineState = (typeof machineStates)[number];
