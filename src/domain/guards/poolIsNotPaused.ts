import { allow, type Guard, missing } from '../verdict.ts';

/** Whoever works on the pool can stop everything here at once, with a reason that others read. */
export const poolIsNotPaused: Guard = {
  name: 'poolIsNotPaused',
  judge: ({ policy }) =>
    policy.pausedBecause.length === 0
      ? allow('The pool is not paused.')
      : missing(
          `The pool is paused: ${policy.pausedBecause.join('; ')}. Remove the entries of paused on the Pool to go on.`,
        ),
};
