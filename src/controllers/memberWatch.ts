/**
 * Asks the members of one pool whether they answer, so that silence is noticed and dated. A settled pool costs one
 * question a member every 40 s. A member that does not answer is asked every few seconds, together with the question to
 * the master whether it reaches it; and while a recovery runs (`attend`), so that no act has to wait for an answer.
 */

import { known, type Reading, unknown } from '../domain/kernel/reading.ts';
import type { Silence } from '../domain/xapi/facts.ts';
import type { MemberAnswer } from '../domain/xapi/pool.ts';
import type { Cancel, Clock, Random } from '../ports/clock.ts';
import type { PoolLink } from '../ports/hypervisor.ts';

export interface MemberWatch {
  answer(hostUUID: string): Reading<MemberAnswer>;
  masterContact(hostUUID: string): Reading<'answers' | 'cannotBeContacted'>;
  /** For how long the member has not been heard of; unknown while it answers or has not been asked yet. */
  silentForMs(hostUUID: string): Reading<number>;
  /** Since when it does not answer, with what was recalled; undefined while it answers. */
  silentSince(hostUUID: string): Silence | undefined;
  /** A silence that was written down before a restart: it counts as soon as the member has been asked for a while. */
  recall(hostUUID: string, silence: RecordedSilence): void;
  /** Asks those others again that were last asked before this moment and do not fail; resolves when they have answered. */
  askOthersAgain(hostUUID: string, beforeMs: number): Promise<void>;
  /** Asks this member often, and the others often enough for a decision, until the returned function is called. */
  attend(hostUUID: string): Cancel;
  /** It has been asked so for some time: a short look now and then does not count. */
  isAttended(hostUUID: string): boolean;
  /**
   * Takes over who the members are now. Of one that is reached at the same address under the same certificate everything
   * that is known stays; of another one nothing does, since it was about another machine.
   */
  setMembers(members: readonly WatchedMember[]): void;
  /** Something was heard that makes the old answer doubtful: ask again now. */
  askSoon(hostUUID: string): void;
  stop(): void;
}

export interface WatchedMember {
  readonly hostUUID: string;
  readonly name: string;
  readonly address: string;
  readonly sha256Fingerprint: string;
}

/** What the status of a Host says about its silence. */
export interface RecordedSilence {
  readonly sinceWallMs: number;
  /** When it was last seen to last. */
  readonly seenWallMs: number;
  /** How much of it had been seen by then. */
  readonly lastedMs: number;
}

export interface MemberWatchOptions {
  readonly link: PoolLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly members: readonly WatchedMember[];
  readonly onChange: (hostUUID: string) => void;
  /** The master reached a member that does not answer the operator, at a question of that monotonic moment. */
  readonly onContact: (hostUUID: string, askedMs: number) => void;
}

const settledEveryMs = 40_000;
const attendedEveryMs = 5_000;
const attendedForMs = 15_000;
const silentEveryMs = 5_000;
/** With `answerWithinMs` this keeps the newest answer younger than the 5 s that an act asks for. */
const vigilEveryMs = 500;
const answerWithinMs = 2_000;
const contactEveryMs = 10_000;
/** What could not be asked (the pool is just being read) or was not answered may be answered the next moment. */
const unknownContactEveryMs = 1_000;
/** XAPI itself gives up on a member that it still takes for live after 131 to 152 s (docs/decisions/0012). */
const contactWithinMs = 180_000;
/**
 * A master that reaches a member answers within milliseconds, and after the member's toolstack was restarted within one
 * of its own repetitions (10 s, and 3 s to connect). Whoever has waited for longer knows that it does not reach it now.
 */
const contactTakesAtMostMs = 15_000;
/** How long a restarted process must have seen the silence itself before it believes what was written down of it. */
const seenMyselfMs = 30_000;
/** What was written down is only believed where nobody looked for at most this long; it is written twice a minute. */
const unseenAtMostMs = 150_000;

interface Member {
  readonly hostUUID: string;
  declared: WatchedMember;
  answer: Reading<MemberAnswer>;
  contact: Reading<'answers' | 'cannotBeContacted'>;
  /** Monotonic and wall time of the first question without an answer since the last one with. */
  silentSince: { readonly ms: number; readonly wallMs: number } | undefined;
  recalled: RecordedSilence | undefined;
  /** Monotonic moment of the question that it answered last; undefined where it never answered this process. */
  lastAnswerMs: number | undefined;
  asking: boolean;
  /** Monotonic: since when the master is being asked about it; undefined while it is not. */
  askingMasterSinceMs: number | undefined;
  nextContactMs: number;
  cancelNext: Cancel;
}

export function createMemberWatch(options: MemberWatchOptions): MemberWatch {
  const { clock } = options;
  const members = new Map<string, Member>();
  /** How many recoveries want to know quickly, by host UUID. */
  const attended = new Map<string, number>();
  const attendedSinceMs = new Map<string, number>();
  let stopped = false;
  /** A member that is reached in another way now is watched as another one. */
  const isOver = (member: Member): boolean => stopped || members.get(member.hostUUID) !== member;

  const plan = (member: Member, delayMs: number): void => {
    member.cancelNext();
    if (!stopped) member.cancelNext = clock.after(delayMs, () => void ask(member));
  };
  const ask = async (member: Member): Promise<void> => {
    if (member.asking || stopped) return;
    member.asking = true;
    const answer = await options.link.askMember(member.hostUUID, answerWithinMs);
    member.asking = false;
    if (isOver(member)) return;
    note(member, answer, clock);
    if (member.silentSince !== undefined) void askMaster(member);
    plan(member, nextAfterMs(member, attended, options.random));
    options.onChange(member.hostUUID);
  };
  /** The master may take long over a host that is not there; the member's own answers do not wait for it. */
  const askMaster = async (member: Member): Promise<void> => {
    if (member.askingMasterSinceMs !== undefined || clock.monotonicMs() < member.nextContactMs) return;
    const askedMs = clock.monotonicMs();
    member.askingMasterSinceMs = askedMs;
    const waited = clock.after(contactTakesAtMostMs, () => options.onChange(member.hostUUID));
    const contact = await options.link.askMasterAbout(member.hostUUID, contactWithinMs);
    waited();
    member.askingMasterSinceMs = undefined;
    member.nextContactMs =
      clock.monotonicMs() + (contact.kind === 'unknown' ? unknownContactEveryMs : contactEveryMs);
    if (isOver(member) || member.silentSince === undefined) return;
    // It is dated by when it was given: the master tried until then.
    member.contact = contact.kind === 'known' ? { ...contact, atMs: clock.monotonicMs() } : contact;
    if (contact.kind === 'known' && contact.value === 'answers') options.onContact(member.hostUUID, askedMs);
    options.onChange(member.hostUUID);
  };
  /** A question that is still unanswered after so long is the answer that the master does not reach the member now. */
  const contactOf = (member: Member): Reading<'answers' | 'cannotBeContacted'> => {
    const { askingMasterSinceMs: since } = member;
    const nowMs = clock.monotonicMs();
    if (since === undefined || nowMs - since < contactTakesAtMostMs) return member.contact;
    if (options.link.belief().kind === 'unknown') return member.contact;
    const seconds = Math.floor((nowMs - since) / 1000);
    return known('cannotBeContacted', nowMs, `the pool master, which has tried for ${seconds} s`);
  };
  const add = (declared: WatchedMember): void => {
    const { hostUUID, name } = declared;
    const member: Member = {
      hostUUID,
      declared,
      answer: unknown(`${name} has not been asked yet.`),
      contact: unknown(`The master has not been asked about ${name} yet.`),
      silentSince: undefined,
      recalled: undefined,
      lastAnswerMs: undefined,
      asking: false,
      askingMasterSinceMs: undefined,
      nextContactMs: Number.NEGATIVE_INFINITY,
      cancelNext: () => {},
    };
    members.set(hostUUID, member);
    plan(member, options.random.next() * 500);
  };
  for (const declared of options.members) add(declared);
  const nobody = (): Reading<never> => unknown('That host is not declared.');

  return {
    answer: (hostUUID) => members.get(hostUUID)?.answer ?? nobody(),
    masterContact: (hostUUID) => {
      const member = members.get(hostUUID);
      return member === undefined ? nobody() : contactOf(member);
    },
    silentForMs: (hostUUID) => silence(members.get(hostUUID), clock),
    silentSince: (hostUUID) => {
      const member = members.get(hostUUID);
      if (member?.silentSince === undefined) return undefined;
      const { ms, wallMs } = member.silentSince;
      const { lastAnswerMs } = member;
      const recalled = believed(member);
      return recalled === undefined
        ? { ms, wallMs, lastAnswerMs }
        : { ms: ms - recalled.lastedMs, wallMs: recalled.sinceWallMs, lastAnswerMs };
    },
    recall: (hostUUID, silence) => {
      const member = members.get(hostUUID);
      // Once it was asked, this process knows better.
      if (member?.answer.kind === 'unknown') member.recalled = silence;
    },
    askOthersAgain: async (hostUUID, beforeMs) => {
      const stale = [...members.values()].filter(
        ({ hostUUID: other, answer }) =>
          other !== hostUUID &&
          (answer.kind === 'unknown' || (answer.atMs <= beforeMs && answer.value.kind !== 'silent')),
      );
      await Promise.all(stale.map((member) => ask(member)));
    },
    attend: (hostUUID) => {
      attended.set(hostUUID, (attended.get(hostUUID) ?? 0) + 1);
      if (!attendedSinceMs.has(hostUUID)) attendedSinceMs.set(hostUUID, clock.monotonicMs());
      for (const one of members.values()) plan(one, 0);
      return () => {
        const left = (attended.get(hostUUID) ?? 1) - 1;
        if (left > 0) attended.set(hostUUID, left);
        else {
          attended.delete(hostUUID);
          attendedSinceMs.delete(hostUUID);
        }
      };
    },
    isAttended: (hostUUID) =>
      clock.monotonicMs() - (attendedSinceMs.get(hostUUID) ?? Number.POSITIVE_INFINITY) >= attendedForMs,
    setMembers: (declared) => {
      const before = new Map(members);
      members.clear();
      for (const one of declared) {
        const known = before.get(one.hostUUID);
        if (known === undefined || !samePlace(known.declared, one)) {
          add(one);
          continue;
        }
        known.declared = one;
        members.set(one.hostUUID, known);
        before.delete(one.hostUUID);
        // What changed may be its account.
        plan(known, 0);
      }
      for (const gone of before.values()) gone.cancelNext();
    },
    askSoon: (hostUUID) => {
      const member = members.get(hostUUID);
      if (member !== undefined) plan(member, 0);
    },
    stop: () => {
      stopped = true;
      for (const member of members.values()) member.cancelNext();
    },
  };
}

function samePlace(one: WatchedMember, other: WatchedMember): boolean {
  return one.address === other.address && one.sha256Fingerprint === other.sha256Fingerprint;
}

function note(member: Member, answer: Reading<MemberAnswer>, clock: Clock): void {
  member.answer = answer;
  if (answer.kind === 'unknown') return;
  if (answer.value.kind === 'silent') {
    if (member.silentSince === undefined) {
      member.silentSince = { ms: answer.atMs, wallMs: clock.wallMs() };
      member.contact = unknown(`The master is being asked whether it reaches ${member.declared.name}.`);
    }
    return;
  }
  member.silentSince = undefined;
  member.recalled = undefined;
  member.lastAnswerMs = answer.atMs;
  member.contact = unknown(`${member.declared.name} answers by itself, so the master was not asked.`);
  member.nextContactMs = Number.NEGATIVE_INFINITY;
}

function nextAfterMs(member: Member, attended: ReadonlyMap<string, number>, random: Random): number {
  const base = baseIntervalMs(member, attended);
  return base * (0.95 + random.next() * 0.1);
}

function baseIntervalMs(member: Member, attended: ReadonlyMap<string, number>): number {
  if (attended.has(member.hostUUID)) return vigilEveryMs;
  if (member.silentSince !== undefined) return silentEveryMs;
  return attended.size > 0 ? attendedEveryMs : settledEveryMs;
}

function silence(member: Member | undefined, clock: Clock): Reading<number> {
  if (member === undefined) return unknown('That host is not declared.');
  if (member.silentSince === undefined) {
    return member.answer.kind === 'unknown' ? member.answer : unknown(`${member.declared.name} answers.`);
  }
  const seenMs = clock.monotonicMs() - member.silentSince.ms;
  const recalled = seenMs >= seenMyselfMs ? (believed(member)?.lastedMs ?? 0) : 0;
  return known(seenMs + recalled, clock.monotonicMs(), 'the questions to its own address');
}

/**
 * What was written down before a restart, if it was still seen to last shortly before this process saw the silence
 * itself. The time in which nobody looked counts for nothing, and neither does all before it when it was long: in it
 * the member may have been well.
 */
function believed({ silentSince, recalled }: Member): RecordedSilence | undefined {
  if (silentSince === undefined || recalled === undefined) return undefined;
  const unseenMs = silentSince.wallMs - recalled.seenWallMs;
  return unseenMs >= 0 && unseenMs <= unseenAtMostMs ? recalled : undefined;
}
