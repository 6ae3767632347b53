import { allow, type Guard, missing } from '../verdict.ts';

/** One recovery at a time on a pool: two would reckon with the same room and the same members. */
export const noOtherRecoveryRuns: Guard = {
  name: 'noOtherRecoveryRuns',
  judge: ({ request }) =>
    request.waitsFor.length === 0
      ? allow('No other recovery runs on this pool.')
      : missing(
          `It waits until ${request.waitsFor.join(' and ')} is finished; cancel or delete that request to go first.`,
        ),
};
