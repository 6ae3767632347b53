import { allow, deny, type Guard } from '../verdict.ts';

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
