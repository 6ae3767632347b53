import { allow, deny, type Guard } from '../verdict.ts';

/** A request of mode Plan shows what would be done, and nothing is done for it. */
export const requestAsksForExecution: Guard = {
  name: 'requestAsksForExecution',
  judge: ({ request }) =>
    request.mode === 'Execute'
      ? allow('The request asks for execution.')
      : deny('The request asks for a plan only. Create a RecoveryRequest with mode Execute to carry it out.'),
};
