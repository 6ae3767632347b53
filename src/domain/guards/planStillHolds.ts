import { locksMissing, planIsOutdated, releaseHasBegun } from '../plan.ts';
import { allow, type Guard, missing } from '../verdict.ts';

/** What the plan says of the member's virtual machines is what the pool says now; otherwise it is made anew. */
export const planStillHolds: Guard = {
  name: 'planStillHolds',
  judge: (facts) => {
    if (facts.plan === undefined) return missing('The plan is being made.');
    const unread = releaseHasBegun(facts) ? undefined : locksMissing(facts);
    if (unread !== undefined) return missing(unread);
    const outdated = planIsOutdated(facts);
    return outdated === undefined
      ? allow('The plan covers every virtual machine of the member.')
      : missing(`${outdated} The plan is being made anew.`);
  },
};
