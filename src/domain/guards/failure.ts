/** The member has failed, it alone, and nobody works on it. */
import { contrarySign } from '../fence/certificate.ts';
import { freshOnly } from '../kernel/freshness.ts';
import { allow, deny, unknown } from '../kernel/verdict.ts';
import { oldestMs } from '../xapi/ages.ts';
import { currentPool } from '../xapi/currentPool.ts';
import type { Facts } from '../xapi/facts.ts';
import type { Guard } from '../xapi/form.ts';

/**
 * Nobody has heard of the member for as long as the Pool asks: it does not answer at its own address, the master cannot
 * contact it, and the silence has lasted. This is suspicion, and suspicion is what a fence may start from; it is never
 * proof.
 */
export const memberIsSilent: Guard = {
  name: 'memberIsSilent',
  judge: (facts) => {
    const sign = contrarySign({ ...facts, powerReadings: [] });
    if (sign !== undefined) return deny(`${sign} Only a silent member can be released.`);
    const answer = freshOnly(facts.answers.get(facts.target.hostUUID), {
      nowMs: facts.nowMs,
      oldestMs: oldestMs.silenceAtEffect,
      what: `Whether ${facts.target.name} answers`,
    });
    if (answer.kind === 'missing') return unknown(answer.because);
    if (facts.silentForMs.kind === 'unknown') return unknown(facts.silentForMs.because);
    const seconds = Math.floor(facts.silentForMs.value / 1000);
    const needed = Math.ceil(facts.policy.memberTimeoutMs / 1000);
    if (facts.silentForMs.value < facts.policy.memberTimeoutMs) {
      return unknown(
        `${facts.target.name} has been silent for ${seconds} s of the ${needed} s that the Pool asks for.`,
      );
    }
    const contact = freshOnly(facts.masterContact, {
      nowMs: facts.nowMs,
      oldestMs: oldestMs.masterContact,
      what: `Whether the master reaches ${facts.target.name}`,
    });
    if (contact.kind === 'missing') return unknown(contact.because);
    return allow(
      `${facts.target.name} has been silent for ${seconds} s, and the master cannot contact it either.`,
    );
  },
};

/**
 * Members that fail together rarely fail by themselves: a switch, a site or the storage has. More than the allowed number
 * stops everything, and a member of which it is not known counts as a reason to wait.
 */
export const noOtherMemberFails: Guard = {
  name: 'noOtherMemberFails',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    const failing: string[] = answersItself(facts) ? [] : [facts.target.name];
    for (const host of pool.value.hosts.values()) {
      if (host.uuid === facts.target.hostUUID || facts.hosts.get(host.uuid)?.state === 'Maintenance')
        continue;
      const answer = freshOnly(facts.answers.get(host.uuid), {
        nowMs: facts.nowMs,
        oldestMs: oldestMs.otherMembers,
        what: `Whether ${host.name} answers`,
      });
      if (answer.kind === 'missing') {
        return unknown(
          facts.hosts.has(host.uuid)
            ? answer.because
            : `${host.name} is a pool member without a Host, so it is not known whether it fails too. Create a Host for it.`,
        );
      }
      if (answer.value.kind !== 'master' && answer.value.kind !== 'member') failing.push(host.name);
    }
    return failing.length > facts.policy.failedMembers
      ? deny(
          `${failing.length} members fail at the same time (${failing.join(', ')}), and the Pool allows ${facts.policy.failedMembers}. Look for the common cause first: the network, the site, the storage.`,
        )
      : allow(
          failing.length > 1
            ? `${failing.length} members fail, which the Pool allows.`
            : 'All other members answer.',
        );
  },
};

/** Whether it may be released is another guard's question; here it only must not be counted as failing when it is not. */
function answersItself(facts: Facts): boolean {
  const answer = facts.answers.get(facts.target.hostUUID);
  return answer?.kind === 'known' && (answer.value.kind === 'master' || answer.value.kind === 'member');
}

/** A reboot, shutdown or evacuation that somebody asked for is not a failure. */
export const memberIsNotBeingWorkedOn: Guard = {
  name: 'memberIsNotBeingWorkedOn',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    const operations = pool.value.hosts.get(facts.target.hostUUID)?.currentOperations ?? [];
    return operations.length > 0
      ? deny(
          `The pool is doing ${operations.join(', ')} on ${facts.target.name}. Wait until that has ended, or cancel it.`,
        )
      : allow(`No planned operation runs on ${facts.target.name}.`);
  },
};

/** A start or a migration onto the member means that somebody else acts on its virtual machines right now. */
export const nothingMovesToTheMember: Guard = {
  name: 'nothingMovesToTheMember',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
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
