import { currentPool } from '../currentPool.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/** The pool knows the very host that is meant, under the same reference as when the plan was made. */
export const hostIsThePinnedOne: Guard = {
  name: 'hostIsThePinnedOne',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    const host = pool.value.hosts.get(facts.target.hostUUID);
    if (host === undefined) {
      return deny(
        `The pool knows no host ${facts.target.hostUUID}. Correct hostUUID of the Host ${facts.target.name}.`,
      );
    }
    if (facts.plan !== undefined && host.ref !== facts.plan.hostRef) {
      return deny(
        `The pool now knows ${facts.target.name} under another reference than when the plan was made; it was restored or joined anew. Create a new RecoveryRequest.`,
      );
    }
    return allow(`The pool knows ${facts.target.name} as ${host.uuid}.`);
  },
};
