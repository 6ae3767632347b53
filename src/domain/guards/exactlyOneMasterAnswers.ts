import { currentPool } from '../currentPool.ts';
import { freshOnly, oldestMs } from '../freshness.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/**
 * Two members that both answer as master are a split pool, and each of them would start the same virtual machines. All
 * other members are asked again between two waves, and one of them, and only one, is the master.
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
      const fresh = freshOnly(answer, {
        nowMs: facts.nowMs,
        oldestMs: oldestMs.mastersAtEffect,
        what: `Whether ${name} is master`,
      });
      if (fresh.kind === 'missing') stale ??= fresh.because;
    }
    if (masters.length > 1) {
      return deny(
        `${masters.join(' and ')} both answer as pool master. The pool is split: find out which one is right before anything is started.`,
      );
    }
    if (stale !== undefined) return missing(stale);
    return masters.length === 1
      ? allow(`${masters[0]} alone answers as pool master.`)
      : missing('No member answers as pool master now.');
  },
};
