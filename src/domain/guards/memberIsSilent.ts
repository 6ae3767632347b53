import { contrarySign } from '../certificate.ts';
import { freshOnly, oldestMs } from '../freshness.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/**
 * Nobody has heard of the member for as long as the Pool asks: it does not answer at its own address, the master cannot
 * contact it, and the silence has lasted. This is suspicion, and suspicion is what a fence may start from; it is never
 * proof.
 */
export const memberIsSilent: Guard = {
  name: 'memberIsSilent',
  judge: (facts) => {
    const sign = contrarySign({ ...facts, powerReadings: [] });
    if (sign !== undefined) return deny(`${sign} Only a member that nobody hears of is released.`);
    const answer = freshOnly(facts.answers.get(facts.target.hostUUID), {
      nowMs: facts.nowMs,
      oldestMs: oldestMs.silenceAtEffect,
      what: `Whether ${facts.target.name} answers`,
    });
    if (answer.kind === 'missing') return missing(answer.because);
    if (facts.silentForMs.kind === 'unknown') return missing(facts.silentForMs.because);
    const seconds = Math.floor(facts.silentForMs.value / 1000);
    const needed = Math.ceil(facts.policy.memberTimeoutMs / 1000);
    if (facts.silentForMs.value < facts.policy.memberTimeoutMs) {
      return missing(
        `${facts.target.name} has been silent for ${seconds} s of the ${needed} s that the Pool asks for.`,
      );
    }
    const contact = freshOnly(facts.masterContact, {
      nowMs: facts.nowMs,
      oldestMs: oldestMs.masterContact,
      what: `Whether the master reaches ${facts.target.name}`,
    });
    if (contact.kind === 'missing') return missing(contact.because);
    return allow(
      `${facts.target.name} has been silent for ${seconds} s, and the master cannot contact it either.`,
    );
  },
};
