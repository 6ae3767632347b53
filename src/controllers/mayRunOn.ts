/**
 * Where a declared virtual machine may run though the pool does not have it there: a move that was not seen to end, or a host
 * that refused to start it because it has it already. The pool forgets the one with the release and never knew the other, and
 * a RecoveryRequest that knows of either may be deleted. So it is kept on the VirtualServer until the machine is seen to run.
 */
import type { RecoveryRequest, VirtualServer } from '../api/generated/types.ts';
import { otherEnd } from '../domain/xapi/moving.ts';
import type { VirtualMachineBelief } from '../domain/xapi/pool.ts';
import type { PoolSession } from './poolDirectory.ts';
import { hasBegun } from './recovery/phases.ts';

export type MayRunOn = Pick<NonNullable<VirtualServer['status']>, 'mayRunOn' | 'settledRequests'>;

export interface MayRunOnView {
  readonly server: VirtualServer;
  /** Undefined where the pool or the machine in it is not known now. */
  readonly machine: VirtualMachineBelief | undefined;
  readonly members: Pick<PoolSession['members'], 'answer'> | undefined;
  /** Those that say of this machine that it may run on one host alone. */
  readonly requests: readonly RecoveryRequest[];
}

/** As the CRD has it. What falls out counts again, which only keeps a machine from being started elsewhere. */
const settledAtMost = 64;

export function mayRunOnNow({ server, machine, members, requests }: MayRunOnView): MayRunOn {
  const { vmUUID } = server.spec;
  const before = server.status?.settledRequests ?? [];
  const settled = before.filter((uid) => requests.some((request) => request.metadata.uid === uid));
  const on = machine?.residentOn;
  if (machine !== undefined && on !== undefined && machine.powerState === 'Halted') {
    // Its host began to start it and was lost. While the start is under way, the pool knows of it; and where it ran before,
    // it may only be in the middle of its stop.
    const isStarted = on !== server.status?.lastHostUUID && machine.currentOperations.length === 0;
    if (isStarted) return statusOf(on, settled);
  } else if (machine !== undefined && on !== undefined) {
    const end = otherEnd(machine, on);
    if (end !== undefined) return statusOf(end, settled);
    if (answers(members, on)) {
      const refuted = requests.filter(({ status }) => status?.target?.hostUUID !== on);
      return statusOf(undefined, [...new Set([...settled, ...refuted.flatMap(uidOf)])].slice(-settledAtMost));
    }
  }
  const told = requests
    .filter((request) => hasBegun(request) && !settled.includes(request.metadata.uid ?? ''))
    .toSorted((one, other) => (createdAt(one) < createdAt(other) ? -1 : 1))
    .at(-1);
  return statusOf(toldBy(told, vmUUID) ?? server.status?.mayRunOn, settled);
}

/** The virtual machines of a request that may run on one host alone. */
export function machinesOfOnePlace({ status }: RecoveryRequest): readonly string[] {
  return (status?.items ?? []).flatMap(({ id, onlyOn }) => (onlyOn === undefined ? [] : [id]));
}

function toldBy(request: RecoveryRequest | undefined, vmUUID: string): string | undefined {
  return request?.status?.items?.find((item) => item.id === vmUUID)?.onlyOn;
}

function statusOf(mayRunOn: string | undefined, settledRequests: readonly string[]): MayRunOn {
  return {
    ...(mayRunOn === undefined ? {} : { mayRunOn }),
    ...(settledRequests.length === 0 ? {} : { settledRequests: [...settledRequests] }),
  };
}

/** What the pool says of a machine on a host that does not answer may be old. */
function answers(members: MayRunOnView['members'], hostUUID: string): boolean {
  const answer = members?.answer(hostUUID);
  return answer?.kind === 'known' && (answer.value.kind === 'master' || answer.value.kind === 'member');
}

function uidOf({ metadata }: RecoveryRequest): readonly string[] {
  return metadata.uid === undefined ? [] : [metadata.uid];
}

function createdAt({ metadata }: RecoveryRequest): string {
  return metadata.creationTimestamp ?? '';
}
