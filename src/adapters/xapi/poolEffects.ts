import type { Clock } from '../../ports/clock.ts';
import type { EffectReply } from '../../ports/hypervisor.ts';
import type { Log } from '../../ports/log.ts';
import type { XapiCall } from './calls.ts';
import { lockKey } from './diskLocks.ts';
import { type CallFailure, call } from './jsonRpc.ts';
import type { MasterConnection } from './masterConnection.ts';
import type { MasterCopy } from './masterSync.ts';
import { noteLoss } from './poolReads.ts';
import { hostRef, virtualMachineRef } from './references.ts';
import { awaitTask } from './tasks.ts';

/**
 * The calls that change a pool. Each is sent at most once, to the one member that holds our session, and nothing here
 * repeats or redirects it: without an answer the outcome is `lost`, and whoever asked looks at the world.
 *
 * Identity is pinned by the session: it was opened on the pinned pool, at the pinned member, and a toolstack that was
 * restarted, restored or demoted since does not know it any more and refuses the call. References come from the copy
 * that was read under the same session.
 */
export interface PoolEffects {
  declareDead(hostUUID: string, deadlineMs: number): Promise<EffectReply>;
  removeLock(vdiUUID: string, hostRef: string, deadlineMs: number): Promise<EffectReply>;
  startOn(vmUUID: string, hostUUID: string, deadlineMs: number): Promise<EffectReply>;
}

interface Effect {
  readonly method: XapiCall;
  readonly params: readonly unknown[];
  readonly endAtMs: number;
}

export function createPoolEffects(deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly connection: MasterConnection;
}): PoolEffects {
  const { clock, log, connection } = deps;

  /** Sends a call that answers with a task, and waits for the task's end. */
  const runTask = async (copy: MasterCopy, effect: Effect): Promise<EffectReply> => {
    const { session } = copy;
    const sent = await send(copy, effect);
    if ('kind' in sent) return sent;
    if (typeof sent.value !== 'string') {
      return { kind: 'lost', because: `${session.line.label} answered ${effect.method} without a task` };
    }
    const end = await awaitTask({ clock, connection, session, taskRef: sent.value, endAtMs: effect.endAtMs });
    return end.kind === 'success'
      ? { kind: 'succeeded' }
      : end.kind === 'failure'
        ? { ...end, kind: 'failed' }
        : end;
  };

  const send = async (
    copy: MasterCopy,
    effect: Effect,
  ): Promise<{ readonly value: unknown } | EffectReply> => {
    const { session } = copy;
    const { method, params, endAtMs } = effect;
    log.info('a call that changes the pool is sent', { method, params, master: session.line.label });
    const outcome = await call(session.line.calls, {
      method,
      params: [session.ref, ...params],
      deadlineMs: Math.max(1, endAtMs - clock.monotonicMs()),
    });
    noteLoss(connection, copy, outcome);
    return outcome.kind === 'result' ? { value: outcome.value } : replyOf(session.line.label, outcome);
  };

  /** The copy under which an effect may be sent, or why it can't be. */
  const copyNow = (): MasterCopy | EffectReply => {
    const now = connection.current();
    return now.kind === 'following' ? now.copy : { kind: 'notSent', because: now.because };
  };

  return {
    declareDead: async (hostUUID, deadlineMs) => {
      const endAtMs = clock.monotonicMs() + deadlineMs;
      const copy = copyNow();
      if ('kind' in copy) return copy;
      const host = hostRef(copy, hostUUID);
      if (host === undefined) return noSuch('host', hostUUID);
      return runTask(copy, { method: 'Async.host.declare_dead', params: [host], endAtMs });
    },

    removeLock: async (vdiUUID, ofHostRef, deadlineMs) => {
      const endAtMs = clock.monotonicMs() + deadlineMs;
      const copy = copyNow();
      if ('kind' in copy) return copy;
      const { session } = copy;
      const found = await call(session.line.calls, {
        method: 'VDI.get_by_uuid',
        params: [session.ref, vdiUUID],
        deadlineMs,
      });
      noteLoss(connection, copy, found);
      if (found.kind !== 'result') {
        return { kind: 'notSent', because: `the disk ${vdiUUID} could not be looked up: ${found.says}` };
      }
      const params = [found.value, lockKey(ofHostRef)];
      const sent = await send(copy, { method: 'VDI.remove_from_sm_config', params, endAtMs });
      return 'kind' in sent ? sent : { kind: 'succeeded' };
    },

    startOn: async (vmUUID, hostUUID, deadlineMs) => {
      const endAtMs = clock.monotonicMs() + deadlineMs;
      const copy = copyNow();
      if ('kind' in copy) return copy;
      const vm = virtualMachineRef(copy, vmUUID);
      const host = hostRef(copy, hostUUID);
      if (vm === undefined) return noSuch('virtual machine', vmUUID);
      if (host === undefined) return noSuch('host', hostUUID);
      // Not paused, and without force: XAPI's own checks stay on.
      return runTask(copy, { method: 'Async.VM.start_on', params: [vm, host, false, false], endAtMs });
    },
  };
}

function noSuch(what: string, uuid: string): EffectReply {
  return { kind: 'notSent', because: `the pool has no ${what} ${uuid}` };
}

/** XAPI's refusals are definite about the call that was refused; everything unreadable leaves open what was done. */
function replyOf(label: string, failure: CallFailure): EffectReply {
  switch (failure.kind) {
    case 'refused':
      return { kind: 'failed', code: failure.code, says: failure.says };
    case 'garbled':
      return { kind: 'lost', because: `${label} ${failure.says}` };
    case 'unanswered':
      return failure.mayHaveArrived
        ? { kind: 'lost', because: `${label}: ${failure.says}` }
        : { kind: 'notSent', because: `${label}: ${failure.says}` };
  }
}
