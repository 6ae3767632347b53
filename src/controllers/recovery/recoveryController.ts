/**
 * Carries out recovery requests: observe → decide → record → act once → read back. One pass looks at one request, decides
 * the next thing, writes the intent down, and only then sends it; what comes of it is for a later pass to read from the
 * world. Passes come when something changed, and at least every second while a recovery runs.
 */
import type { RecoveryRequest } from '../../api/generated/types.ts';
import { attempts } from '../../domain/acts.ts';
import { type Decision, decide, type Step } from '../../domain/decide.ts';
import { type Effect, effectKey } from '../../domain/effects.ts';
import type { Facts } from '../../domain/facts.ts';
import { releaseMember } from '../../domain/runbooks/releaseMember.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EffectReply } from '../../ports/hypervisor.ts';
import type { EventRecorder, KubernetesApi, Leadership, ObjectName } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Network } from '../../ports/network.ts';
import {
  type Cluster,
  keyOfObject,
  namespaceOf,
  poolNameOf,
  targetOf,
  virtualServersOf,
} from '../cluster.ts';
import type { PoolDirectory } from '../poolDirectory.ts';
import { assemble, type Subject } from './assemble.ts';
import { type GatherFrom, gatherLocks, gatherProbes, gatherStarts } from './gather.ts';
import { makeRecord, type Status } from './makeRecord.ts';
import { type ActRecord, journalText, type Memory, recall } from './memory.ts';
import { observe } from './observe.ts';
import { isOver, outlook } from './outlook.ts';
import { objection, send, targetOfEffect } from './perform.ts';
import { isFinished } from './phases.ts';
import { unready } from './unready.ts';
import { isDue, writeRecord } from './writeRecord.ts';

export interface RecoveryOptions {
  readonly cluster: Cluster;
  readonly directory: PoolDirectory;
  readonly api: KubernetesApi;
  readonly events: EventRecorder;
  readonly leadership: Leadership;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly hashOf: (text: string) => string;
  /** Looks at this request again after a delay; the earliest of several wins. */
  readonly again: (request: ObjectName, delayMs: number) => void;
}

export interface RecoveryController {
  reconcile(at: ObjectName): Promise<{ readonly requeueAfterMs?: number }>;
  stop(): void;
}

const whileRunningMs = 1_000;
const whileWaitingMs = 5_000;
/** Replies that come together are looked at together, so that one record carries a whole wave. */
const repliesTogetherMs = 25;
/** An effect is sent only while the lease is certain to be held this much longer. */
const leaseLeftMs = 2_000;

export function createRecoveryController(options: RecoveryOptions): RecoveryController {
  const memories = new Map<string, Memory>();
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
      const memory = memoryOf(request, memories.get(key), options.clock);
      memories.set(key, memory);
      return await pass(request, memory, options);
    },
    stop: () => {
      for (const memory of memories.values()) unattend(memory);
      memories.clear();
    },
  };
}

/** The memory as long as the record is the one it wrote; when somebody else wrote the record, the record counts. */
function memoryOf(request: RecoveryRequest, before: Memory | undefined, clock: Clock): Memory {
  if (before !== undefined && before.journalText === journalText(request)) return before;
  const recalled = recall(request, clock.monotonicMs());
  if (before === undefined) return recalled;
  return { ...recalled, attending: before.attending, sinceMs: before.sinceMs, step: before.step };
}

function unattend(memory: Memory): void {
  for (const end of memory.attending) end();
  memory.attending = [];
}

async function pass(
  request: RecoveryRequest,
  memory: Memory,
  options: RecoveryOptions,
): Promise<{ readonly requeueAfterMs?: number }> {
  const subject = subjectOf(request, options);
  if ('because' in subject) {
    await writeRecord(request, unready(request, subject.because, options.clock), memory, options);
    return { requeueAfterMs: whileWaitingMs };
  }
  if (options.leadership.epoch(0) === undefined) return { requeueAfterMs: whileWaitingMs };
  attend(subject, memory);
  const look = (): Facts => assemble(subject, memory, options);
  observe(memory, look, options.hashOf);
  await gather(subject, memory, look, options);
  observe(memory, look, options.hashOf);

  const facts = look();
  const decision = decide(releaseMember, facts);
  noteStep(memory, decision, facts);
  if (decision.kind === 'act') return await act({ subject, memory, facts, decision }, options);
  await writeIfDue({ subject, memory, facts, decision }, options);
  return requeue(outlook(decision, facts, memory).phase);
}

interface Deciding<D extends Decision = Decision> {
  readonly subject: Subject;
  readonly memory: Memory;
  readonly facts: Facts;
  readonly decision: D;
}

function subjectOf(
  request: RecoveryRequest,
  options: RecoveryOptions,
): Subject | { readonly because: string } {
  const { cluster } = options;
  const host = targetOf(cluster, request);
  if (host === undefined) {
    return {
      because: `There is no Host ${request.spec.target.hostRef.name} in this namespace. Declare it, or correct the request's successor.`,
    };
  }
  const pinned = request.status?.target?.hostUUID;
  if (pinned !== undefined && pinned !== host.spec.hostUUID) {
    return {
      because: `The Host ${host.metadata.name} now stands for ${host.spec.hostUUID}, and this request was about ${pinned}. Create a new RecoveryRequest.`,
    };
  }
  const pool = cluster.pools.get(poolNameOf(host));
  if (pool === undefined) return { because: `There is no Pool ${host.spec.poolRef.name} in this namespace.` };
  const state = options.directory.get({ namespace: namespaceOf(pool), name: pool.metadata.name });
  return state.kind === 'closed'
    ? { because: state.because }
    : { request, host, pool, session: state.session };
}

/** From the first look on the target's answers and power are watched closely, so that no act has to wait for them. */
function attend({ host, session, request }: Subject, memory: Memory): void {
  if (memory.attending.length > 0 || request.spec.mode !== 'Execute') return;
  const power = session.power(host.spec.hostUUID);
  memory.attending = [
    session.members.attend(host.spec.hostUUID),
    ...(power === undefined ? [] : [power.attend()]),
  ];
}

async function gather(
  subject: Subject,
  memory: Memory,
  look: () => Facts,
  options: RecoveryOptions,
): Promise<void> {
  const decision = decide(releaseMember, look());
  if (decision.kind === 'finished') return;
  const from = {
    link: subject.session.link,
    network: options.network,
    probeOf: probes(subject, options),
    nowMs: () => options.clock.monotonicMs(),
  };
  if (decision.step === lockStep) await gatherLocks(look(), memory, from);
  else if (decision.step === startStep) await gatherStarts(look(), memory, from);
  else if (decision.step === probeStep) await gatherProbes(look(), memory, from);
}

function probes({ pool }: Subject, { cluster }: RecoveryOptions): GatherFrom['probeOf'] {
  return (vmUUID) =>
    virtualServersOf(cluster, pool).find((server) => server.spec.vmUUID === vmUUID)?.spec.probe;
}

const [, , lockStep, startStep, probeStep] = releaseMember;

function hasBegunHere(memory: Memory): boolean {
  return memory.acts.some((act) => act.effect === 'declareDead');
}

function noteStep(memory: Memory, decision: Decision, facts: Facts): void {
  const title = decision.kind === 'finished' ? undefined : decision.step.title;
  if (title === undefined) memory.step = undefined;
  else if (memory.step?.title !== title) memory.step = { title, sinceMs: facts.nowMs };
  const released = title === startStep?.title || title === probeStep?.title || title === undefined;
  if (released && memory.timeline.releasedAt === undefined && hasBegunHere(memory)) {
    memory.timeline = { ...memory.timeline, releasedAt: facts.nowWallMs };
  }
}

async function act(
  deciding: Deciding<Decision & { readonly kind: 'act' }>,
  options: RecoveryOptions,
): Promise<{ readonly requeueAfterMs?: number }> {
  const { subject, memory, facts, decision } = deciding;
  const epoch = options.leadership.epoch(leaseLeftMs);
  if (epoch === undefined || memory.acts.some((one) => one.epoch > epoch))
    return { requeueAfterMs: whileWaitingMs };
  const wave = nextWave(memory);
  const begun = decision.effects.map((effect) =>
    intent({ effect, epoch, wave, facts, step: decision.step }, options),
  );
  const draft: Memory = { ...memory, acts: [...memory.acts, ...begun] };
  draft.plan = memory.plan === undefined ? undefined : { ...memory.plan, victims: starting(draft, facts) };
  if (draft.timeline.decidedAt === undefined)
    draft.timeline = { ...draft.timeline, decidedAt: facts.nowWallMs };

  const draftFacts: Facts = { ...facts, acts: draft.acts, plan: draft.plan };
  const record = makeRecord({
    request: subject.request,
    memory: draft,
    facts: draftFacts,
    decision,
    outlook: outlook(decision, draftFacts, draft),
  });
  const written = await writeRecord(subject.request, record, memory, options);
  if (written !== 'written') return { requeueAfterMs: written === 'conflict' ? 100 : whileRunningMs };
  memory.acts = draft.acts;
  memory.plan = draft.plan;
  memory.timeline = draft.timeline;
  sendNow({ ...deciding, epoch, wave }, options);
  return { requeueAfterMs: whileRunningMs };
}

/** Victims whose start has been intended are Starting from the moment it is written. */
function starting(draft: Memory, facts: Facts): NonNullable<Memory['plan']>['victims'] {
  return (draft.plan?.victims ?? []).map((victim) => {
    const key = `start ${victim.uuid}`;
    const open = draft.acts.some((one) => one.key === key && one.outcome === 'Intended');
    if (!open || victim.state === 'Starting') return victim;
    return { ...victim, state: 'Starting' as const, attempts: attempts({ ...facts, acts: draft.acts }, key) };
  });
}

function intent(
  about: {
    readonly effect: Effect;
    readonly epoch: number;
    readonly wave: number;
    readonly facts: Facts;
    readonly step: Step;
  },
  options: RecoveryOptions,
): ActRecord {
  const key = effectKey(about.effect);
  return {
    key,
    attempt: attempts(about.facts, key) + 1,
    sinceMs: about.facts.nowMs,
    outcome: 'Intended',
    reply: undefined,
    says: undefined,
    step: about.step.title,
    effect: about.effect.kind,
    target: targetOfEffect(about.effect),
    epoch: about.epoch,
    by: options.leadership.identity,
    atWallMs: about.facts.nowWallMs,
    endedWallMs: undefined,
    wave: about.wave,
  };
}

/** The last question and the sending. No await from here to the end of the loop. */
function sendNow(
  deciding: Deciding<Decision & { readonly kind: 'act' }> & { readonly epoch: number; readonly wave: number },
  options: RecoveryOptions,
): void {
  const { memory, decision, epoch, wave } = deciding;
  const at = {
    namespace: namespaceOf(deciding.subject.request),
    name: deciding.subject.request.metadata.name,
  };
  const subject = latest(deciding.subject, options);
  const now = subject === undefined ? undefined : assemble(subject, memory, options);
  const because =
    now === undefined
      ? 'The request, its Host or its Pool is gone.'
      : options.leadership.epoch(leaseLeftMs) === epoch
        ? objection(decision.step, decision.effects, now)
        : 'This process no longer leads.';
  if (because !== undefined || now === undefined) {
    amend(memory, (one) => one.wave === wave, {
      outcome: 'NotSent',
      says: because,
      endedWallMs: options.clock.wallMs(),
    });
    options.log.warn('an intended act was not sent', {
      request: keyOfObject(deciding.subject.request),
      because,
    });
    options.again(at, repliesTogetherMs);
    return;
  }
  amend(memory, (one) => one.wave === wave, { sinceMs: now.nowMs });
  for (const effect of decision.effects) {
    const key = effectKey(effect);
    const reply = send(effect, deciding.subject.session);
    void reply.then((answer) => {
      amend(memory, (one) => one.wave === wave && one.key === key, whatItMeans(answer, options.clock));
      options.again(at, repliesTogetherMs);
    });
  }
  tell(deciding, options);
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

function amend(memory: Memory, which: (act: ActRecord) => boolean, change: Partial<ActRecord>): void {
  memory.acts = memory.acts.map((one) =>
    which(one) && one.outcome === 'Intended' ? { ...one, ...change } : one,
  );
}

function whatItMeans(reply: EffectReply, clock: Clock): Partial<ActRecord> {
  switch (reply.kind) {
    case 'succeeded':
      return { reply: 'succeeded' };
    case 'failed':
      return { reply: 'failed', says: `${reply.code}: ${reply.says}` };
    case 'lost':
      return { reply: 'lost', says: reply.because };
    case 'notSent':
      return { outcome: 'NotSent', says: reply.because, endedWallMs: clock.wallMs() };
  }
}

function nextWave(memory: Memory): number {
  return memory.acts.reduce((highest, one) => Math.max(highest, one.wave), -1) + 1;
}

function tell(
  { subject, decision }: Deciding<Decision & { readonly kind: 'act' }>,
  options: RecoveryOptions,
): void {
  const kinds = decision.effects[0]?.kind ?? '';
  options.events.record({
    regarding: subject.request,
    type: 'Normal',
    reason: `${kinds.charAt(0).toUpperCase()}${kinds.slice(1)}`,
    action: subject.request.spec.procedure,
    note: `${decision.step.title} (${decision.effects.length}). ${decision.evidence.at(-1) ?? ''}`,
  });
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
    outlook: outlook(decision, facts, memory),
  });
  if (isDue(subject.request.status, record, facts.nowMs - memory.writtenMs)) {
    await writeRecord(subject.request, record, memory, options);
  }
}

function requeue(phase: Status['phase']): { readonly requeueAfterMs?: number } {
  if (phase === undefined || isOver(phase)) return {};
  return { requeueAfterMs: phase === 'Running' || phase === 'Waiting' ? whileRunningMs : whileWaitingMs };
}
