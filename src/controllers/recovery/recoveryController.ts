/**
 * Carries out recovery requests: observe → decide → record → act once → read back. One pass looks at one request, decides
 * the next thing, writes the intent down, and only then sends it; what comes of it is for a later pass to read from the
 * world. Passes come when something changed, and at least every second while a recovery runs.
 */
import type { RecoveryRequest } from '../../api/generated/types.ts';
import { type Decision, decide, type Procedure, type Step } from '../../domain/decide.ts';
import type { Facts } from '../../domain/facts.ts';
import { meaningOf, type Outcome, outcomeOf } from '../../domain/outcome.ts';
import type { Read } from '../../domain/reads.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ObjectName } from '../../ports/kubernetes.ts';
import { virtualServerOf } from '../cluster.ts';
import { actOnce, type Deciding, whileWaitingMs } from './actOnce.ts';
import { assemble } from './assemble.ts';
import { holdBack } from './holdBack.ts';
import { makeRecord, type Status } from './makeRecord.ts';
import { journalText, learnFrom, type Memory, recall, sinceWhen } from './memory.ts';
import { observe } from './observe.ts';
import { isFinished } from './phases.ts';
import { type ReadFrom, readAll } from './read.ts';
import { isWatched, noteHold } from './resting.ts';
import { type RecoveryOptions, type Subject, subjectOf } from './subject.ts';
import { tellTheHost } from './tellTheHost.ts';
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
  if (isWatched(memory, options.clock.monotonicMs())) attend(subject, memory);
  else {
    unattend(memory);
    lookNowAndThen(subject, options.clock);
  }
  const look = (): Facts => assemble(subject, memory, options);
  observe(subject.procedure, memory, look, options.hashOf);
  tellTheHost(subject, look());
  await gatherForStep(subject, memory, look, options);

  const facts = look();
  const decision = holdBack(decide(subject.procedure.steps, facts), memory, facts.nowMs);
  noteStep(subject.procedure, memory, decision, facts);
  if (noteHold(memory, decision, facts) === 'stands') return { requeueAfterMs: whileWaitingMs };
  if (decision.kind === 'act') return await actOnce({ subject, memory, facts, decision }, options);
  await writeIfDue({ subject, memory, facts, decision }, options);
  return requeue(outcomeOf(decision, facts, sinceWhen(memory)), decision, facts);
}

const opensWithinMs = 10_000;
const soonMs = 500;

/** What holds it may end by itself: somebody cuts the power by hand. */
function lookNowAndThen({ host, session }: Subject, clock: Clock): void {
  const power = session.power(host.spec.hostUUID);
  const readMs = power?.last()?.atMs ?? Number.NEGATIVE_INFINITY;
  if (clock.monotonicMs() - readMs > heldReadsEveryMs) power?.readSoon();
}

const heldReadsEveryMs = 60_000;

/**
 * From the first look on the target's answers and power are watched closely, so that no act has to wait for them, and all
 * members are asked, so that a plan knows of each whether it can take something. These are reads; a plan alone is worth them. The
 * power may come later than the session, and both may be opened anew while a recovery runs.
 */
function attend({ host, session }: Subject, memory: Memory): void {
  const { members } = session;
  const power = session.power(host.spec.hostUUID);
  if (memory.attending?.members === members && memory.attending.power === power) return;
  unattend(memory);
  const ends = [members.attend(host.spec.hostUUID), power?.attend()];
  memory.attending = {
    members,
    power,
    end: () => {
      for (const end of ends) end?.();
    },
  };
}

/** Reads what the step wants to know; where that finishes the step, what the next one wants is read in the same pass. */
async function gatherForStep(
  subject: Subject,
  memory: Memory,
  look: () => Facts,
  options: RecoveryOptions,
): Promise<void> {
  for (let before: Step | undefined; ; ) {
    const decision = decide(subject.procedure.steps, look());
    if (decision.kind === 'finished' || decision.step === before) return;
    before = decision.step;
    await gather(subject, memory, look, options);
    observe(subject.procedure, memory, look, options.hashOf);
  }
}

async function gather(
  subject: Subject,
  memory: Memory,
  look: () => Facts,
  options: RecoveryOptions,
): Promise<void> {
  const { procedure } = subject;
  const decision = decide(procedure.steps, look());
  if (decision.kind === 'finished') return;
  const from: ReadFrom = {
    link: subject.session.link,
    network: options.network,
    probeOf: probes(subject, options),
    nowMs: () => options.clock.monotonicMs(),
  };
  const read = async (what: (facts: Facts) => readonly Read[]): Promise<void> => {
    const facts = look();
    await readAll(what(facts), facts, memory, from);
  };
  // Between two waves every other member is asked again who is master.
  const newest = Math.max(Number.NEGATIVE_INFINITY, ...memory.acts.map((act) => act.sinceMs));
  await subject.session.members.askOthersAgain(subject.host.spec.hostUUID, newest);
  if (memory.plan === undefined || decision.kind !== 'refuse') await read(procedure.planReads);
  // What was begun is followed to its end, also when a sign of life has thrown the recovery back to its first step.
  await read(procedure.followReads);
  // What is proven to run makes room, and whose turn it is then is read in the same pass.
  observe(procedure, memory, look, options.hashOf);
  await read(decision.step.reads ?? (() => []));
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
    if (marks === undefined || memory.timeline[marks] !== undefined || memory.acts.length === 0) continue;
    memory.timeline = { ...memory.timeline, [marks]: facts.momentMs };
  }
}

async function writeIfDue(
  { subject, memory, facts, decision }: Deciding,
  options: RecoveryOptions,
): Promise<void> {
  const record: Status = makeRecord({
    request: subject.request,
    memory,
    facts,
    decision,
    outcome: outcomeOf(decision, facts, sinceWhen(memory)),
  });
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
