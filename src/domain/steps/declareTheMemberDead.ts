import { actKey } from '../acts/act.ts';
import { isReleased } from '../guards/poolHealth.ts';
import { attempts, lastEntry, openEntry } from '../kernel/tries.ts';
import { currentPool } from '../xapi/currentPool.ts';
import type { Part } from '../xapi/form.ts';
import { releaseHasBegun } from '../xapi/releasePlan.ts';

const most = 3;

/**
 * Done when the pool has the member disabled and nothing resident on it. Once that was proven it stays done: a member that
 * is enabled again afterwards has come back to life, which the guards behind this step stop at, and nobody declares it
 * dead a second time for it.
 */
export const declareTheMemberDead: Part = {
  acts: ['declareDead'],
  done: (facts) => {
    const key = actKey({ kind: 'declareDead', hostUUID: facts.target.hostUUID });
    if (openEntry(facts, key) !== undefined || !releaseHasBegun(facts)) return false;
    if (facts.journal.some((entry) => entry.key === key && entry.outcome === 'Proven')) return true;
    const pool = currentPool(facts);
    return pool.kind === 'fresh' && isReleased(pool.value, facts.target.hostUUID);
  },
  next: (facts) => {
    const act = { kind: 'declareDead', hostUUID: facts.target.hostUUID } as const;
    const key = actKey(act);
    if (openEntry(facts, key) !== undefined) {
      return { kind: 'wait', because: `The pool is releasing the virtual machines of ${facts.target.name}.` };
    }
    if (attempts(facts, key) < most) return { kind: 'act', acts: [act] };
    const says = lastEntry(facts, key)?.says ?? 'no reply';
    return {
      kind: 'giveUp',
      because: `The pool did not release ${facts.target.name}, asked ${most} times: ${says}.`,
    };
  },
};
