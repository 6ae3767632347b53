/** Who may act, and for whom: the mode of the pool, the request and its turn. */

import type { RecoveryFacts } from '../kernel/facts.ts';
import { allow, deny, type Guard, unknown } from '../kernel/verdict.ts';
import type { MachineFacts } from '../xapi/facts.ts';

/** Mode Observe is the promise that nothing is changed, ever, whatever is requested. */
export const poolModeAllowsActing: Guard<RecoveryFacts> = {
  name: 'poolModeAllowsActing',
  judge: ({ policy }) =>
    policy.mode === 'Manual'
      ? allow('The pool is in mode Manual.')
      : deny(
          'The pool is in mode Observe, in which nothing is changed. Set mode: Manual on the Pool to let requests act.',
        ),
};

/** A request of mode Plan shows what would be done, and nothing is done for it. */
export const requestAsksForExecution: Guard<RecoveryFacts> = {
  name: 'requestAsksForExecution',
  judge: ({ request }) =>
    request.mode === 'Execute'
      ? allow('The request asks for execution.')
      : deny('The request asks for a plan only. Create a RecoveryRequest with mode Execute to carry it out.'),
};

/** Cancelling stops whatever has not been sent yet, at any step. */
export const requestIsNotCancelled: Guard<RecoveryFacts> = {
  name: 'requestIsNotCancelled',
  judge: ({ request }) =>
    request.cancelled
      ? deny('The request was cancelled; nothing more is started for it.')
      : allow('The request is not cancelled.'),
};

/** Whoever works on the pool can stop everything here at once, with a reason that others read. */
export const poolIsNotPaused: Guard<RecoveryFacts> = {
  name: 'poolIsNotPaused',
  isHeldByPeople: true,
  judge: ({ policy }) =>
    policy.pausedBecause.length === 0
      ? allow('The pool is not paused.')
      : unknown(
          `The pool is paused: ${policy.pausedBecause.join('; ')}. Remove the entries of paused on the Pool to go on.`,
        ),
};

/** One recovery at a time on a pool: two would reckon with the same room and the same members. */
export const noOtherRecoveryRuns: Guard<RecoveryFacts> = {
  name: 'noOtherRecoveryRuns',
  isHeldByPeople: true,
  judge: ({ request }) =>
    request.waitsFor.length === 0
      ? allow('No other recovery runs on this pool.')
      : unknown(
          `It waits until ${request.waitsFor.join(' and ')} is finished; cancel or delete that request to go first.`,
        ),
};

/** A host in Maintenance is silent because people work on it, and cutting its power may hurt them or their work. */
export const hostIsInService: Guard<Pick<MachineFacts, 'target'>> = {
  name: 'hostIsInService',
  judge: ({ target }) =>
    target.state === 'InService'
      ? allow(`${target.name} is declared to be in service.`)
      : deny(`${target.name} is in Maintenance. Set state: InService on the Host if it has really failed.`),
};
