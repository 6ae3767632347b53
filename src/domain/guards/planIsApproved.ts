import { allow, type Guard, missing } from '../verdict.ts';

/**
 * An approval counts for one plan, by its hash. Where the Pool says approval: Always every plan needs one.
 */
export const planIsApproved: Guard = {
  name: 'planIsApproved',
  judge: ({ policy, plan, request }) => {
    if (policy.approval !== 'Always')
      return allow('The pool asks for no approval of plans without a destructive step.');
    if (plan === undefined) return missing('There is no plan yet that could be approved.');
    if (request.approval === undefined) {
      return missing(
        `The plan waits for an approval: set spec.approval with planHash ${plan.hash} and your name.`,
      );
    }
    if (request.approval.planHash !== plan.hash) {
      return missing(
        `The approval by ${request.approval.by} is for the plan ${request.approval.planHash}, and the plan is now ${plan.hash}. Read it again and approve this one.`,
      );
    }
    return allow(`The plan ${plan.hash} was approved by ${request.approval.by}.`);
  },
};
