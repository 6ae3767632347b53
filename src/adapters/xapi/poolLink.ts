import { known, type Reading, unknown } from '../../domain/kernel/reading.ts';
import type { PoolBelief } from '../../domain/xapi/pool.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type {
  Changed,
  MemberAccess,
  MemberAnswer,
  OpenPool,
  PoolAccess,
  PoolLink,
} from '../../ports/hypervisor.ts';
import type { Log } from '../../ports/log.ts';
import type { Network } from '../../ports/network.ts';
import { twoMasters } from './findMaster.ts';
import { createMasterConnection, type MasterConnection } from './masterConnection.ts';
import { createMemberLine, type MemberLine, sameWay } from './memberLine.ts';
import { answerOf, type FailedRole, probeRole } from './memberRole.ts';
import { createPoolActs } from './poolActs.ts';
import { createBeliefBuilder } from './poolBelief.ts';
import { createPoolReads } from './poolReads.ts';
import { isSessionLoss, logout, readPoolIdentity } from './session.ts';

export interface XapiDeps {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Pools of Citrix Hypervisor 8.2, XenServer 8 and XCP-ng, over their own API. */
export function createXapi(deps: XapiDeps): OpenPool {
  return (access) => openLink(deps, access);
}

const logoutDeadlineMs = 2_000;

function openLink(deps: XapiDeps, access: PoolAccess): PoolLink {
  const { network, clock, random, log } = deps;
  const { poolUUID, port } = access;
  const openLine = (member: MemberAccess): MemberLine => createMemberLine({ network, clock, member, port });
  let lines: readonly MemberLine[] = access.members.filter(hasAccount).map(openLine);
  let missing = missingOf(access.members);
  const connection = createMasterConnection({ clock, random, log, lines: () => lines, poolUUID });
  const reads = createPoolReads(clock, connection);
  const acts = createPoolActs({ clock, log, connection });
  const builder = createBeliefBuilder();
  const subscribers = new Set<(changed: Changed) => void>();

  const belief = (): Reading<PoolBelief> => {
    const now = connection.current();
    if (now.kind === 'down') return unknown([now.because, ...missing.values()].join('; '));
    const { copy } = now;
    const value = builder.build(now);
    if (copy.mismatch !== undefined || value === undefined) {
      return unknown(copy.mismatch ?? 'the pool shows no record of its master');
    }
    return known(value, copy.currentAtMs, `pool master ${copy.session.line.label}`);
  };

  let shownKind: Reading<PoolBelief>['kind'] = 'unknown';
  connection.subscribe((what) => {
    if (what !== 'belief') return;
    const { kind } = belief();
    const changed = builder.takeChanged();
    const isOther = kind !== shownKind;
    shownKind = kind;
    for (const tell of [...subscribers]) tell(isOther ? 'everything' : changed);
  });

  /** People get the same words as long as a silence lasts; how it shows itself each time is for the log. */
  const shown = (line: MemberLine, answer: MemberAnswer | FailedRole): MemberAnswer => {
    if (answer.kind !== 'silent' || !('detail' in answer)) return answer;
    log.debug('a member does not answer', { member: line.label, because: answer.detail });
    return { kind: 'silent', says: answer.says };
  };

  return {
    belief,
    runningTasks: () => {
      const now = connection.current();
      if (now.kind === 'down') return unknown(now.because);
      const { tables, currentAtMs, session } = now.copy;
      const running = [...tables.task.values()].filter(
        ({ status }) => status === 'pending' || status === 'cancelling',
      );
      return known(
        running.map((task) => task.name),
        currentAtMs,
        `pool master ${session.line.label}`,
      );
    },
    subscribe: (onChange) => {
      subscribers.add(onChange);
      return () => subscribers.delete(onChange);
    },
    refresh: async (deadlineMs) => {
      const because = await connection.refresh(deadlineMs);
      return because === undefined ? belief() : unknown(because);
    },
    askMember: async (hostUUID, deadlineMs) => {
      const line = lines.find(({ member }) => member.hostUUID === hostUUID);
      const because = missing.get(hostUUID);
      if (because !== undefined) return unknown(because);
      if (line === undefined) return unknown(`the host ${hostUUID} is no member known here`);
      const atMs = clock.monotonicMs();
      const answer = shown(line, await askLine({ clock, connection, line, poolUUID, deadlineMs }));
      if (!lines.includes(line))
        return unknown(`how ${line.label} is reached was changed while it was asked`);
      return known(answer, atMs, `member ${line.label}`);
    },
    ...reads,
    acts,
    setMembers: (members) => {
      const before = lines;
      missing = missingOf(members);
      lines = members.filter(hasAccount).map((member) => {
        const kept = before.find((line) => sameWay(line.member, member));
        kept?.rename(member);
        return kept ?? openLine(member);
      });
      const gone = before.filter((line) => !lines.includes(line));
      if (gone.length === 0 && lines.length === before.length) return;
      void connection.linesChanged().then(() => {
        for (const line of gone) line.close();
      });
    },
    close: () => {
      void connection.close().then(() => {
        for (const line of lines) line.close();
      });
    },
  };
}

function hasAccount({ missing }: MemberAccess): boolean {
  return missing === undefined;
}

function missingOf(members: readonly MemberAccess[]): ReadonlyMap<string, string> {
  return new Map(
    members.flatMap(({ hostUUID, missing }) => (missing === undefined ? [] : [[hostUUID, missing]])),
  );
}

/**
 * One call for a healthy member. The member that holds our session is asked with that session, which only a master's
 * own toolstack knows; all others with a login. A second master is told to the connection, which then trusts none.
 */
async function askLine(options: {
  readonly clock: Clock;
  readonly connection: MasterConnection;
  readonly line: MemberLine;
  readonly poolUUID: string;
  readonly deadlineMs: number;
}): Promise<MemberAnswer | FailedRole> {
  const { clock, connection, line, poolUUID, deadlineMs } = options;
  const endAtMs = clock.monotonicMs() + deadlineMs;
  const before = connection.current();
  if (before.kind === 'following' && before.copy.session.line === line) {
    const { session } = before.copy;
    const outcome = await readPoolIdentity(line.probes, session.ref, deadlineMs);
    if (outcome.kind === 'result' && outcome.value.uuid === poolUUID) return { kind: 'master' };
    if (outcome.kind === 'unanswered' || outcome.kind === 'garbled') return answerOf(line, outcome);
    if (outcome.kind === 'refused' && isSessionLoss(outcome.code)) {
      connection.drop(session, `the toolstack of ${line.label} has forgotten our session: it was restarted`);
    }
  }
  const role = await probeRole(line, poolUUID, Math.max(1, endAtMs - clock.monotonicMs()));
  if (role.kind === 'unverifiedMaster') return { kind: 'troubled', says: role.says };
  if (role.kind !== 'master') return role;
  const now = connection.current();
  if (now.kind === 'following' && now.copy.session.line !== line) {
    connection.drop(now.copy.session, twoMasters([now.copy.session.line, line]));
  }
  await logout(line.probes, role.session, logoutDeadlineMs);
  return { kind: 'master' };
}
