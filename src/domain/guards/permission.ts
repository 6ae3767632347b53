/** Who may act, and for whom: the mode of the pool, the request, its turn, its plan and the approval. */

import { allow, deny, type Guard, unknown } from '../kernel/verdict.ts';
import { locksMissing, planIsOutdated, releaseHasBegun } from '../xapi/releasePlan.ts';

/** Mode Observe is the promise that nothing is changed, ever, whatever is requested. */
export const poolModeAllowsActing: Guard = {
  name: 'poolModeAllowsActing',
  judge: ({ policy }) =>
    policy.mode === 'Manual'
      ? allow('The pool is in mode Manual.')
      : deny(
          'The pool is in mode Observe, in which nothing is changed. Set mode: Manual on the Pool to let requests act.',
        ),
};

/** A request of mode Plan shows what would be done, and nothing is done for it. */
export const requestAsksForExecution: Guard = {
  name: 'requestAsksForExecution',
  judge: ({ request }) =>
    request.mode === 'Execute'
      ? allow('The request asks for execution.')
      : deny('The request asks for a plan only. Create a RecoveryRequest with mode Execute to carry it out.'),
};

/** Cancelling stops whatever has not been sent yet, at any step. */
export const requestIsNotCancelled: Guard = {
  name: 'requestIsNotCancelled',
  judge: ({ request }) =>
    request.cancelled
      ? deny('The request was cancelled; nothing more is started for it.')
      : allow('The request is not cancelled.'),
};

/** Whoever works on the pool can stop everything here at once, with a reason that others read. */
export const poolIsNotPaused: Guard = {
  name: 'poolIsNotPaused',
  judge: ({ policy }) =>
    policy.pausedBecause.length === 0
      ? allow('The pool is not paused.')
      : unknown(
          `The pool is paused: ${policy.pausedBecause.join('; ')}. Remove the entries of paused on the Pool to go on.`,
        ),
};

/** One recovery at a time on a pool: two would reckon with the same room and the same members. */
export const noOtherRecoveryRuns: Guard = {
  name: 'noOtherRecoveryRuns',
  judge: ({ request }) =>
    request.waitsFor.length === 0
      ? allow('No other recovery runs on this pool.')
      : unknown(
          `It waits until ${request.waitsFor.join(' and ')} is finished; cancel or delete that request to go first.`,
        ),
};

/** A host in Maintenance is silent because people work on it, and cutting its power may hurt them or their work. */
export const hostIsInService: Guard = {
  name: 'hostIsInService',
  judge: ({ target }) =>
    target.state === 'InService'
      ? allow(`${target.name} is declared to be in service.`)
      : deny(`${target.name} is in Maintenance. Set state: InService on the Host if it has really failed.`),
};

/** What the plan says of the member's virtual machines is what the pool says now; otherwise it is made anew. */
export const planStillHolds: Guard = {
  name: 'planStillHolds',
  judge: (facts) => {
    if (facts.plan === undefined) return unknown('The plan is being made.');
    const unread = releaseHasBegun(facts) ? undefined : locksMissing(facts);
    if (unread !== undefined) return unknown(unread);
    const outdated = planIsOutdated(facts);
    return outdated === undefined
      ? allow('The plan covers every virtual machine of the member.')
      : unknown(`${outdated} The plan is being made anew.`);
  },
};

/**
 * An approval counts for one plan, by its hash. Where the Pool says approval: Always every plan needs one.
 */
export const planIsApproved: Guard = {
  name: 'planIsApproved',
  judge: ({ policy, plan, request }) => {
    if (policy.approval !== 'Always')
      return allow('The pool asks for no approval of plans without a destructive step.');
    if (plan === undefined) return unknown('There is no plan yet that could be approved.');
    if (request.approval === undefined) {
      return unknown(
        `The plan waits for an approval: set spec.approval with planHash ${plan.hash} and your name.`,
      );
    }
    if (request.approval.planHash !== plan.hash) {
      return unknown(
        `The approval by ${request.approval.by} is for the plan ${request.approval.planHash}, and the plan is now ${plan.hash}. Read it again and approve this one.`,
      );
    }
    return allow(`The plan ${plan.hash} was approved by ${request.approval.by}.`);
  },
};
