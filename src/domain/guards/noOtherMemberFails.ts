import { currentPool } from '../currentPool.ts';
import type { Facts } from '../facts.ts';
import { freshOnly, oldestMs } from '../freshness.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/**
 * Members that fail together rarely fail by themselves: a switch, a site or the storage has. More than the allowed number
 * stops everything, and a member of which it is not known counts as a reason to wait.
 */
export const noOtherMemberFails: Guard = {
  name: 'noOtherMemberFails',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    const failing: string[] = answersItself(facts) ? [] : [facts.target.name];
    for (const host of pool.value.hosts.values()) {
      if (host.uuid === facts.target.hostUUID || facts.hosts.get(host.uuid)?.state === 'Maintenance')
        continue;
      const answer = freshOnly(facts.answers.get(host.uuid), {
        nowMs: facts.nowMs,
        oldestMs: oldestMs.otherMembers,
        what: `Whether ${host.name} answers`,
      });
      if (answer.kind === 'missing') {
        return missing(
          facts.hosts.has(host.uuid)
            ? answer.because
            : `${host.name} is a member of the pool and not declared as a Host, so nobody can tell whether it fails too. Declare it.`,
        );
      }
      if (answer.value.kind !== 'master' && answer.value.kind !== 'member') failing.push(host.name);
    }
    return failing.length > facts.policy.failedMembers
      ? deny(
          `${failing.length} members fail at the same time (${failing.join(', ')}), and the Pool allows ${facts.policy.failedMembers}. Look for the common cause first: the network, the site, the storage.`,
        )
      : allow(
          failing.length > 1
            ? `${failing.length} members fail, and the Pool allows as many.`
            : 'All other members answer.',
        );
  },
};

/** Whether it may be released is another guard's question; here it only must not be counted as failing when it is not. */
function answersItself(facts: Facts): boolean {
  const answer = facts.answers.get(facts.target.hostUUID);
  return answer?.kind === 'known' && (answer.value.kind === 'master' || answer.value.kind === 'member');
}
