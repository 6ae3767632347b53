/**
 * Makes the memory of a recovery anew from the record in the status of its request: what was decided, proven and begun, and
 * since when. Everything else is read again from the world.
 */
import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { Act } from '../../domain/acts/act.ts';
import type { WordRecord } from '../../domain/fence/words.ts';
import { unknown } from '../../domain/kernel/reading.ts';
import type { FenceCertificate, MachineState, PlannedMachine } from '../../domain/xapi/facts.ts';
import { priorityWhenSilent } from '../../domain/xapi/releasePlan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { NotSent } from './holdBack.ts';
import {
  type Asking,
  type EntryRecord,
  journalText,
  type Memory,
  type PlanRecord,
  type Proof,
} from './memory.ts';

type Status = NonNullable<RecoveryRequest['status']>;

/** `oldestMs`: the request is certainly not older than this, whatever its date and the wall clock say. */
export function recall(
  request: RecoveryRequest,
  clock: Pick<Clock, 'monotonicMs' | 'wallMs'>,
  oldestMs: number,
): Memory {
  const status = request.status;
  const nowMs = clock.monotonicMs();
  const wallMs = clock.wallMs();
  const madeAtMs = Date.parse(request.metadata.creationTimestamp ?? '');
  const journal = entriesOf(status, nowMs);
  return {
    uid: request.metadata.uid ?? '',
    journal,
    proofs: proofsOf(status, nowMs),
    plan: planOf(status, nowMs),
    moments: momentsOf(status),
    ask: askOf(status, nowMs),
    gates: new Map(
      (status?.gates ?? []).map((gate) => [
        gate.guard ?? '',
        { verdict: gate.verdict ?? '', sinceWallMs: Date.parse(gate.since ?? '') },
      ]),
    ),
    step: stepOf(status, { nowMs, wallMs }),
    locks: unknown('The storage locks of the pool have not been read yet.'),
    freeMemory: new Map(),
    starts: new Map(),
    serving: new Map(),
    notSent: notSentOf(journal, { nowMs, wallMs }),
    attending: undefined,
    writtenMs: Number.NEGATIVE_INFINITY,
    refused: undefined,
    journalText: journalText(request),
    sinceMs: nowMs - (Number.isFinite(madeAtMs) ? Math.min(oldestMs, Math.max(0, wallMs - madeAtMs)) : 0),
    firstLookMs: status?.phase === undefined || status.phase === 'Pending' ? nowMs : undefined,
    rest: undefined,
    base: { ms: nowMs, wallMs: Math.max(wallMs, newestMoment(status)) },
  };
}

/** What the record says was, was before now, whatever the wall clock says. */
function newestMoment(status: Status | undefined): number {
  const moments = [
    ...(status?.moments ?? []).map(({ at }) => at),
    ...(status?.journal ?? []).flatMap((entry) => [entry.at, entry.endedAt ?? '']),
  ].map((moment) => Date.parse(moment));
  return Math.max(0, ...moments.filter(Number.isFinite));
}

function entriesOf(status: Status | undefined, nowMs: number): readonly EntryRecord[] {
  return (status?.journal ?? []).flatMap((entry, wave) =>
    (entry.targets ?? []).map((target): EntryRecord => {
      return {
        key: `${entry.act} ${target}`,
        attempt: entry.attempt ?? 1,
        sinceMs: nowMs,
        master: entry.master,
        outcome: entry.outcome ?? 'Intended',
        // It went to the process that sent the act.
        reply: 'lost',
        says: entry.detail,
        step: entry.step,
        act: entry.act as Act['kind'],
        target,
        epoch: entry.epoch,
        by: entry.by ?? '',
        atWallMs: Date.parse(entry.at),
        endedWallMs: entry.endedAt === undefined ? undefined : Date.parse(entry.endedAt),
        wave,
      };
    }),
  );
}

/** How often it was tried is not written down. It is not begun with the shortest pause again after each restart. */
const triedBefore = 3;

function notSentOf(
  journal: readonly EntryRecord[],
  { nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number },
): Map<string, NotSent> {
  const notSent = new Map<string, NotSent>();
  for (const { key, outcome, says, atWallMs, endedWallMs = atWallMs } of journal) {
    if (outcome !== 'NotSent') continue;
    const atMs = nowMs - Math.max(0, wallMs - endedWallMs);
    notSent.set(key, { times: triedBefore, atMs, because: says ?? '' });
  }
  return notSent;
}

function proofsOf(status: Status | undefined, nowMs: number): ReadonlyMap<string, Proof> {
  return new Map(
    (status?.proofs ?? []).map((proof): [string, Proof] => [
      proof.hostUUID,
      { certificate: certificateOf(proof), words: (proof.words ?? []).map((word) => wordOf(word, nowMs)) },
    ]),
  );
}

type ProofRecord = NonNullable<Status['proofs']>[number];

function certificateOf({ hostUUID, certificate: record }: ProofRecord): FenceCertificate | undefined {
  if (record?.method === undefined) return undefined;
  return {
    hostUUID,
    serial: record.serial,
    method: record.method,
    device: record.device ?? '',
    attestedBy: record.attestedBy,
    statement: record.statement,
    readings: (record.readings ?? []).map((reading) => ({
      says: reading.power ?? '',
      atWallMs: Date.parse(reading.at ?? ''),
    })),
    issuedWallMs: Date.parse(record.issuedAt ?? ''),
    validUntilWallMs: Date.parse(record.validUntil ?? ''),
    voidBecause: record.voidBecause,
  };
}

function wordOf(record: NonNullable<ProofRecord['words']>[number], nowMs: number): WordRecord {
  return {
    by: record.by ?? '',
    atWallMs: Date.parse(record.at ?? ''),
    seenWallMs: Date.parse(record.seenAt ?? ''),
    seenMs: nowMs,
    endedBecause: record.endedBecause,
    endedWallMs: record.endedAt === undefined ? undefined : Date.parse(record.endedAt),
  };
}

function planOf(status: Status | undefined, nowMs: number): PlanRecord | undefined {
  const plan = status?.plan;
  if (plan?.hash === undefined || plan.hosts === undefined) return undefined;
  return {
    hash: plan.hash,
    hosts: plan.hosts.map(({ uuid, ref, name = '' }) => ({ uuid, ref, name })),
    madeAtWallMs: Date.parse(plan.madeAt ?? ''),
    restsOn: (plan.restsOn ?? []).map((one) => ({
      fact: one.fact ?? '',
      source: one.source ?? '',
      atWallMs: Date.parse(one.at ?? ''),
    })),
    items: (status?.items ?? []).map((item) => itemOf(item, nowMs)),
  };
}

function itemOf(item: NonNullable<Status['items']>[number], nowMs: number): PlannedMachine {
  return {
    kind: 'VirtualMachine',
    id: item.id,
    name: item.name,
    order: item.order ?? 0,
    delaySeconds: item.delaySeconds ?? 0,
    priority: item.priority ?? priorityWhenSilent,
    state: item.state as MachineState,
    host: item.host,
    ...(item.onlyOn === undefined ? {} : { onlyOn: item.onlyOn }),
    why: item.why,
    attempts: item.attempts ?? 0,
    // Its delay counts again from here: waiting longer than asked harms nobody.
    runningSinceMs: item.runningAt === undefined ? undefined : nowMs,
    runningAtWallMs: item.runningAt === undefined ? undefined : Date.parse(item.runningAt),
  };
}

/** A restart does not make a wait shorter. */
function stepOf(
  status: Status | undefined,
  { nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number },
): Memory['step'] {
  const active = status?.plan?.steps?.find((step) => step.state === 'Active');
  if (active?.title === undefined || active.since === undefined) return undefined;
  return { title: active.title, sinceMs: nowMs - Math.max(0, wallMs - Date.parse(active.since)) };
}

function askOf(status: Status | undefined, nowMs: number): Asking | undefined {
  const [asked] = status?.asks ?? [];
  if (asked === undefined) return undefined;
  const { step, since, ...ask } = asked;
  // How often is not written down; it is known again with the first look.
  const remindEveryMs = Number.POSITIVE_INFINITY;
  return { step, ask: { ...ask, remindEveryMs }, sinceWallMs: Date.parse(since), remindedMs: nowMs };
}

function momentsOf(status: Status | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries((status?.moments ?? []).map(({ name, at }) => [name, Date.parse(at)]));
}
