/**
 * People's words that a machine has no power: which of them count. A word begins to count when it is given, and any sign
 * of life after that ends it for good, whoever heard it: the operator, the pool master, or the power controller. An end
 * is recorded, and no restart and no later silence makes the word count again.
 */
import type { Attestation } from '../kernel/facts.ts';
import type { Facts, PowerObservation } from '../xapi/facts.ts';

/**
 * Silence is noticed up to a minute after the last answer, so it began before it is counted: a word that is at most this
 * much older than the counted silence may still be about its beginning.
 */
export const silenceNoticedWithinMs = 120_000;

/** What is known of a word beside its text; kept in the record of the request. */
export interface WordRecord {
  readonly by: string;
  readonly atWallMs: number;
  /** When it was first seen here. A word that is dated in the future was given at the latest then. */
  readonly seenWallMs: number;
  /** The same by this process's monotonic clock, which no jump of the wall clock moves; its start for what was recalled. */
  readonly seenMs: number;
  readonly endedBecause: string | undefined;
  readonly endedWallMs: number | undefined;
}

/** The records of the given words as the facts now show them; the same array when nothing changed. */
export function followWords(facts: Facts): readonly WordRecord[] {
  const before = facts.words;
  let changed = false;
  // A word about another machine never counts here, and one of the same second would be taken for the other.
  const about = facts.request.attestations.filter((word) => word.hostUUID === facts.target.hostUUID);
  const now = about.map((word) => {
    const known = recordOf(word, before);
    const next = known ?? {
      by: word.by,
      atWallMs: word.atWallMs,
      seenWallMs: facts.nowWallMs,
      seenMs: facts.nowMs,
      endedBecause: undefined,
      endedWallMs: undefined,
    };
    const ended = next.endedBecause === undefined ? whatEnds(word, next, facts) : undefined;
    if (known !== undefined && ended === undefined) return known;
    changed = true;
    return ended === undefined ? next : { ...next, endedBecause: ended, endedWallMs: facts.nowWallMs };
  });
  // A word that was taken back and is given again unchanged is the same word: what ended it still holds.
  const takenBack = before.filter((record) => !now.some((one) => isSame(one, record)));
  return changed ? [...takenBack, ...now].slice(-8) : before;
}

/** The newest word about this very machine that counts now. */
export function attestationInForce(facts: Facts): Attestation | undefined {
  return facts.request.attestations.findLast((word) => whyNotInForce(word, facts) === undefined);
}

/** For people: why the newest word that was given does not count; undefined when none was given, or it does. */
export function whyAttestationDoesNotCount(facts: Facts): string | undefined {
  const newest = facts.request.attestations.at(-1);
  return newest === undefined ? undefined : whyNotInForce(newest, facts);
}

function whyNotInForce(word: Attestation, facts: Facts): string | undefined {
  const { name, hostUUID, attestationMaxMs, declaredWallMs } = facts.target;
  const given = `The attestation by ${word.by}`;
  if (attestationMaxMs === undefined) return `The Host ${name} has no attestation rung, so no word counts.`;
  if (word.hostUUID !== hostUUID) return `${given} is about another machine, ${word.hostUUID}.`;
  const record = recordOf(word, facts.words);
  const ended = record?.endedBecause ?? whatEnds(word, record, facts);
  if (ended !== undefined) {
    return `${given} does not count any more: ${ended} Make sure again that ${name} has no power, and add a new one to spec.attestations.`;
  }
  if (word.atWallMs > facts.nowWallMs) return `${given} is dated in the future.`;
  const validMs = Math.min(word.validForMs, attestationMaxMs);
  const seenForMs = record === undefined ? 0 : facts.nowMs - record.seenMs;
  if (facts.nowWallMs >= word.atWallMs + validMs || seenForMs >= validMs) return `${given} has expired.`;
  if (word.atWallMs < declaredWallMs)
    return `${given} is older than the Host ${name}, and what was heard of the machine before is not known any more. Make sure again that it has no power, and add a new one to spec.attestations.`;
  if (facts.silentForMs.kind === 'unknown') return facts.silentForMs.because;
  const heardWallMs = facts.nowWallMs - facts.silentForMs.value - silenceNoticedWithinMs;
  const silence = facts.silentSince.get(hostUUID);
  // Its last answer ends the words before it. Where a restart has forgotten when that was, it was before the silence, which
  // is written down in whole seconds.
  const isForgotten = silence !== undefined && silence.lastAnswerMs === undefined;
  if (
    word.atWallMs < heardWallMs ||
    (isForgotten && word.atWallMs < Math.floor(silence.wallMs / 1000) * 1000)
  ) {
    return `${name} was heard of after ${given.replace('The', 'the')} was given, so it does not count.`;
  }
  const says = whatPowerSays(word, facts);
  return says === undefined
    ? undefined
    : `${given} does not count while its controller contradicts it: ${says}`;
}

/** The sign of life since the word was given that ends it for good, or undefined. */
function whatEnds(word: Attestation, record: WordRecord | undefined, facts: Facts): string | undefined {
  const givenWallMs = Math.min(word.atWallMs, record?.seenWallMs ?? facts.nowWallMs);
  if (word.hostUUID !== facts.target.hostUUID) return undefined;
  const { name } = facts.target;
  const since = (atMs: number): boolean =>
    facts.nowWallMs - (facts.nowMs - atMs) >= givenWallMs || (record !== undefined && atMs >= record.seenMs);
  const answer = facts.answers.get(facts.target.hostUUID);
  if (answer?.kind === 'known' && answer.value.kind !== 'silent' && since(answer.atMs)) {
    return answer.value.kind === 'impostor'
      ? `something answered at the address of ${name} after it was given, and it may be the member.`
      : `${name} answered at its own address after it was given.`;
  }
  // It is silent now, and its last answer may be younger than the word all the same.
  const answeredMs = facts.silentSince.get(facts.target.hostUUID)?.lastAnswerMs;
  if (answeredMs !== undefined && since(answeredMs)) {
    return `${name} answered at its own address after it was given.`;
  }
  const contact = facts.masterContact;
  if (contact.kind === 'known' && contact.value === 'answers' && since(contact.atMs)) {
    return `the pool master reached ${name} after it was given.`;
  }
  const reading = facts.powerReadings.find((one) => one.power !== 'off' && since(one.atMs));
  if (reading !== undefined) return saysOtherwise(reading, name);
  const { lastSignOfLife } = facts.target;
  return lastSignOfLife !== undefined &&
    (lastSignOfLife.atWallMs >= givenWallMs ||
      (record !== undefined && lastSignOfLife.atMs !== undefined && lastSignOfLife.atMs >= record.seenMs))
    ? `${lastSignOfLife.by} after it was given.`
    : undefined;
}

/** What was read of the power before the word, and was not read otherwise since: it has to change before the word counts. */
function whatPowerSays(word: Attestation, facts: Facts): string | undefined {
  const newest = facts.powerReadings.at(-1);
  if (newest === undefined || facts.powerUnknown !== undefined || newest.power === 'off') return undefined;
  return newest.atWallMs < word.atWallMs ? saysOtherwise(newest, facts.target.name) : undefined;
}

function saysOtherwise(reading: PowerObservation, name: string): string {
  return `${reading.device} said that the power of ${name} is "${reading.says}".`;
}

function recordOf(word: Attestation, records: readonly WordRecord[]): WordRecord | undefined {
  return records.find((record) => isSame(word, record));
}

/** Records keep whole seconds, as the words themselves do. */
function isSame(
  one: Pick<WordRecord, 'by' | 'atWallMs'>,
  other: Pick<WordRecord, 'by' | 'atWallMs'>,
): boolean {
  return one.by === other.by && Math.floor(one.atWallMs / 1000) === Math.floor(other.atWallMs / 1000);
}
