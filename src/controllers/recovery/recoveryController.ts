/**
 * Carries out recovery requests: look → turn → read → record → act. One pass looks at one request, decides
 * the next thing, writes the intent down, and only then sends it; what comes of it is for a later pass to read from the
 * world. Passes come when something changed, and at least every second while a recovery runs.
 */
import type { RecoveryRequest } from '../../api/generated/types.ts';
import { decide } from '../../domain/kernel/decide.ts';
import { meaningOf, type Outcome, outcomeOf } from '../../domain/kernel/outcome.ts';
import type { Facts } from '../../domain/xapi/facts.ts';
import type { Decision, Procedure, Step } from '../../domain/xapi/form.ts';
import type { Read } from '../../domain/xapi/reads.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ObjectName } from '../../ports/kubernetes.ts';
import { virtualServerOf } from '../cluster.ts';
import { actOnce, type Deciding, whileWaitingMs } from './actOnce.ts';
import { noteAsk, remind } from './asks.ts';
import { assemble, lookOutside } from './assemble.ts';
import { holdBack } from './holdBack.ts';
import { makeRecord, type Status } from './makeRecord.ts';
import { journalText, learnFrom, type Memory, sinceWhen } from './memory.ts';
import { observe } from './observe.ts';
import { isFinished } from './phases.ts';
import { type ReadFrom, readAll } from './read.ts';
import { recall } from './recall.ts';
import { isWatched, noteHold } from './resting.ts';
import { type RecoveryOptions, type Subject, subjectOf } from './subject.ts';
import { tellHosts } from './tellHosts.ts';
import { unready } from './unready.ts';
import { isDue, writeRecord } from './writeRecord.ts';

export interface RecoveryController {
  reconcile(at: ObjectName): Promise<{ readonly requeueAfterMs?: number }>;
  stop(): void;
}

export function createRecoveryController(options: RecoveryOptions): RecoveryController {
  const memories = new Map<string, Memory>();
  const startedMs = options.clock.monotonicMs();
  const foundAtStart = new Set(options.cluster.requests.list().map((request) => request.metadata.uid));
  /** What comes while this process watches is no older than the watch, whatever the wall clocks of two machines make of it. */
  const oldestMs = (request: RecoveryRequest): number =>
    foundAtStart.has(request.metadata.uid)
      ? Number.POSITIVE_INFINITY
      : options.clock.monotonicMs() - startedMs;
  return {
    reconcile: async (at) => {
      const key = `${at.namespace}/${at.name}`;
      const request = options.cluster.requests.get(at);
      const before = memories.get(key);
      if (request === undefined || isFinished(request) || before?.uid !== request.metadata.uid) {
        if (before !== undefined) unattend(before);
        memories.delete(key);
      }
      if (request === undefined || isFinished(request)) return {};
      const memory = memoryOf(request, memories.get(key), {
        clock: options.clock,
        oldestMs: oldestMs(request),
      });
      memories.set(key, memory);
      return await pass(request, memory, options);
    },
    stop: () => {
      for (const memory of memories.values()) unattend(memory);
      memories.clear();
    },
  };
}

function memoryOf(
  request: RecoveryRequest,
  before: Memory | undefined,
  { clock, oldestMs }: { readonly clock: Clock; readonly oldestMs: number },
): Memory {
  if (before === undefined) return recall(request, clock, oldestMs);
  if (before.journalText !== journalText(request)) learnFrom(recall(request, clock, oldestMs), before);
  return before;
}

function unattend(memory: Memory): void {
  memory.attending?.end();
  memory.attending = undefined;
}

async function pass(
  request: RecoveryRequest,
  memory: Memory,
  options: RecoveryOptions,
): Promise<{ readonly requeueAfterMs?: number }> {
  const subject = subjectOf(request, options);
  if ('because' in subject) {
    unattend(memory);
    // After a restart the session is opened anew: for that long what was written down stays as it is.
    const openingMs = options.clock.monotonicMs() - memory.base.ms;
    if (request.status?.phase !== undefined && openingMs < opensWithinMs && request.spec.cancel !== true)
      return { requeueAfterMs: soonMs };
    await writeRecord(request, unready(request, subject.because, memory, options.clock), memory, options);
    return { requeueAfterMs: whileWaitingMs };
  }
  if (options.leadership.epoch(0) === undefined) return { requeueAfterMs: whileWaitingMs };
  // What people have changed is looked at closely again.
  if (request.status?.observedGeneration !== request.metadata.generation) memory.rest = undefined;
  const seen = observeNow(subject, memory, options);
  const watched = subject.procedure.provenOff(seen);
  if (isWatched(memory, options.clock.monotonicMs())) attend(subject, watched, memory);
  else {
    unattend(memory);
    for (const hostUUID of watched) lookNowAndThen(subject, hostUUID, options.clock);
  }
  tellHosts(subject, seen);
  await gatherForStep(subject, memory, options);

  const facts = assemble(subject, memory, options);
  const decision = holdBack(decide(subject.procedure.steps, facts), memory, facts.nowMs);
  noteStep(subject.procedure, memory, decision, facts);
  remind(memory, facts.nowMs, { request, events: options.events });
  if (noteHold(memory, decision, facts) === 'stands') return { requeueAfterMs: whileWaitingMs };
  if (decision.kind === 'act') return await actOnce({ subject, memory, facts, decision }, options);
  const outcome = outcomeOf(subject.procedure, decision, facts, sinceWhen(memory));
  noteAsk(memory, outcome, facts, { request, events: options.events });
  await writeIfDue({ subject, memory, facts, decision }, outcome, options);
  return requeue(outcome, decision, facts);
}

const opensWithinMs = 10_000;
const soonMs = 500;

/** What holds it may end by itself: somebody cuts the power by hand. */
function lookNowAndThen({ session }: Subject, hostUUID: string, clock: Clock): void {
  const power = session.power(hostUUID);
  const readMs = power?.last()?.atMs ?? Number.NEGATIVE_INFINITY;
  if (clock.monotonicMs() - readMs > heldReadsEveryMs) power?.readSoon();
}

const heldReadsEveryMs = 60_000;

/**
 * From the first look on the answers and the power of the hosts that have to be proven off are watched closely, so that no act
 * has to wait for them, and all members are asked, so that a plan knows of each whether it can take something. These are reads; a
 * plan alone is worth them. The power may come later than the session, and both may be opened anew while a recovery runs.
 */
function attend({ session }: Subject, hostUUIDs: readonly string[], memory: Memory): void {
  const { members } = session;
  const powers = hostUUIDs.map((hostUUID) => session.power(hostUUID));
  const before = memory.attending;
  const isSame =
    before?.members === members &&
    before.powers.length === powers.length &&
    before.powers.every((power, index) => power === powers[index]);
  if (isSame) return;
  unattend(memory);
  const ends = [
    ...hostUUIDs.map((hostUUID) => members.attend(hostUUID)),
    ...powers.map((power) => power?.attend()),
  ];
  memory.attending = {
    members,
    powers,
    end: () => {
      for (const end of ends) end?.();
    },
  };
}

function observeNow(subject: Subject, memory: Memory, options: RecoveryOptions): Facts {
  return observe(subject.procedure, memory, lookOutside(subject, memory, options), options.hashOf);
}

/** Reads what the step wants to know; where that finishes the step, what the next one wants is read in the same pass. */
async function gatherForStep(subject: Subject, memory: Memory, options: RecoveryOptions): Promise<void> {
  let facts = assemble(subject, memory, options);
  for (let before: Step | undefined; ; ) {
    const decision = decide(subject.procedure.steps, facts);
    if (decision.kind === 'finished' || decision.step === before) return;
    before = decision.step;
    await gather(subject, memory, decision, options);
    facts = observeNow(subject, memory, options);
  }
}

async function gather(
  subject: Subject,
  memory: Memory,
  decision: Exclude<Decision, { readonly kind: 'finished' }>,
  options: RecoveryOptions,
): Promise<void> {
  const { procedure } = subject;
  const from: ReadFrom = {
    link: subject.session.link,
    network: options.network,
    probeOf: probes(subject, options),
    nowMs: () => options.clock.monotonicMs(),
  };
  /** The facts of the instant in which it ends. */
  const read = async (what: (facts: Facts) => readonly Read[], facts: Facts): Promise<Facts> => {
    const reads = what(facts);
    if (reads.length === 0) return facts;
    await readAll(reads, facts, memory, from);
    return assemble(subject, memory, options);
  };
  // Between two waves every other member is asked again who is master.
  const newest = Math.max(Number.NEGATIVE_INFINITY, ...memory.journal.map((entry) => entry.sinceMs));
  const asked = subject.session.members.askOthersAgain(subject.host.spec.hostUUID, newest);
  let facts = assemble(subject, memory, options);
  if (memory.plan === undefined || decision.kind !== 'refuse')
    facts = await read(procedure.plan.reads, facts);
  // What was begun is followed to its end, also when a sign of life has thrown the recovery back to its first step.
  await read(procedure.followReads, facts);
  await asked;
  // What is proven to run makes room, and whose turn it is then is read in the same pass.
  facts = observeNow(subject, memory, options);
  await read(decision.step.reads ?? (() => []), facts);
}

function probes({ pool }: Subject, { cluster }: RecoveryOptions): ReadFrom['probeOf'] {
  return (vmUUID) => virtualServerOf(cluster, pool, vmUUID)?.spec.probe;
}

function noteStep({ steps }: Procedure, memory: Memory, decision: Decision, facts: Facts): void {
  const title = decision.kind === 'finished' ? undefined : decision.step.title;
  if (title === undefined) memory.step = undefined;
  else if (memory.step?.title !== title) memory.step = { title, sinceMs: facts.nowMs };
  const reached = decision.kind === 'finished' ? steps : steps.slice(0, steps.indexOf(decision.step) + 1);
  for (const { marks } of reached) {
    if (marks === undefined || memory.moments[marks] !== undefined || memory.journal.length === 0) continue;
    memory.moments = { ...memory.moments, [marks]: facts.momentMs };
  }
}

async function writeIfDue(
  { subject, memory, facts, decision }: Deciding,
  outcome: Outcome,
  options: RecoveryOptions,
): Promise<void> {
  const { procedure, request } = subject;
  const record: Status = makeRecord({ procedure, request, memory, facts, decision, outcome });
  const sinceWrittenMs = facts.nowMs - memory.writtenMs;
  const inStepMs = facts.nowMs - (memory.step?.sinceMs ?? facts.nowMs);
  if (isDue(subject.request.status, record, { sinceWrittenMs, inStepMs })) {
    await writeRecord(subject.request, record, memory, options);
  }
}

function requeue({ phase }: Outcome, decision: Decision, facts: Facts): { readonly requeueAfterMs?: number } {
  const { againAfterMs } = meaningOf[phase];
  if (againAfterMs === undefined) return {};
  const delayMs = decision.kind === 'finished' ? 0 : (decision.step.dueInMs?.(facts) ?? 0);
  return { requeueAfterMs: delayMs > 0 ? Math.min(againAfterMs, delayMs) : againAfterMs };
}
