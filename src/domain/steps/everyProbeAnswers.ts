import type { Facts, PlannedMachine } from '../xapi/facts.ts';
import type { Part } from '../xapi/form.ts';

/** Done when each started virtual machine with a probe has answered it, or has had its time. */
export const everyProbeAnswers: Part = {
  acts: [],
  done: (facts) => waitingForProbe(facts).length === 0,
  reads: (facts) => waitingForProbe(facts).map(({ id: uuid }) => ({ kind: 'serving', vmUUID: uuid })),
  next: (facts) => {
    const waiting = waitingForProbe(facts);
    return {
      kind: 'wait',
      because: `${waiting
        .slice(0, 5)
        .map((item) => item.name)
        .join(
          ', ',
        )}${waiting.length > 5 ? ` and ${waiting.length - 5} more` : ''} run, and do not serve yet.`,
    };
  },
};

/** Running, with a probe that has neither answered nor used up its time. */
function waitingForProbe(facts: Facts): readonly PlannedMachine[] {
  return (facts.plan?.items ?? []).filter((item) => {
    if (item.state !== 'Running') return false;
    const declared = facts.declared.get(item.id);
    if (declared === undefined || declared.probe === 'none') return false;
    return facts.nowMs - (item.runningSinceMs ?? facts.nowMs) < declared.probeTimeoutMs;
  });
}
