/**
 * Carries out what a procedure wants to read, straight from the pool and from the virtual machines. Reads only, in parallel,
 * each with its own deadline; it knows no procedure and no step.
 */
import type { VirtualServer } from '../../api/generated/types.ts';
import { known, type Reading, unknown } from '../../domain/kernel/reading.ts';
import type { Facts } from '../../domain/xapi/facts.ts';
import type { DiskLocks, VirtualMachineBelief } from '../../domain/xapi/pool.ts';
import { type Read, withinMs } from '../../domain/xapi/reads.ts';
import type { PoolLink } from '../../ports/hypervisor.ts';
import type { Network } from '../../ports/network.ts';
import type { Memory } from './memory.ts';

const probeWithinMs = 2_000;
const notAsked = unknown('The planned host has not been asked yet.');

export interface ReadFrom {
  readonly link: PoolLink;
  readonly network: Network;
  readonly probeOf: (vmUUID: string) => VirtualServer['spec']['probe'];
  readonly nowMs: () => number;
}

type Of<K extends Read['kind']> = Extract<Read, { readonly kind: K }>;

/** What was read is in the memory afterwards. */
export async function readAll(
  reads: readonly Read[],
  facts: Facts,
  memory: Memory,
  from: ReadFrom,
): Promise<void> {
  const of = <K extends Read['kind']>(kind: K): readonly Of<K>[] =>
    reads.filter((read): read is Of<K> => read.kind === kind);
  if (of('stream').length > 0) await from.link.refresh(withinMs.decision);
  const [locks] = of('locks');
  await Promise.all([
    ...(locks === undefined ? [] : [readLocks(locks, memory, from)]),
    ...of('freeMemory').map(async ({ hostUUID }) => {
      memory.freeMemory.set(hostUUID, await from.link.readFreeMemory(hostUUID, withinMs.decision));
    }),
    ...of('record').map((read) => readRecord(read, memory, from)),
    ...readReadiness(of('readiness'), memory, from),
    ...of('serving').map(async ({ vmUUID }) => {
      memory.serving.set(vmUUID, await askProbe(vmUUID, facts, from));
    }),
  ]);
}

async function readLocks({ srUUIDs, withinMs: within }: Of<'locks'>, memory: Memory, from: ReadFrom) {
  memory.locks =
    srUUIDs.length === 0
      ? known([], from.nowMs(), 'no shared storage')
      : await from.link.readLocks(srUUIDs, within);
}

async function readRecord({ vmUUID }: Of<'record'>, memory: Memory, { link }: ReadFrom): Promise<void> {
  const record = await link.readVirtualMachine(vmUUID, withinMs.decision);
  const before = memory.starts.get(vmUUID);
  memory.starts.set(vmUUID, {
    record,
    locks: before?.locks ?? notAsked,
    boot: before?.boot ?? notAsked,
    bootOn: before?.bootOn,
  });
}

function readReadiness(
  wanted: readonly Of<'readiness'>[],
  memory: Memory,
  from: ReadFrom,
): readonly Promise<void>[] {
  const records = wanted.map(({ vmUUID }) => from.link.readVirtualMachine(vmUUID, withinMs.decision));
  const locks = Promise.all(records).then(async (read) => await locksOf(read, from));
  return wanted.map(async ({ vmUUID, hostUUID }, index) => {
    const boot = from.link.canBootHere(vmUUID, hostUUID, withinMs.decision);
    const record = (await records[index]) ?? unknown('It was not read.');
    memory.starts.set(vmUUID, { record, locks: await locks, boot: await boot, bootOn: hostUUID });
  });
}

/** One call for the disks of all. */
async function locksOf(
  records: readonly Reading<VirtualMachineBelief>[],
  from: ReadFrom,
): Promise<Reading<readonly DiskLocks[]>> {
  const disks = records.flatMap((record) => (record.kind === 'known' ? record.value.disks : []));
  const uuids = [...new Set(disks.map((disk) => disk.vdiUUID))];
  return uuids.length === 0
    ? known([], from.nowMs(), 'no disks')
    : await from.link.readDiskLocks(uuids, withinMs.decision);
}

async function askProbe(vmUUID: string, facts: Facts, from: ReadFrom): Promise<Reading<boolean>> {
  const probe = from.probeOf(vmUUID);
  if (probe?.tcp !== undefined) {
    const { address, port } = probe.tcp;
    const answers = await from.network.answersTcp(address, port, probeWithinMs);
    return known(answers, from.nowMs(), `TCP ${address}:${port}`);
  }
  const machine = facts.pool.kind === 'known' ? facts.pool.value.virtualMachines.get(vmUUID) : undefined;
  return machine?.guestAgentLive === undefined
    ? unknown(`No guest agent of ${machine?.name ?? vmUUID} has reported yet.`)
    : known(machine.guestAgentLive, from.nowMs(), 'the guest agent');
}
