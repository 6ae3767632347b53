import { allow, deny, type Guard } from '../verdict.ts';

/** Cancelling stops whatever has not been sent yet, at any step. */
export const requestIsNotCancelled: Guard = {
  name: 'requestIsNotCancelled',
  judge: ({ request }) =>
    request.cancelled
      ? deny('The request was cancelled; nothing more is started for it.')
      : allow('The request is not cancelled.'),
};
