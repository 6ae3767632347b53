import { contrarySign } from '../certificate.ts';
import type { Facts } from '../facts.ts';
import { freshOnly, oldestMs } from '../freshness.ts';
import { whyNotTrusted } from '../trust.ts';
import { allow, deny, type Guard, missing, type Verdict } from '../verdict.ts';
import { attestationInForce, whyAttestationDoesNotCount } from '../words.ts';

/**
 * The fence: an unexpired certificate for this very machine, that nothing contradicts, and that fresh readings still
 * agree with. It is asked at each act that could harm if the member were alive.
 *
 * Theorem: if it allows at the moment of sending (MayGo in ports/hypervisor.ts: nothing is waited for after it), then within the last 5 s the machine's own power controller said off
 * (or a person's word is in force), nobody answered at its address, and the master could not reach it shortly before;
 * and at some moment before, the controller had said off twice at least 10 s apart without anything contrary since.
 */
export const hostIsProvenOff: Guard = {
  name: 'hostIsProvenOff',
  judge: (facts) => {
    const { certificate, target } = facts;
    if (certificate === undefined) return missing(`There is no proof yet that ${target.name} has no power.`);
    if (certificate.voidBecause !== undefined) {
      return deny(`The proof that ${target.name} has no power was ended: ${certificate.voidBecause}`);
    }
    const sign = contrarySign(facts);
    if (sign !== undefined) return deny(sign);
    if (certificate.hostUUID !== target.hostUUID || certificate.serial !== target.serial) {
      return deny(
        `The proof is about another machine (${certificate.hostUUID}, serial ${certificate.serial ?? 'none'}).`,
      );
    }
    if (facts.nowWallMs >= certificate.validUntilWallMs) {
      return missing(`The proof that ${target.name} has no power has expired; it is being made again.`);
    }
    const silence = freshOnly(facts.answers.get(target.hostUUID), {
      nowMs: facts.nowMs,
      oldestMs: oldestMs.silenceAtEffect,
      what: `Whether ${target.name} answers`,
    });
    if (silence.kind === 'missing') return missing(silence.because);
    const contact = freshOnly(facts.masterContact, {
      nowMs: facts.nowMs,
      oldestMs: oldestMs.masterContact,
      what: `Whether the master reaches ${target.name}`,
    });
    if (contact.kind === 'missing') return missing(contact.because);
    return certificate.method === 'Attestation' ? attestedStill(facts) : offStill(facts);
  },
};

function offStill(facts: Facts): Verdict {
  const distrust = whyNotTrusted(facts);
  if (distrust !== undefined) return deny(distrust);
  const last = facts.powerReadings.at(-1);
  const old = last === undefined || facts.nowMs - last.atMs > oldestMs.powerAtEffect;
  if (old || facts.powerUnknown !== undefined) {
    return missing(
      `The power of ${facts.target.name} has to be read again before anything is done: ${facts.powerUnknown ?? 'the last reading is older than 5 s.'}`,
    );
  }
  return allow(`${last.device} says that ${facts.target.name} is off.`);
}

function attestedStill(facts: Facts): Verdict {
  const attestation = attestationInForce(facts);
  return attestation === undefined
    ? missing(
        `The attestation that ${facts.target.name} has no power is no longer in force; it has to be given again. ${whyAttestationDoesNotCount(facts) ?? ''}`.trim(),
      )
    : allow(`${attestation.by} states: ${attestation.statement}`);
}
