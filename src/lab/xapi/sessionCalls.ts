import type { Call, CallDefinition } from './call.ts';
import { text } from './call.ts';
import { done, doneVoid, type Failed, failed, type Outcome } from './outcome.ts';
import { endSession, type Member, type Pool, type Session } from './pool.ts';

/** Per originator or, without one, per user name; beyond it the one that was idle longest is closed. */
const sessionsPerOriginator = 500;

export const sessionCalls: readonly CallDefinition[] = [
  {
    name: 'session.login_with_password',
    params: [
      { name: 'uname', type: 'string' },
      { name: 'pwd', type: 'string' },
      { name: 'version', type: 'string', optional: true },
      { name: 'originator', type: 'string', optional: true },
    ],
    result: 'session ref',
    login: 'none',
    async: 'no',
    run: logIn,
  },
  {
    name: 'session.slave_local_login_with_password',
    params: [
      { name: 'uname', type: 'string' },
      { name: 'pwd', type: 'string' },
    ],
    result: 'session ref',
    login: 'none',
    async: 'no',
    run: (call) => {
      const refusal = refuseCredentials(call);
      return refusal ?? done(openSession(call, call.member.localSessions, 'local login').ref);
    },
  },
  {
    name: 'session.logout',
    params: [],
    result: 'void',
    login: 'pool',
    async: 'no',
    run: ({ member, session }) => {
      endSession(member.sessions, session?.ref ?? '');
      return doneVoid;
    },
  },
  {
    name: 'session.local_logout',
    params: [],
    result: 'void',
    login: 'local',
    async: 'no',
    run: ({ member, session }) => {
      endSession(member.localSessions, session?.ref ?? '');
      return doneVoid;
    },
  },
  {
    name: 'session.get_this_host',
    params: [{ name: 'self', type: 'session ref' }],
    result: 'host ref',
    login: 'pool',
    async: 'no',
    run: (call) => ofSession(call, () => call.member.identity.hostRef),
  },
  {
    name: 'session.get_uuid',
    params: [{ name: 'self', type: 'session ref' }],
    result: 'string',
    login: 'pool',
    async: 'no',
    run: (call) => ofSession(call, (session) => session.uuid),
  },
];

/** Succeeds on the master alone. A slave names the master of its own pool.conf, which may be dead. */
function logIn(call: Call): Outcome {
  const { member } = call;
  if (member.masterAddress !== undefined) return failed('HOST_IS_SLAVE', member.masterAddress);
  const refusal = refuseCredentials(call);
  if (refusal !== undefined) return refusal;
  const session = openSession(call, member.sessions, text(call, 'originator'));
  trimSessions(member, session);
  return done(session.ref);
}

function refuseCredentials(call: Call): Failed | undefined {
  const { user, password } = call.member.identity;
  if (text(call, 'uname') === user && text(call, 'pwd') === password) return undefined;
  const why =
    text(call, 'uname') === user
      ? 'Authentication failure'
      : 'User not known to the underlying authentication module';
  return failed('SESSION_AUTHENTICATION_FAILED', text(call, 'uname'), why);
}

function openSession({ pool, values }: Call, sessions: Map<string, Session>, originator: string): Session {
  const number = pool.nextNumber();
  const session: Session = {
    ref: pool.seeded.ref(`session/${number}`),
    uuid: pool.seeded.uuid(`session/${number}`),
    user: String(values['uname']),
    originator,
    lastActiveMs: pool.time.lab.monotonicMs(),
    whenEnded: new Set(),
  };
  sessions.set(session.ref, session);
  return session;
}

function trimSessions(member: Member, fresh: Session): void {
  const group = (session: Session): string => session.originator || session.user;
  const same = [...member.sessions.values()].filter((each) => group(each) === group(fresh));
  if (same.length <= sessionsPerOriginator) return;
  const idlest = same.reduce((a, b) => (b.lastActiveMs < a.lastActiveMs ? b : a));
  endSession(member.sessions, idlest.ref);
}

function ofSession(call: Call, read: (session: Session) => string): Outcome {
  const self = text(call, 'self');
  const session = call.member.sessions.get(self);
  return session === undefined ? failed('HANDLE_INVALID', 'session', self) : done(read(session));
}

/** `originator (user)`: how the oracle names whoever asked. */
export function callerOf(session: Session | undefined): string {
  return session === undefined ? 'nobody' : `${session.originator || 'no originator'} (${session.user})`;
}

interface Admission {
  readonly member: Member;
  readonly ref: unknown;
  /** Whether a session of slave_local_login_with_password will do. */
  readonly local: 'too' | 'never';
}

/** The session that a call comes with, if it may make the call; it counts as active now. */
export function admit(pool: Pool, { member, ref, local }: Admission): Session | Failed {
  const key = typeof ref === 'string' ? ref : '';
  const session = member.sessions.get(key) ?? (local === 'too' ? member.localSessions.get(key) : undefined);
  if (session === undefined) return failed('SESSION_INVALID', key);
  session.lastActiveMs = pool.time.lab.monotonicMs();
  return session;
}
