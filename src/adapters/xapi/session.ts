import { type CallOutcome, type CallPath, call } from './jsonRpc.ts';
import type { MemberLine } from './memberLine.ts';
import { asFields, MalformedRecord, text } from './records.ts';

/**
 * Sessions live in the memory of the master's toolstack: each restart of it forgets them all (SESSION_INVALID), with
 * every task. So a session that is accepted proves that the pool behind it is still the one that was verified when
 * the session was opened.
 */
export interface MasterSession {
  readonly line: MemberLine;
  readonly ref: string;
  readonly openedAtMs: number;
  readonly pool: PoolIdentity;
}

export interface PoolIdentity {
  readonly uuid: string;
  readonly masterRef: string;
}

/** XAPI counts sessions by originator, 500 of each, and drops the oldest: ours must not push out other people's. */
const originator = 'kintsugi';
const clientVersion = '1.0';

export function login(line: MemberLine, path: CallPath, deadlineMs: number): Promise<CallOutcome> {
  const { userName, password } = line.member;
  return call(path, {
    method: 'session.login_with_password',
    params: [userName, password, clientVersion, originator],
    deadlineMs,
  });
}

/** Best effort: a session that cannot be closed expires by itself. Never rejects. */
export async function logout(path: CallPath, session: string, deadlineMs: number): Promise<void> {
  await call(path, { method: 'session.logout', params: [session], deadlineMs });
}

export async function readPoolIdentity(
  path: CallPath,
  session: string,
  deadlineMs: number,
): Promise<CallOutcome<PoolIdentity>> {
  const outcome = await call(path, { method: 'pool.get_all_records', params: [session], deadlineMs });
  if (outcome.kind !== 'result') return outcome;
  try {
    const [pool, ...others] = Object.values(asFields(outcome.value, 'the list of pools'));
    if (others.length > 0) throw new MalformedRecord('there are several pool records');
    const fields = asFields(pool, 'the pool');
    return { kind: 'result', value: { uuid: text(fields, 'uuid'), masterRef: text(fields, 'master') } };
  } catch (error) {
    if (!(error instanceof MalformedRecord)) throw error;
    return { kind: 'garbled', says: `answered pool.get_all_records, but: ${error.message}` };
  }
}

/** XAPI's ways of saying that it does not know the session (any more). */
export function isSessionLoss(code: string): boolean {
  return code === 'SESSION_INVALID' || code === 'SESSION_NOT_REGISTERED';
}
