import { contrarySign } from '../certificate.ts';
import type { Facts } from '../facts.ts';
import { oldestMs } from '../freshness.ts';
import { cutInVain } from '../steps/cutThePower.ts';
import { whyNotTrusted } from '../trust.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';
import { attestationInForce, whyAttestationDoesNotCount } from '../words.ts';

/**
 * A controller that was never caught lying has just told the power of the machine, and may cut it; or a person's word
 * stands for it. That it is the controller of this very machine is asked by machineIsTheOneMeant.
 */
export const powerCanBeCut: Guard = {
  name: 'powerCanBeCut',
  judge: (facts) => {
    const { name } = facts.target;
    // While it is heard of, what its controller says changes with each sign of life and decides nothing.
    const sign = contrarySign({ ...facts, powerReadings: [] });
    if (sign !== undefined) return missing(`${sign} Its power is not looked at.`);
    const last = facts.powerReadings.at(-1);
    const distrust = whyNotTrusted(facts);
    if (last === undefined || facts.powerUnknown !== undefined || distrust !== undefined) {
      if (attestationInForce(facts) !== undefined && contrarySign(facts) === undefined)
        return allow(`A person states that ${name} has no power, and no device is asked to cut it.`);
      if (distrust !== undefined) return deny(`${distrust}${attestationHint(facts)}`);
      const why = facts.powerUnknown ?? 'it has not been read yet';
      return missing(
        `The power of ${name} could not be read: ${ended(lowered(why))}${attestationHint(facts)}`,
      );
    }
    const inVain = cutInVain(facts);
    if (inVain !== undefined) return deny(inVain);
    if (facts.cannotCutBecause !== undefined && last.power !== 'off')
      return deny(`${ended(facts.cannotCutBecause)}${attestationHint(facts)}`);
    return facts.nowMs - last.atMs > oldestMs.powerAtEffect
      ? missing(`The power of ${name} was last read too long ago; it is being read again.`)
      : allow(`${last.device} tells the power of ${name}.`);
  },
};

/** Some of what devices say comes with its full stop and some without. */
function ended(words: string): string {
  return words.endsWith('.') ? words : `${words}.`;
}

/** A sentence that stands alone on the Host goes on after a colon here. */
function lowered(words: string): string {
  return words.startsWith('It ') ? `it ${words.slice(3)}` : words;
}

function attestationHint(facts: Facts): string {
  const notCounting = whyAttestationDoesNotCount(facts);
  if (notCounting !== undefined) return ` ${notCounting}`;
  return facts.target.attestationMaxMs === undefined
    ? ' Mend the way to its power controller, or add an attestation rung to the Host.'
    : ` If you have made sure by your own eyes that it has no power, add spec.attestations for ${facts.target.hostUUID}.`;
}
