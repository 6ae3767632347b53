/**
 * What one process knows of one recovery beyond the record in the request's status: readings, replies, and the moments at
 * which it learned of them by its own clock. It is only there to be quick. All of it can be lost at any time: `recall`
 * makes it anew from the record, and what is not in the record is read again from the world.
 */
import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { Act } from '../../domain/acts/act.ts';
import type { WordRecord } from '../../domain/fence/words.ts';
import type { Entry } from '../../domain/kernel/facts.ts';
import type { Since } from '../../domain/kernel/outcome.ts';
import type { Ask } from '../../domain/kernel/people.ts';
import type { Ground } from '../../domain/kernel/plan.ts';
import type { Reading } from '../../domain/kernel/reading.ts';
import type { FenceCertificate, PoolPlan, StartFacts } from '../../domain/xapi/facts.ts';
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
  /** Of each machine that has to be proven off, by host UUID. */
  proofs: ReadonlyMap<string, Proof>;
  plan: PlanRecord | undefined;
  /** Wall milliseconds by the name of the moment. */
  moments: Readonly<Record<string, number>>;
  /** What a person is asked for. */
  ask: Asking | undefined;
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
  /** The close watch over the answers and the power of the machines that have to be proven off. */
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
  readonly powers: readonly (PowerWatch | undefined)[];
  readonly end: Cancel;
}

/** What is known of whether one machine has power. */
export interface Proof {
  readonly certificate: FenceCertificate | undefined;
  readonly words: readonly WordRecord[];
}

export interface PlanRecord extends PoolPlan {
  readonly madeAtWallMs: number;
  readonly restsOn: readonly Ground[];
}

/** What is asked of a person, since when, and when they were last reminded by this process's clock. */
export interface Asking {
  readonly step: string;
  readonly ask: Ask;
  readonly sinceWallMs: number;
  readonly remindedMs: number;
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

/** Now, by wall time that does not jump. */
export function momentOf({ base }: Pick<Memory, 'base'>, clock: Pick<Clock, 'monotonicMs'>): number {
  return base.wallMs + (clock.monotonicMs() - base.ms);
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
  memory.proofs = proofsOfBoth(memory.proofs, recalled.proofs);
  memory.moments = { ...recalled.moments, ...memory.moments };
  memory.journalText = recalled.journalText;
}

type Proofs = Memory['proofs'];

/** A proof that was ended stays so, and so does a word, whoever ended it. */
function proofsOfBoth(own: Proofs, recorded: Proofs): Proofs {
  const both = new Map(own);
  for (const [hostUUID, theirs] of recorded) {
    const ours = own.get(hostUUID) ?? noProof;
    const theirsCounts = theirs.certificate?.voidBecause !== undefined || ours.certificate === undefined;
    both.set(hostUUID, {
      certificate: theirsCounts ? theirs.certificate : ours.certificate,
      words: withEnds(ours.words, theirs.words),
    });
  }
  return both;
}

export const noProof: Proof = { certificate: undefined, words: [] };

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
