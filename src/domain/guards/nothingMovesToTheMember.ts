import { currentPool } from '../currentPool.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/** A start or a migration onto the member means that somebody else acts on its virtual machines right now. */
export const nothingMovesToTheMember: Guard = {
  name: 'nothingMovesToTheMember',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    const moving = [...pool.value.virtualMachines.values()].filter(
      (machine) =>
        machine.scheduledOn === facts.target.hostUUID && machine.residentOn !== facts.target.hostUUID,
    );
    return moving.length > 0
      ? deny(
          `${moving.map((machine) => machine.name).join(', ')} is being started on or moved to ${facts.target.name}. Cancel that task in the pool first.`,
        )
      : allow(`Nothing is being moved to ${facts.target.name}.`);
  },
};
