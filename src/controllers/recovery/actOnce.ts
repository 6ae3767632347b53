/**
 * Record, then act, once. The intent is written with the leader's epoch; when it is stored, everything is asked once more,
 * synchronously, and the acts are sent. What comes of them is for a later pass to read from the world.
 */

import { type Act, actKey, targetOfAct } from '../../domain/acts/act.ts';
import { outcomeOf } from '../../domain/kernel/outcome.ts';
import { attempts } from '../../domain/kernel/tries.ts';
import type { Facts } from '../../domain/xapi/facts.ts';
import type { Decision, Step } from '../../domain/xapi/form.ts';
import type { ActReply } from '../../ports/hypervisor.ts';
import { keyOfObject, namespaceOf } from '../cluster.ts';
import { assemble } from './assemble.ts';
import { noteNotSent } from './holdBack.ts';
import { makeRecord } from './makeRecord.ts';
import { type EntryRecord, type Memory, momentOf, sinceWhen } from './memory.ts';
import { objection, send } from './perform.ts';
import { type RecoveryOptions, type Subject, subjectOf } from './subject.ts';
import { tellHosts } from './tellHosts.ts';
import { writeRecord } from './writeRecord.ts';

export interface Deciding<D extends Decision = Decision> {
  readonly subject: Subject;
  readonly memory: Memory;
  readonly facts: Facts;
  readonly decision: D;
}

const whileRunningMs = 1_000;
export const whileWaitingMs = 5_000;
/** Replies that come together are looked at together, so that one record carries a whole wave. */
const repliesTogetherMs = 25;
/** An act is sent only while the lease is certain to be held this much longer. */
const leaseLeftMs = 2_000;

/** Never sends without a stored intent; a write that was refused, or may not have been applied, sends nothing. */
export async function actOnce(
  deciding: Deciding<Decision & { readonly kind: 'act' }>,
  options: RecoveryOptions,
): Promise<{ readonly requeueAfterMs?: number }> {
  const { subject, memory, facts, decision } = deciding;
  const { procedure } = subject;
  const epoch = options.leadership.epoch(leaseLeftMs);
  if (epoch === undefined) return { requeueAfterMs: whileWaitingMs };
  const later = memory.journal.find((one) => one.epoch > epoch);
  if (later !== undefined) {
    // The election hears of it too (operator.ts) and takes the lease anew; where it cannot, people have to know.
    const because = `${later.by} has acted in epoch ${later.epoch}, and this process leads in epoch ${epoch}.`;
    const atMs = options.clock.monotonicMs();
    for (const act of decision.acts) noteNotSent(memory, actKey(act), { atMs, because });
    return { requeueAfterMs: whileRunningMs };
  }
  const wave = nextWave(memory);
  const begun = decision.acts.map((act) => intent({ act, epoch, wave, facts, step: decision.step }, options));
  const draft: Memory = { ...memory, journal: withBegun(memory.journal, begun), ask: undefined };
  // Those whose start is intended are Starting from the moment it is written.
  const items = procedure.plan.follow({ ...facts, journal: draft.journal });
  draft.plan = memory.plan === undefined ? undefined : { ...memory.plan, items };
  // What counts is what the plan rests on when it begins, not when it was first drawn up.
  if (memory.journal.length === 0 && draft.plan !== undefined && facts.pool.kind === 'known')
    draft.plan = { ...draft.plan, restsOn: procedure.plan.grounds(facts) };
  draft.moments = { decidedAt: facts.momentMs, ...memory.moments };

  const draftFacts: Facts = { ...facts, journal: draft.journal, plan: draft.plan };
  const outcome = outcomeOf(procedure, decision, draftFacts, sinceWhen(draft));
  const record = makeRecord({
    procedure,
    request: subject.request,
    memory: draft,
    facts: draftFacts,
    decision,
    outcome,
  });
  const written = await writeRecord(subject.request, record, memory, options);
  if (written === 'refused') return { requeueAfterMs: whileWaitingMs };
  if (written !== 'written') return { requeueAfterMs: written === 'conflict' ? 100 : whileRunningMs };
  // Replies to earlier acts may have come while this was being written.
  memory.journal = withBegun(memory.journal, begun);
  memory.plan = draft.plan;
  memory.moments = draft.moments;
  memory.ask = undefined;
  sendNow({ ...deciding, epoch, wave }, options);
  // Its request may be gone at the next look.
  tellHosts(subject, assemble(subject, memory, options));
  return { requeueAfterMs: whileRunningMs };
}

/** An act that is tried again takes the place of its tries that were never sent, so that these do not fill the journal. */
function withBegun(journal: readonly EntryRecord[], begun: readonly EntryRecord[]): readonly EntryRecord[] {
  const keys = new Set(begun.map((entry) => entry.key));
  return [...journal.filter((entry) => entry.outcome !== 'NotSent' || !keys.has(entry.key)), ...begun];
}

function intent(
  about: {
    readonly act: Act;
    readonly epoch: number;
    readonly wave: number;
    readonly facts: Facts;
    readonly step: Step;
  },
  options: RecoveryOptions,
): EntryRecord {
  const key = actKey(about.act);
  return {
    key,
    attempt: attempts(about.facts, key) + 1,
    sinceMs: about.facts.nowMs,
    master: about.facts.pool.kind === 'known' ? about.facts.pool.value.masterUUID : undefined,
    outcome: 'Intended',
    reply: undefined,
    says: undefined,
    step: about.step.title,
    act: about.act.kind,
    target: targetOfAct(about.act),
    epoch: about.epoch,
    by: options.leadership.identity,
    atWallMs: about.facts.momentMs,
    endedWallMs: undefined,
    wave: about.wave,
  };
}

type Sending = Deciding<Decision & { readonly kind: 'act' }> & {
  readonly epoch: number;
  readonly wave: number;
};

/** Each act of the wave is judged by itself: one that no longer stands does not stop the others. */
function sendNow(deciding: Sending, options: RecoveryOptions): void {
  const { memory, decision, wave } = deciding;
  const { request, session } = deciding.subject;
  const at = { namespace: namespaceOf(request), name: request.metadata.name };
  const judge = judgeOf(deciding, options);
  const refused: string[] = [];
  const noteRefusal = (key: string, because: string): void => {
    amend(memory, (one) => one.wave === wave && one.key === key, {
      outcome: 'NotSent',
      says: because,
      endedWallMs: momentOf(memory, options.clock),
    });
    noteNotSent(memory, key, { atMs: options.clock.monotonicMs(), because });
    options.again(at, repliesTogetherMs);
  };
  for (const act of decision.acts) {
    const key = actKey(act);
    const because = judge(act);
    if (because !== undefined) {
      refused.push(because);
      noteRefusal(key, because);
      continue;
    }
    const mayGo = (): string | undefined => {
      const objection = judge(act);
      if (objection === undefined) {
        const sinceMs = options.clock.monotonicMs();
        amend(memory, (one) => one.wave === wave && one.key === key, { sinceMs });
      }
      return objection;
    };
    void send(act, session, mayGo).then((answer) => {
      if (answer.kind === 'notSent') noteRefusal(key, answer.because);
      else {
        memory.notSent.delete(key);
        amend(memory, (one) => one.wave === wave && one.key === key, whatItMeans(answer));
      }
      options.again(at, repliesTogetherMs);
    });
  }
  if (refused.length > 0) {
    options.log.warn('intended acts were not sent', {
      request: keyOfObject(request),
      count: refused.length,
      because: refused[0],
    });
  }
  if (refused.length < decision.acts.length) tell(deciding, decision.acts.length - refused.length, options);
}

/** The question of each act. The facts of one instant are put together once, however many acts are asked about in it. */
function judgeOf(deciding: Sending, options: RecoveryOptions): (act: Act) => string | undefined {
  const { memory, decision, epoch } = deciding;
  let instant: { readonly ms: number; readonly facts: Facts | undefined } | undefined;
  return (act) => {
    const ms = options.clock.monotonicMs();
    if (instant?.ms !== ms) {
      const subject = latest(deciding.subject, options);
      instant = { ms, facts: subject === undefined ? undefined : assemble(subject, memory, options) };
    }
    if (instant.facts === undefined) return 'The request, its Host or its Pool is gone.';
    if (options.leadership.epoch(leaseLeftMs) !== epoch) return 'This process no longer leads.';
    return objection(decision.step, act, instant.facts);
  };
}

/** The objects as they are now in the caches: what was edited while the intent was being written counts. */
function latest(subject: Subject, options: RecoveryOptions): Subject | undefined {
  const at = { namespace: namespaceOf(subject.request), name: subject.request.metadata.name };
  const request = options.cluster.requests.get(at);
  if (request === undefined || request.metadata.uid !== subject.request.metadata.uid) return undefined;
  if (request.metadata.deletionTimestamp !== undefined) return undefined;
  const found = subjectOf(request, options);
  return 'because' in found || found.session.link !== subject.session.link ? undefined : found;
}

function amend(memory: Memory, which: (entry: EntryRecord) => boolean, change: Partial<EntryRecord>): void {
  memory.journal = memory.journal.map((one) =>
    which(one) && one.outcome === 'Intended' ? { ...one, ...change } : one,
  );
}

function whatItMeans(reply: Exclude<ActReply, { kind: 'notSent' }>): Partial<EntryRecord> {
  switch (reply.kind) {
    case 'succeeded':
      return { reply: 'succeeded' };
    case 'failed':
      return { reply: 'failed', says: `${reply.code}: ${reply.says}` };
    case 'lost':
      return { reply: 'lost', says: reply.because };
  }
}

function nextWave(memory: Memory): number {
  return memory.journal.reduce((highest, one) => Math.max(highest, one.wave), -1) + 1;
}

function tell({ subject, decision }: Sending, count: number, options: RecoveryOptions): void {
  const kinds = decision.acts[0]?.kind ?? '';
  options.events.record({
    regarding: subject.request,
    type: 'Normal',
    reason: `${kinds.charAt(0).toUpperCase()}${kinds.slice(1)}`,
    action: subject.request.spec.procedure,
    note: `${decision.step.title} (${count}). ${decision.evidence.at(-1) ?? ''}`,
  });
}
