/** The plan says what is so, and who has to consent to it has done so. */
import { approvalIsNeeded, isApproved } from '../kernel/approval.ts';
import type { RecoveryFacts } from '../kernel/facts.ts';
import { allow, type Guard, unknown } from '../kernel/verdict.ts';
import type { Facts } from '../xapi/facts.ts';
import { locksMissing, planIsOutdated, releaseHasBegun } from '../xapi/releasePlan.ts';

/** What the plan says of the member's virtual machines is what the pool says now; otherwise it is made anew. */
export const planStillHolds: Guard<Facts> = {
  name: 'planStillHolds',
  judge: (facts) => {
    if (facts.plan === undefined) return unknown('The plan is being made.');
    const unread = releaseHasBegun(facts) ? undefined : locksMissing(facts);
    if (unread !== undefined) return unknown(unread);
    const outdated = planIsOutdated(facts);
    return outdated === undefined
      ? allow('The plan covers every virtual machine of the member.')
      : unknown(`${outdated} A new plan is being made.`);
  },
};

/**
 * An approval counts for one plan, by its hash. A plan with an act that cannot be undone needs one, and every plan where the
 * Pool says approval: Always.
 */
export const planIsApproved: Guard<RecoveryFacts> = {
  name: 'planIsApproved',
  isHeldByPeople: true,
  judge: (facts) => {
    const { plan, request } = facts;
    if (!approvalIsNeeded(facts))
      return allow('The pool asks for no approval of plans without a destructive step.');
    if (plan === undefined) return unknown('There is no plan yet that could be approved.');
    if (isApproved(facts))
      return allow(`The plan ${plan.hash} was approved by ${request.approval?.by ?? 'nobody'}.`);
    const because =
      request.approval === undefined
        ? `The plan waits for an approval: set spec.approval with planHash ${plan.hash} and your name.`
        : `The approval by ${request.approval.by} is for the plan ${request.approval.planHash}, and the plan is now ${plan.hash}. Read it again and approve this one.`;
    return unknown(because, {
      role: 'Whoever approves recoveries of this pool',
      todo: `Read the plan ${plan.hash}. Then set spec.approval with planHash ${plan.hash} and your name, or cancel the request.`,
      seenBy: 'The condition Approved is True.',
      answerIn: 'spec.approval',
      remindEveryMs: 30 * 60_000,
    });
  },
};
