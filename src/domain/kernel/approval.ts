/** Whether a plan needs the consent of a person, and whether it has it. Decided here and nowhere else. */
import type { RecoveryFacts } from './facts.ts';

/** What is asked about an approval. */
type Asked = Pick<RecoveryFacts, 'risk' | 'policy' | 'request' | 'plan'>;

/** An act of it cannot be undone, or the Pool wants one for every plan. */
export function approvalIsNeeded({ risk, policy }: Pick<RecoveryFacts, 'risk' | 'policy'>): boolean {
  return risk === 'Destructive' || policy.approval === 'Always';
}

/** An approval counts for one plan, by its hash. */
export function isApproved({ plan, request }: Pick<Asked, 'plan' | 'request'>): boolean {
  return plan !== undefined && request.approval?.planHash === plan.hash;
}
