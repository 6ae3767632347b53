import { currentPool } from '../currentPool.ts';
import type { Facts } from '../facts.ts';
import { freshOnly, oldestMs } from '../freshness.ts';
import type { PoolBelief } from '../pool.ts';
import { allow, deny, type Guard, missing, type Verdict } from '../verdict.ts';

/**
 * Two members that both answer as master are a split pool, and each of them would start the same virtual machines. All
 * other members are asked again between two waves, and one of them, and only one, is the master. A member that was master
 * when this recovery last acted has to say itself that it is none any more: out of sight it may still be one.
 */
export const exactlyOneMasterAnswers: Guard = {
  name: 'exactlyOneMasterAnswers',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    const masters: string[] = [];
    let stale: string | undefined;
    for (const [uuid, answer] of facts.answers) {
      if (uuid === facts.target.hostUUID || !pool.value.hosts.has(uuid)) continue;
      const name = facts.hosts.get(uuid)?.name ?? uuid;
      if (answer.kind === 'known' && answer.value.kind === 'master') masters.push(name);
      if (facts.hosts.get(uuid)?.state === 'Maintenance' && uuid !== pool.value.masterUUID) continue;
      const fresh = whoIsMaster(facts, uuid, name);
      if (fresh.kind === 'missing') stale ??= fresh.because;
    }
    if (masters.length > 1) {
      return deny(
        `${masters.join(' and ')} both answer as pool master. The pool is split: find out which one is right before anything is started.`,
      );
    }
    if (stale !== undefined) return missing(stale);
    if (masters.length === 0) return missing('No member answers as pool master now.');
    return whereTheFormerMasterIs(facts, pool.value) ?? allow(`${masters[0]} alone answers as pool master.`);
  },
};

function whoIsMaster(facts: Facts, uuid: string, name: string) {
  return freshOnly(facts.answers.get(uuid), {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.mastersAtEffect,
    what: `Whether ${name} is master`,
  });
}

/** Undefined when no other member was master before, or that one answers as a member now. */
function whereTheFormerMasterIs(facts: Facts, pool: PoolBelief): Verdict | undefined {
  const former = facts.acts.findLast((act) => act.master !== undefined && act.outcome !== 'NotSent')?.master;
  if (former === undefined || former === pool.masterUUID) return undefined;
  const name = facts.hosts.get(former)?.name ?? pool.hosts.get(former)?.name ?? former;
  const answer = whoIsMaster(facts, former, name);
  if (answer.kind === 'missing' && facts.answers.has(former)) return missing(answer.because);
  if (answer.kind === 'fresh' && answer.value.kind === 'member') return undefined;
  const now = pool.hosts.get(pool.masterUUID)?.name ?? pool.masterUUID;
  return deny(
    `${name} was pool master when this recovery last acted, and ${now} is now. ${name} does not answer as a member, so it may still be master and start the same virtual machines. Let it join ${now}; or, when it has no power for certain, cancel this request and make a new one.`,
  );
}
