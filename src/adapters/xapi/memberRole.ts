import type { MemberAnswer } from '../../ports/hypervisor.ts';
import type { CallFailure } from './jsonRpc.ts';
import type { MemberLine } from './memberLine.ts';
import { login, logout, type PoolIdentity, readPoolIdentity } from './session.ts';

/**
 * Who a member thinks it is, asked by a login at its own address: the one probe of XAPI that has no side effect and
 * needs no master. Success means that it thinks it is the master; HOST_IS_SLAVE names the master that its pool.conf
 * knows; anything else that it says means it is alive but not well. For a healthy member this is one call.
 */
export type MemberRole =
  | { readonly kind: 'master'; readonly session: string; readonly pool: PoolIdentity }
  /** It let us in as only a master does, and then did not say of which pool: perhaps a second master of ours. */
  | { readonly kind: 'unverifiedMaster'; readonly says: string }
  | FailedRole;

export type FailedRole =
  | Exclude<MemberAnswer, { readonly kind: 'master' | 'silent' }>
  /** `detail` is how the silence showed itself this time, which means nothing and changes from one question to the next. */
  | { readonly kind: 'silent'; readonly says: string; readonly detail: string };

/** The session of a 'master' answer is the caller's to keep or to close. */
export async function probeRole(line: MemberLine, poolUUID: string, deadlineMs: number): Promise<MemberRole> {
  const { clock } = line.probes;
  const endAtMs = clock.monotonicMs() + deadlineMs;
  const outcome = await login(line, line.probes, deadlineMs);
  if (outcome.kind !== 'result') return answerOf(line, outcome);
  if (typeof outcome.value !== 'string') {
    return { kind: 'troubled', says: `${line.label} answered a login with something else than a session` };
  }
  const session = outcome.value;
  const pool = await readPoolIdentity(line.probes, session, Math.max(1, endAtMs - clock.monotonicMs()));
  if (pool.kind === 'result' && pool.value.uuid === poolUUID) {
    return { kind: 'master', session, pool: pool.value };
  }
  await logout(line.probes, session, deadlineMs);
  if (pool.kind !== 'result') {
    const says = `${line.label} accepts logins as a master, but does not say of which pool: ${pool.says}`;
    return { kind: 'unverifiedMaster', says };
  }
  return { kind: 'troubled', says: anotherPool(line.label, pool.value.uuid, poolUUID) };
}

export function anotherPool(label: string, seenUUID: string, pinnedUUID: string): string {
  return (
    `${label} is the master of the pool ${seenUUID}, but the pinned pool is ${pinnedUUID}: ` +
    'correct the address, or the pool UUID'
  );
}

/** What a failed login says about the member. Anything that it said over its pinned certificate is a sign of life. */
export function answerOf(line: MemberLine, failure: CallFailure): FailedRole {
  switch (failure.kind) {
    case 'refused':
      if (failure.code === 'HOST_IS_SLAVE') return { kind: 'member', ofAddress: failure.params[0] ?? '' };
      if (failure.code === 'SESSION_AUTHENTICATION_FAILED') {
        return {
          kind: 'troubled',
          says: `${line.label} refuses the user name or the password of ${line.member.userName}: correct its Secret`,
        };
      }
      return { kind: 'troubled', says: `${line.label} answers ${failure.says}` };
    case 'garbled':
      return { kind: 'troubled', says: `${line.label} ${failure.says}` };
    case 'unanswered':
      return silentOrStranger(line, failure);
  }
}

function silentOrStranger(
  line: MemberLine,
  failure: Extract<CallFailure, { kind: 'unanswered' }>,
): FailedRole {
  if (failure.failure === 'certificate') return { kind: 'impostor', says: failure.says };
  if (failure.failure === 'protocol') {
    // Before the certificate was seen it is nobody we know; after it, it is the member talking nonsense.
    return failure.mayHaveArrived
      ? { kind: 'troubled', says: `${line.label} does not answer in HTTP: ${failure.says}` }
      : { kind: 'impostor', says: `${line.label} does not speak TLS: ${failure.says}` };
  }
  // A connection that breaks is nobody's word: a firewall or a dying machine's last packet does the same.
  const why =
    failure.failure === 'refused'
      ? ': the connection is refused, so its toolstack is down or another machine has its address'
      : failure.failure === 'noName'
        ? ': its address is a name that cannot be resolved'
        : '';
  const says = `${line.label} does not answer${why}`;
  return { kind: 'silent', says, detail: failure.says };
}
