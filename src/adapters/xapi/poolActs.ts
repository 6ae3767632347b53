import type { MayGo } from '../../ports/acts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ActReply, PoolActs } from '../../ports/hypervisor.ts';
import type { Log } from '../../ports/log.ts';
import type { XapiCall } from './calls.ts';
import { lockKey } from './diskLocks.ts';
import { type CallFailure, call } from './jsonRpc.ts';
import type { MasterConnection } from './masterConnection.ts';
import type { MasterCopy } from './masterSync.ts';
import { noteLoss } from './poolReads.ts';
import { hostRef, virtualMachineRef } from './references.ts';
import { awaitTask } from './tasks.ts';

interface Deps {
  readonly clock: Clock;
  readonly log: Log;
  readonly connection: MasterConnection;
}

/** An effect on the copy that was current when it was asked for. */
interface Sending extends Deps {
  readonly copy: MasterCopy;
  readonly mayGo: MayGo;
  readonly endAtMs: number;
}

/**
 * The calls that change a pool. Each is sent at most once, to the one member that holds our session, and nothing here
 * repeats or redirects it: without an answer the outcome is `lost`, and whoever asked looks at the world.
 *
 * Identity is pinned by the session: it was opened on the pinned pool, at the pinned member, and a toolstack that was
 * restarted, restored or demoted since does not know it any more and refuses the call. References come from the copy
 * that was read under the same session.
 */
export function createPoolActs(deps: Deps): PoolActs {
  /** Runs an effect on the present copy, or says why it is not sent. */
  const withCopy = async (
    { deadlineMs, mayGo }: { readonly deadlineMs: number; readonly mayGo: MayGo },
    effect: (sending: Sending) => Promise<ActReply>,
  ): Promise<ActReply> => {
    const now = deps.connection.current();
    if (now.kind === 'down') return { kind: 'notSent', because: now.because };
    return await effect({ ...deps, copy: now.copy, mayGo, endAtMs: deps.clock.monotonicMs() + deadlineMs });
  };
  return {
    declareDead: ({ hostUUID }, deadlineMs, mayGo) =>
      withCopy({ deadlineMs, mayGo }, async (sending) => {
        const host = hostRef(sending.copy, hostUUID);
        if (host === undefined) return noSuch('host', hostUUID);
        return runTask(sending, 'Async.host.declare_dead', [host]);
      }),
    removeLock: ({ vdiUUID, hostRef: ofHostRef }, deadlineMs, mayGo) =>
      withCopy({ deadlineMs, mayGo }, (sending) => removeLock(sending, vdiUUID, ofHostRef)),
    start: ({ vmUUID, hostUUID }, deadlineMs, mayGo) =>
      withCopy({ deadlineMs, mayGo }, async (sending) => {
        const vm = virtualMachineRef(sending.copy, vmUUID);
        const host = hostRef(sending.copy, hostUUID);
        if (vm === undefined) return noSuch('virtual machine', vmUUID);
        if (host === undefined) return noSuch('host', hostUUID);
        // Not paused, and without force: XAPI's own checks stay on.
        return runTask(sending, 'Async.VM.start_on', [vm, host, false, false]);
      }),
  };
}

/** Looking up the disk may take long, but nothing has been judged by then: the removal itself is asked about. */
async function removeLock(sending: Sending, vdiUUID: string, ofHostRef: string): Promise<ActReply> {
  const { session } = sending.copy;
  const found = await call(session.line.calls, {
    method: 'VDI.get_by_uuid',
    params: [session.ref, vdiUUID],
    deadlineMs: leftMs(sending),
  });
  noteLoss(sending.connection, sending.copy, found);
  if (found.kind !== 'result') {
    return { kind: 'notSent', because: `the disk ${vdiUUID} could not be looked up: ${found.says}` };
  }
  const sent = await send(sending, 'VDI.remove_from_sm_config', [found.value, lockKey(ofHostRef)]);
  return 'kind' in sent ? sent : { kind: 'succeeded' };
}

/** Sends a call that answers with a task, and waits for the task's end. */
async function runTask(sending: Sending, method: XapiCall, params: readonly unknown[]): Promise<ActReply> {
  const { clock, connection, copy, endAtMs } = sending;
  const { session } = copy;
  const sent = await send(sending, method, params);
  if ('kind' in sent) return sent;
  if (typeof sent.value !== 'string') {
    return { kind: 'lost', because: `${session.line.label} answered ${method} without a task` };
  }
  const end = await awaitTask({ clock, connection, session, taskRef: sent.value, endAtMs });
  if (end.kind === 'success') return { kind: 'succeeded' };
  return end.kind === 'failure' ? { ...end, kind: 'failed' } : end;
}

async function send(
  sending: Sending,
  method: XapiCall,
  params: readonly unknown[],
): Promise<{ readonly value: unknown } | ActReply> {
  const { session } = sending.copy;
  const { label, calls } = session.line;
  const mayGo = (): string | undefined => {
    const because = connectionLost(sending) ?? sending.mayGo();
    if (because === undefined) {
      sending.log.info('a call that changes the pool is sent', { method, params, master: label });
    }
    return because;
  };
  const deadlineMs = leftMs(sending);
  const outcome = await call(calls, { method, params: [session.ref, ...params], deadlineMs, mayGo });
  noteLoss(sending.connection, sending.copy, outcome);
  return outcome.kind === 'result' ? { value: outcome.value } : replyOf(label, outcome);
}

/** What was judged rests on the copy; once that is given up, nothing goes under its session any more. */
function connectionLost({ connection, copy }: Sending): string | undefined {
  const now = connection.current();
  if (now.kind === 'down') return now.because;
  return now.copy === copy ? undefined : 'the pool has been connected to anew since this was decided';
}

function leftMs({ clock, endAtMs }: Sending): number {
  return Math.max(1, endAtMs - clock.monotonicMs());
}

function noSuch(what: string, uuid: string): ActReply {
  return { kind: 'notSent', because: `the pool has no ${what} ${uuid}` };
}

/** XAPI's refusals are definite about the call that was refused; everything unreadable leaves open what was done. */
function replyOf(label: string, failure: CallFailure): ActReply {
  switch (failure.kind) {
    case 'refused':
      return { kind: 'failed', code: failure.code, says: failure.says };
    case 'garbled':
      return { kind: 'lost', because: `${label} ${failure.says}` };
    case 'unanswered':
      if (failure.failure === 'withheld') return { kind: 'notSent', because: failure.says };
      return failure.mayHaveArrived
        ? { kind: 'lost', because: `${label}: ${failure.says}` }
        : { kind: 'notSent', because: `${label}: ${failure.says}` };
  }
}
