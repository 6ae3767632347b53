/**
 * Reads what the step that is under way wants to know, freshly and straight from the pool: the record, the locks and the
 * place of each virtual machine that is to start next, the locks of the storage once it is released, the probes. Reads
 * only, in parallel, each with its own deadline.
 */
import type { VirtualServer } from '../../api/generated/types.ts';
import { waitsForTasks } from '../../domain/acts/isOver.ts';
import { currentPool } from '../../domain/currentPool.ts';
import type { Facts, StartFacts, Victim } from '../../domain/facts.ts';
import { oldestMs } from '../../domain/freshness.ts';
import { eligibleHosts } from '../../domain/placement.ts';
import {
  type DiskLocks,
  holdsSharedDisks,
  type PoolBelief,
  type VirtualMachineBelief,
} from '../../domain/pool.ts';
import { known, type Reading, unknown } from '../../domain/reading.ts';
import { waitingForProbe } from '../../domain/steps/everyProbeAnswers.ts';
import { startCandidates } from '../../domain/steps/everyVirtualMachineIsUp.ts';
import type { PoolLink } from '../../ports/hypervisor.ts';
import type { Network } from '../../ports/network.ts';
import type { Memory } from './memory.ts';

const readWithinMs = 8_000;
/** A pool may have ten thousand disks, and nothing waits for these but the plan. */
const allLocksWithinMs = 30_000;
const probeWithinMs = 2_000;
const notAsked = unknown('The planned host has not been asked yet.');

export interface GatherFrom {
  readonly link: PoolLink;
  readonly network: Network;
  readonly probeOf: (vmUUID: string) => VirtualServer['spec']['probe'];
  readonly nowMs: () => number;
}

/** Before a release the plan hangs on the locks, of which some are traces: who was here, who may run elsewhere, what is broken. */
export async function gatherLocksOfThePlan(facts: Facts, memory: Memory, from: GatherFrom): Promise<void> {
  const pool = currentPool(facts);
  const { locks } = memory;
  if (pool.kind === 'missing') return;
  if (locks.kind === 'known' && facts.nowMs - locks.atMs <= oldestMs.locksOfThePlan / 2) return;
  memory.locks = await readLocks(pool.value, from, allLocksWithinMs);
}

/** Of each host that could take something, before anything is placed. */
export async function gatherFreeMemory(facts: Facts, memory: Memory, from: GatherFrom): Promise<void> {
  const pool = currentPool(facts);
  if (pool.kind === 'missing') return;
  await Promise.all(
    eligibleHosts(facts, pool.value).map(async ({ uuid }) => {
      const before = memory.freeMemory.get(uuid);
      if (before?.kind === 'known' && facts.nowMs - before.atMs <= oldestMs.freeMemory / 2) return;
      memory.freeMemory.set(uuid, await from.link.readFreeMemory(uuid, readWithinMs));
    }),
  );
}

/** After a release everything hangs on the locks; they are read once, and again while some are left. */
export async function gatherLocks(facts: Facts, memory: Memory, from: GatherFrom): Promise<void> {
  const pool = currentPool(facts);
  if (pool.kind === 'missing') return;
  const newest = Math.max(Number.NEGATIVE_INFINITY, ...facts.acts.map(newestAboutLocks));
  const { locks } = memory;
  const current =
    locks.kind === 'known' && facts.nowMs - locks.atMs <= oldestMs.locks / 2 && locks.atMs > newest;
  if (!current) memory.locks = await readLocks(pool.value, from, readWithinMs);
}

/** Of every disk that could start on another member. */
async function readLocks(
  pool: PoolBelief,
  from: GatherFrom,
  withinMs: number,
): Promise<Reading<readonly DiskLocks[]>> {
  const shared = [...pool.storage.values()].filter(holdsSharedDisks).map((storage) => storage.uuid);
  return shared.length === 0
    ? known([], from.nowMs(), 'no shared storage')
    : await from.link.readLocks(shared, withinMs);
}

/** What was read before a release or a removal shows the locks of before. */
function newestAboutLocks(act: Facts['acts'][number]): number {
  return act.key.startsWith('start') ? Number.NEGATIVE_INFINITY : act.sinceMs;
}

/** The records of those whose start is open and seems to have ended. */
export async function gatherProofs(facts: Facts, memory: Memory, from: GatherFrom): Promise<void> {
  // While nothing happens in the pool its event stream is silent, and what it told grows old.
  if (waitsForTasks(facts)) await from.link.refresh(readWithinMs);
  const starting = (facts.plan?.victims ?? []).filter(
    (victim) => victim.state === 'Starting' && wantsProof(victim, facts),
  );
  await Promise.all(starting.map((victim) => readRecord(victim, memory, from)));
}

/** The facts about those whose turn it is. */
export async function gatherCandidates(facts: Facts, memory: Memory, from: GatherFrom): Promise<void> {
  const candidates = startCandidates(facts).filter((victim) =>
    wantsReading(memory.starts.get(victim.uuid), victim, facts),
  );
  await Promise.all(readCandidates(candidates, memory, from));
}

function wantsReading(reading: StartFacts | undefined, victim: Victim, facts: Facts): boolean {
  if (reading?.bootOn !== victim.host) return true;
  return [reading?.record, reading?.locks, reading?.boot].some(
    (one) => one === undefined || one.kind === 'unknown' || facts.nowMs - one.atMs > oldestMs.start / 2,
  );
}

/** A start that was answered, or whose event says that it runs, is read back; one that is under way is left alone. */
function wantsProof(victim: Victim, facts: Facts): boolean {
  const act = facts.acts.findLast((candidate) => candidate.key === `start ${victim.uuid}`);
  if (act === undefined || act.outcome !== 'Intended') return true;
  if (act.reply !== undefined) return true;
  const machine = facts.pool.kind === 'known' ? facts.pool.value.virtualMachines.get(victim.uuid) : undefined;
  return machine?.powerState === 'Running' || facts.nowMs - act.sinceMs > 30_000;
}

function readCandidates(
  candidates: readonly Victim[],
  memory: Memory,
  from: GatherFrom,
): readonly Promise<void>[] {
  const records = candidates.map((victim) => from.link.readVirtualMachine(victim.uuid, readWithinMs));
  const locks = Promise.all(records).then(async (read) => await locksOf(read, from));
  return candidates.map(async (victim, index) => {
    const record = (await records[index]) ?? unknown('It was not read.');
    const boot = await from.link.canBootHere(victim.uuid, victim.host ?? '', readWithinMs);
    memory.starts.set(victim.uuid, { record, locks: await locks, boot, bootOn: victim.host });
  });
}

/** One call for the disks of all. */
async function locksOf(
  records: readonly Reading<VirtualMachineBelief>[],
  from: GatherFrom,
): Promise<Reading<readonly DiskLocks[]>> {
  const disks = records.flatMap((record) => (record.kind === 'known' ? record.value.disks : []));
  const uuids = [...new Set(disks.map((disk) => disk.vdiUUID))];
  return uuids.length === 0
    ? known([], from.nowMs(), 'no disks')
    : await from.link.readDiskLocks(uuids, readWithinMs);
}

async function readRecord(victim: Victim, memory: Memory, from: GatherFrom): Promise<void> {
  const record = await from.link.readVirtualMachine(victim.uuid, readWithinMs);
  const before = memory.starts.get(victim.uuid);
  memory.starts.set(victim.uuid, {
    record,
    locks: before?.locks ?? notAsked,
    boot: before?.boot ?? notAsked,
    bootOn: before?.bootOn,
  });
}

/** Asks the probe of each virtual machine that runs and is not known to serve yet. */
export async function gatherProbes(facts: Facts, memory: Memory, from: GatherFrom): Promise<boolean> {
  const waiting = waitingForProbe(facts);
  await Promise.all(
    waiting.map(async (victim) => {
      const probe = from.probeOf(victim.uuid);
      memory.serving.set(victim.uuid, await ask(victim, probe, facts, from));
    }),
  );
  return waiting.length > 0;
}

async function ask(
  victim: Victim,
  probe: VirtualServer['spec']['probe'],
  facts: Facts,
  from: GatherFrom,
): Promise<Reading<boolean>> {
  if (probe?.tcp !== undefined) {
    const { address, port } = probe.tcp;
    const answers = await from.network.answersTcp(address, port, probeWithinMs);
    return known(answers, from.nowMs(), `TCP ${address}:${port}`);
  }
  const machine = facts.pool.kind === 'known' ? facts.pool.value.virtualMachines.get(victim.uuid) : undefined;
  return machine?.guestAgentLive === undefined
    ? unknown(`No guest agent of ${victim.name} has reported yet.`)
    : known(machine.guestAgentLive, from.nowMs(), 'the guest agent');
}
