import { cutText } from '../../api/fit.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import { recoveryRequestKind } from '../../api/kinds.ts';
import { sameJson } from '../../api/sameJson.ts';
import type { Act } from '../../domain/acts/act.ts';
import { catalogue } from '../../domain/acts/catalogue.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventRecorder, KubernetesApi } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import { type Cluster, keyOfObject, namespaceOf } from '../cluster.ts';
import { mayBeTriedInMs, refusedOnceMore } from '../refusals.ts';
import type { Status } from './makeRecord.ts';
import { journalText, type Memory } from './memory.ts';
import { unrecorded } from './unready.ts';

/** Progress of virtual machines is written this often at most between acts; acts carry it with them anyway. */
const progressEveryMs = 2_000;
/** Sentences that only count seconds are refreshed this often at most, and the less often the longer a step waits. */
const wordsEveryMs = 15_000;
const wordsEveryPartOfWait = 0.1;

/** Whether a record that no act waits for is worth a write now: turns at once, progress soon, words now and then. */
export function isDue(
  before: Status | undefined,
  after: Status,
  { sinceWrittenMs, inStepMs }: { readonly sinceWrittenMs: number; readonly inStepMs: number },
): boolean {
  if (sameJson(before ?? {}, after)) return false;
  if (!sameJson(turn(before), turn(after))) return true;
  const progressed = !sameJson(before?.items, after.items) || !sameJson(verdicts(before), verdicts(after));
  if (progressed) return sinceWrittenMs >= progressEveryMs;
  return sinceWrittenMs >= Math.max(wordsEveryMs, inStepMs * wordsEveryPartOfWait);
}

/** What a person, or a restarted process, must not learn late. */
function turn(status: Status | undefined): unknown {
  return {
    generation: status?.observedGeneration,
    phase: status?.phase,
    plan: status?.plan?.hash,
    proofs: status?.proofs,
    asks: status?.asks,
    journal: status?.journal?.filter(({ act }) => catalogue[act as Act['kind']]?.isOneOfMany !== true),
    conditions: status?.conditions?.map((condition) => [condition.type, condition.status, condition.reason]),
  };
}

/** Up to the gate that stops: what those behind it say may change every second, and changes nothing. */
function verdicts(status: Status | undefined): unknown {
  const gates = status?.gates ?? [];
  const stops = gates.findIndex((gate) => gate.verdict !== 'Allow');
  const asked = stops < 0 ? gates : gates.slice(0, stops + 1);
  return asked.map((gate) => [gate.guard, gate.verdict]);
}

interface RecordOptions {
  readonly api: KubernetesApi;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly log: Log;
}

/** Replaces the record if nobody wrote in between. `uncertain` when it may or may not have been applied. */
export async function writeRecord(
  request: RecoveryRequest,
  record: Status,
  memory: Memory,
  options: RecordOptions,
): Promise<'written' | 'conflict' | 'uncertain' | 'refused'> {
  if (sameJson(request.status ?? {}, record)) return 'written';
  if (mayBeTriedInMs(memory.refused, request, options.clock) > 0) return 'refused';
  const outcome = await options.api.writeStatus(recoveryRequestKind, { ...request, status: record });
  switch (outcome.kind) {
    case 'written':
      memory.writtenMs = options.clock.monotonicMs();
      memory.refused = undefined;
      memory.journalText = journalText(outcome.object);
      options.cluster.requests.absorb(outcome.object);
      return 'written';
    case 'conflict':
    case 'gone':
      return 'conflict';
    case 'uncertain':
      await readAgain(request, options);
      return 'uncertain';
    case 'refused':
      memory.refused = refusedOnceMore(memory.refused, request, options.clock);
      await tellRefusal(request, outcome.message, options);
      return 'refused';
  }
}

/**
 * The record is what people read, and it is not taken: so they are told by what was recorded before with a sentence over it,
 * which may be small enough, by an Event, and by the log.
 */
async function tellRefusal(request: RecoveryRequest, message: string, options: RecordOptions): Promise<void> {
  const { api, clock, cluster, events, log } = options;
  const because = cutText(
    `The API server refuses the record of this request, so nothing is done for it: ${message}`,
    1000,
  );
  log.error('the API server refused the record of a recovery; nothing is done without it', {
    request: keyOfObject(request),
    message,
  });
  events.record({
    regarding: request,
    type: 'Warning',
    reason: 'RecordRefused',
    action: request.spec.procedure,
    note: because,
  });
  const status = unrecorded(request, because, clock);
  if (sameJson(request.status ?? {}, status)) return;
  const outcome = await api.writeStatus(recoveryRequestKind, { ...request, status });
  if (outcome.kind === 'written') cluster.requests.absorb(outcome.object);
  else if (outcome.kind === 'uncertain') await readAgain(request, options);
}

/** After a write whose reply was lost: the next pass must see what the server has, not what the cache had. */
async function readAgain(
  request: RecoveryRequest,
  options: { readonly api: KubernetesApi; readonly cluster: Cluster },
): Promise<void> {
  const at = { namespace: namespaceOf(request), name: request.metadata.name };
  const stored = await options.api.read<RecoveryRequest>(recoveryRequestKind, at);
  if (stored !== undefined) options.cluster.requests.absorb(stored);
}
