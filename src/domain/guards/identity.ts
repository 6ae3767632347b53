/** Which pool, which host and which machine is meant, and who is master. */

import { whyNotThisMachine } from '../fence/identity.ts';
import { attestationInForce } from '../fence/words.ts';
import { freshOnly } from '../kernel/freshness.ts';
import { allow, deny, unknown, type Verdict } from '../kernel/verdict.ts';
import { oldestMs } from '../xapi/ages.ts';
import { currentPool } from '../xapi/currentPool.ts';
import { type Facts, pinnedRef } from '../xapi/facts.ts';
import type { Guard } from '../xapi/form.ts';
import type { PoolBelief } from '../xapi/pool.ts';

/** The pool's database is known, current, and of the pool that is meant, by UUID. */
export const poolIsThePinnedOne: Guard = {
  name: 'poolIsThePinnedOne',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    if (pool.value.uuid !== facts.target.poolUUID) {
      return deny(
        `The pool that answers is ${pool.value.uuid}, and the Pool pins ${facts.target.poolUUID}. Correct the addresses of its Hosts, or the Pool.`,
      );
    }
    return allow(`The pool is ${pool.value.uuid}.`);
  },
};

/** The pool knows the very host that is meant, under the same reference as when the plan was made. */
export const hostIsThePinnedOne: Guard = {
  name: 'hostIsThePinnedOne',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    const host = pool.value.hosts.get(facts.target.hostUUID);
    if (host === undefined) {
      return deny(`The pool knows no host ${facts.target.hostUUID}. ${whatToDo(facts, pool.value)}`);
    }
    if (facts.plan !== undefined && host.ref !== pinnedRef(facts)) {
      return deny(
        `The pool now knows ${facts.target.name} under another reference than when the plan was made; the pool was restored, or the host joined again. Create a new RecoveryRequest.`,
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
  return `The pool has forgotten it, so there is nothing to release. Last seen on it: ${shown.join(', ')}. Start what is halted by hand once you know that ${name} has no power, and delete the Host ${name}.`;
}

/**
 * What people declare, what the pool shows and what the power controller shows are one machine, and no other machine has
 * any of it. It is asked at every step, also where the step before had nothing to do.
 */
export const machineIsTheOneMeant: Guard = {
  name: 'machineIsTheOneMeant',
  judge: (facts) => {
    const trouble = whyNotThisMachine(facts);
    if (trouble === undefined || (trouble.kind === 'unidentified' && restsOnAWord(facts))) {
      return allow(`Nothing contradicts that ${facts.target.name} is ${facts.target.hostUUID}.`);
    }
    return deny(trouble.because);
  },
};

/** A person speaks of the machine itself, so its controller need not be the right one. */
function restsOnAWord(facts: Facts): boolean {
  return facts.certificate === undefined
    ? attestationInForce(facts) !== undefined
    : facts.certificate.method === 'Attestation';
}

/** Releasing the master needs another procedure: somebody else has to become master first. */
export const hostIsNotTheMaster: Guard = {
  name: 'hostIsNotTheMaster',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    return pool.value.masterUUID === facts.target.hostUUID
      ? deny(
          `${facts.target.name} is the pool master. ReleaseMember is for members; a master that failed has to be replaced as master first.`,
        )
      : allow(`${facts.target.name} is a member, not the master.`);
  },
};

/**
 * Two members that both answer as master are a split pool, and each of them would start the same virtual machines. All
 * other members are asked again between two waves, and one of them, and only one, is the master. A member that was master
 * when this recovery last acted has to say itself that it is none any more: out of sight it may still be one.
 */
export const exactlyOneMasterAnswers: Guard = {
  name: 'exactlyOneMasterAnswers',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    const masters: string[] = [];
    let stale: string | undefined;
    for (const [uuid, answer] of facts.answers) {
      if (uuid === facts.target.hostUUID || !pool.value.hosts.has(uuid)) continue;
      const name = facts.hosts.get(uuid)?.name ?? uuid;
      if (answer.kind === 'known' && answer.value.kind === 'master') masters.push(name);
      if (facts.hosts.get(uuid)?.state === 'Maintenance' && uuid !== pool.value.masterUUID) continue;
      const fresh = whoIsMaster(facts, uuid, name);
      if (fresh.kind === 'missing') stale ??= fresh.because;
    }
    if (masters.length > 1) {
      return deny(
        `${masters.join(' and ')} both answer as pool master. The pool is split: find out which one is right before anything is started.`,
      );
    }
    if (stale !== undefined) return unknown(stale);
    if (masters.length === 0) return unknown('No member answers as pool master now.');
    return whereTheFormerMasterIs(facts, pool.value) ?? allow(`${masters[0]} alone answers as pool master.`);
  },
};

function whoIsMaster(facts: Facts, uuid: string, name: string) {
  return freshOnly(facts.answers.get(uuid), {
    nowMs: facts.nowMs,
    oldestMs: oldestMs.mastersAtEffect,
    what: `Whether ${name} is master`,
  });
}

/** Undefined when no other member was master before, or that one answers as a member now. */
function whereTheFormerMasterIs(facts: Facts, pool: PoolBelief): Verdict | undefined {
  const former = facts.journal.findLast(
    (entry) => entry.master !== undefined && entry.outcome !== 'NotSent',
  )?.master;
  if (former === undefined || former === pool.masterUUID) return undefined;
  const name = facts.hosts.get(former)?.name ?? pool.hosts.get(former)?.name ?? former;
  const answer = whoIsMaster(facts, former, name);
  if (answer.kind === 'missing' && facts.answers.has(former)) return unknown(answer.because);
  if (answer.kind === 'fresh' && answer.value.kind === 'member') return undefined;
  const now = pool.hosts.get(pool.masterUUID)?.name ?? pool.masterUUID;
  return deny(
    `${name} was pool master when this recovery last acted, and ${now} is now. ${name} does not answer as a member, so it may still be master and start the same virtual machines. Let it join ${now}; or, when it has no power for certain, cancel this request and make a new one.`,
  );
}
