/**
 * What one process knows of one recovery beyond the record in the request's status: readings, replies, and the moments at
 * which it learned of them by its own clock. It is only there to be quick. All of it can be lost at any time: `recall`
 * makes it anew from the record, and what is not in the record is read again from the world.
 */
import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { Act } from '../../domain/acts/act.ts';
import type { WordRecord } from '../../domain/fence/words.ts';
import type { Since } from '../../domain/kernel/outcome.ts';
import { type Reading, unknown } from '../../domain/kernel/reading.ts';
import type {
  Entry,
  FenceCertificate,
  PlannedMachine,
  ReleasePlan,
  StartFacts,
} from '../../domain/xapi/facts.ts';
import type { DiskLocks } from '../../domain/xapi/pool.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { MemberWatch } from '../memberWatch.ts';
import type { PowerWatch } from '../powerWatch.ts';
import type { Refused } from '../refusals.ts';
import type { NotSent } from './holdBack.ts';
import type { Rest } from './resting.ts';

export interface Memory {
  readonly uid: string;
  journal: readonly EntryRecord[];
  certificate: FenceCertificate | undefined;
  words: readonly WordRecord[];
  plan: PlanRecord | undefined;
  timeline: Timeline;
  /** Since when each guard says what it says, by guard name. */
  readonly gates: Map<string, { readonly verdict: string; readonly sinceWallMs: number }>;
  /** The step that is under way, and since when by this process's clock. */
  step: { readonly title: string; readonly sinceMs: number } | undefined;
  locks: Reading<readonly DiskLocks[]>;
  readonly freeMemory: Map<string, Reading<number>>;
  readonly starts: Map<string, StartFacts>;
  readonly serving: Map<string, Reading<boolean>>;
  /** Acts that could not be sent when they were last tried, by key. */
  readonly notSent: Map<string, NotSent>;
  /** The close watch over the target's answers and power. */
  attending: Attending | undefined;
  /** Monotonic time of the last write of status. */
  writtenMs: number;
  /** Undefined when the API server took the last record. */
  refused: Refused | undefined;
  /** The journal as this process last wrote or read it; another one means that somebody else wrote. */
  journalText: string;
  /** Monotonic time at which the request was made, by its record: a restart does not make it younger. */
  readonly sinceMs: number;
  /** Monotonic time of this process's first look, where the record has not told yet what comes of the request. */
  readonly firstLookMs: number | undefined;
  /** While it is refused or held by people. */
  rest: Rest | undefined;
  /** One instant by both clocks; moments that are written down are counted from it, so that they keep their order. */
  readonly base: { readonly ms: number; readonly wallMs: number };
}

/** Which watches were asked to look closely, for a session that is opened anew has others, and what ends it. */
export interface Attending {
  readonly members: MemberWatch;
  readonly power: PowerWatch | undefined;
  readonly end: Cancel;
}

export interface PlanRecord extends ReleasePlan {
  readonly madeAtWallMs: number;
  readonly restsOn: readonly { readonly fact: string; readonly source: string; readonly atWallMs: number }[];
  readonly hostName: string;
}

/** An act with what the journal says of it. */
export interface EntryRecord extends Entry {
  readonly step: string;
  readonly act: Act['kind'];
  readonly target: string;
  readonly epoch: number;
  readonly by: string;
  readonly atWallMs: number;
  readonly endedWallMs: number | undefined;
  /** Acts that were written down and sent together have the same number. */
  readonly wave: number;
}

export interface Timeline {
  readonly detectedAt?: number;
  readonly decidedAt?: number;
  readonly fencedAt?: number;
  readonly releasedAt?: number;
  readonly firstUpAt?: number;
  readonly recoveredAt?: number;
}

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
    certificate: certificateOf(status),
    words: wordsOf(status, nowMs),
    plan: planOf(status, nowMs),
    timeline: timelineOf(status),
    gates: new Map(
      (status?.gates ?? []).map((gate) => [
        gate.guard ?? '',
        { verdict: gate.verdict ?? '', sinceWallMs: Date.parse(gate.since ?? '') },
      ]),
    ),
    step: undefined,
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

/** Now, by wall time that does not jump. */
export function momentOf({ base }: Pick<Memory, 'base'>, clock: Pick<Clock, 'monotonicMs'>): number {
  return base.wallMs + (clock.monotonicMs() - base.ms);
}

/** What the record says was, was before now, whatever the wall clock says. */
function newestMoment(status: Status | undefined): number {
  const moments = [
    ...Object.values(status?.timeline ?? {}),
    ...(status?.journal ?? []).flatMap((entry) => [entry.at, entry.endedAt ?? '']),
  ].map((moment) => Date.parse(moment));
  return Math.max(0, ...moments.filter(Number.isFinite));
}

/**
 * Takes over what the record says beside the memory, when it is not the one that this process wrote last: a write that
 * was applied although its answer was lost, or somebody else's. What was sent was sent, whatever the record has
 * forgotten (an API server that was restored from a backup has). In place, for replies that are awaited come to it.
 */
export function learnFrom(recalled: Memory, memory: Memory): void {
  const firstFree = memory.journal.reduce((highest, entry) => Math.max(highest, entry.wave), -1) + 1;
  const known = memory.journal.map((entry) => {
    const recorded = recalled.journal.find((other) => isSameEntry(entry, other));
    if (entry.outcome !== 'Intended' || recorded === undefined) return entry;
    return { ...entry, outcome: recorded.outcome, endedWallMs: recorded.endedWallMs };
  });
  const more = recalled.journal
    .filter((entry) => !memory.journal.some((other) => isSameEntry(entry, other)))
    .map((entry) => ({ ...entry, wave: entry.wave + firstFree }));
  memory.journal = [...known, ...more];
  memory.plan ??= recalled.plan;
  if (recalled.certificate?.voidBecause !== undefined || memory.certificate === undefined)
    memory.certificate = recalled.certificate;
  memory.words = withEnds(memory.words, recalled.words);
  memory.timeline = { ...recalled.timeline, ...memory.timeline };
  memory.journalText = recalled.journalText;
}

/** An end that the record has and this process does not know of was written by another one. */
function withEnds(own: readonly WordRecord[], recorded: readonly WordRecord[]): readonly WordRecord[] {
  const key = (word: WordRecord): string => `${word.by} ${Math.floor(word.atWallMs / 1000)}`;
  const known = new Map(own.map((word) => [key(word), word]));
  for (const word of recorded) {
    if (known.get(key(word))?.endedBecause === undefined) known.set(key(word), word);
  }
  return [...known.values()].slice(-8);
}

function isSameEntry(one: EntryRecord, other: EntryRecord): boolean {
  return one.key === other.key && one.attempt === other.attempt && one.epoch === other.epoch;
}

export function sinceWhen(memory: Pick<Memory, 'sinceMs' | 'firstLookMs' | 'step'>): Since {
  return { requestMs: memory.sinceMs, firstLookMs: memory.firstLookMs, step: memory.step };
}

export function journalText(request: RecoveryRequest): string {
  return JSON.stringify(request.status?.journal ?? []);
}

function entriesOf(status: Status | undefined, nowMs: number): readonly EntryRecord[] {
  return (status?.journal ?? []).flatMap((entry, wave) =>
    (entry.targets ?? []).map((target): EntryRecord => {
      return {
        key: `${entry.effect} ${target}`,
        attempt: entry.attempt ?? 1,
        sinceMs: nowMs,
        master: entry.master,
        outcome: entry.outcome ?? 'Intended',
        // It went to the process that sent the act.
        reply: 'lost',
        says: entry.detail,
        step: entry.step,
        act: entry.effect as Act['kind'],
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

function certificateOf(status: Status | undefined): FenceCertificate | undefined {
  const record = status?.evidence?.certificate;
  if (record?.method === undefined || record.hostUUID === undefined) return undefined;
  return {
    hostUUID: record.hostUUID,
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

function wordsOf(status: Status | undefined, nowMs: number): readonly WordRecord[] {
  return (status?.evidence?.words ?? []).map((record) => ({
    by: record.by ?? '',
    atWallMs: Date.parse(record.at ?? ''),
    seenWallMs: Date.parse(record.seenAt ?? ''),
    seenMs: nowMs,
    endedBecause: record.endedBecause,
    endedWallMs: record.endedAt === undefined ? undefined : Date.parse(record.endedAt),
  }));
}

function planOf(status: Status | undefined, nowMs: number): PlanRecord | undefined {
  const plan = status?.plan;
  if (plan?.hash === undefined || status?.target?.hostRef === undefined) return undefined;
  return {
    hash: plan.hash,
    hostRef: status.target.hostRef,
    hostName: status.target.hostName ?? '',
    madeAtWallMs: Date.parse(plan.madeAt ?? ''),
    restsOn: (plan.restsOn ?? []).map((one) => ({
      fact: one.fact ?? '',
      source: one.source ?? '',
      atWallMs: Date.parse(one.at ?? ''),
    })),
    items: (status.virtualMachines ?? []).map(
      (machine): PlannedMachine => ({
        id: machine.uuid,
        name: machine.name,
        order: machine.order ?? 0,
        delaySeconds: machine.delaySeconds ?? 0,
        priority: machine.priority ?? 0,
        state: machine.state,
        host: machine.host,
        ...(machine.onlyOn === undefined ? {} : { onlyOn: machine.onlyOn }),
        why: machine.why,
        attempts: machine.attempts ?? 0,
        // Its delay counts again from here: waiting longer than asked harms nobody.
        runningSinceMs: machine.runningAt === undefined ? undefined : nowMs,
        runningAtWallMs: machine.runningAt === undefined ? undefined : Date.parse(machine.runningAt),
      }),
    ),
  };
}

function timelineOf(status: Status | undefined): Timeline {
  return Object.fromEntries(
    Object.entries(status?.timeline ?? {}).map(([moment, at]) => [moment, Date.parse(at)]),
  );
}
