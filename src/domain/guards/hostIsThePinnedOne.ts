import { currentPool } from '../currentPool.ts';
import type { Facts } from '../facts.ts';
import type { PoolBelief } from '../pool.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/** The pool knows the very host that is meant, under the same reference as when the plan was made. */
export const hostIsThePinnedOne: Guard = {
  name: 'hostIsThePinnedOne',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    const host = pool.value.hosts.get(facts.target.hostUUID);
    if (host === undefined) {
      return deny(`The pool knows no host ${facts.target.hostUUID}. ${whatToDo(facts, pool.value)}`);
    }
    if (facts.plan !== undefined && host.ref !== facts.plan.hostRef) {
      return deny(
        `The pool now knows ${facts.target.name} under another reference than when the plan was made; it was restored or joined anew. Create a new RecoveryRequest.`,
      );
    }
    return allow(`The pool knows ${facts.target.name} as ${host.uuid}.`);
  },
};

/** A host that was forgotten has nothing left to be released; what was on it is where the pool has it now. */
function whatToDo(facts: Facts, pool: PoolBelief): string {
  const { hostUUID, name } = facts.target;
  const seen = new Set(facts.lastSeen.keys());
  for (const [uuid, declared] of facts.declared) if (declared.lastHost === hostUUID) seen.add(uuid);
  const where = [...seen].flatMap((uuid) => {
    const machine = pool.virtualMachines.get(uuid);
    if (machine === undefined) return [];
    const host = machine.residentOn === undefined ? undefined : pool.hosts.get(machine.residentOn)?.name;
    return [`${machine.name} ${host === undefined ? `is ${machine.powerState}` : `runs on ${host}`}`];
  });
  if (where.length === 0)
    return `Correct hostUUID of the Host ${name}, or delete it if the pool has forgotten it.`;
  const shown = where.length > 5 ? [...where.slice(0, 5), `and ${where.length - 5} more`] : where;
  return `It was forgotten there, so there is nothing to release. Of what was last seen on it, ${shown.join(', ')}. Start what is halted by hand once you know that ${name} has no power, and delete the Host ${name}.`;
}
