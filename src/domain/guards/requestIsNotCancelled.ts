import { allow, deny, type Guard } from '../verdict.ts';

export const requestIsNotCancelled: Guard = {
  name: 'requestIsNotCancelled',
  judge: ({ request }) =>
    request.cancelled
      ? deny('The request was cancelled; nothing more is started for it.')
      : allow('The request is not cancelled.'),
};
