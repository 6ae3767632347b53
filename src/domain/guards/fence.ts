/** The power of the machine can be cut, was cut, and is proven off. */
import { contrarySign } from '../fence/certificate.ts';
import { cutOf, mayHaveBeenCut, wrongCut } from '../fence/theCut.ts';
import { whyNotTrusted } from '../fence/trust.ts';
import { attestationInForce, whyAttestationDoesNotCount } from '../fence/words.ts';
import { freshOnly } from '../kernel/freshness.ts';
import { allow, deny, unknown, type Verdict } from '../kernel/verdict.ts';
import { cutInVain } from '../steps/cutThePower.ts';
import { oldestMs } from '../xapi/ages.ts';
import { currentPool } from '../xapi/currentPool.ts';
import type { Facts } from '../xapi/facts.ts';
import type { Guard } from '../xapi/form.ts';

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
    if (sign !== undefined) return unknown(`${sign} Its power is not checked.`);
    const last = facts.powerReadings.at(-1);
    const distrust = whyNotTrusted(facts);
    if (last === undefined || facts.powerUnknown !== undefined || distrust !== undefined) {
      if (attestationInForce(facts) !== undefined && contrarySign(facts) === undefined)
        return allow(`A person states that ${name} has no power; no power cut is sent.`);
      if (distrust !== undefined) return deny(`${distrust}${attestationHint(facts)}`);
      const why = facts.powerUnknown ?? 'it has not been read yet';
      return unknown(
        `The power of ${name} could not be read: ${ended(lowered(why))}${attestationHint(facts)}`,
      );
    }
    const inVain = cutInVain(facts);
    if (inVain !== undefined) return deny(inVain);
    if (facts.cannotCutBecause !== undefined && last.power !== 'off')
      return deny(`${ended(facts.cannotCutBecause)}${attestationHint(facts)}`);
    return facts.nowMs - last.atMs > oldestMs.powerAtEffect
      ? unknown(`The power of ${name} was last read too long ago; it is being read again.`)
      : allow(`${last.device} reports the power of ${name}.`);
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
    ? ' Repair the connection to its power controller, or add an attestation rung to the Host.'
    : ` If you have seen for yourself that it has no power, add spec.attestations for ${facts.target.hostUUID}.`;
}

/**
 * Every other member has answered since the power was cut. One that fell silent in that moment means that the cable, the
 * declaration or the controller was another machine's, and that the member that is meant still runs.
 */
export const othersAnsweredSinceTheCut: Guard = {
  name: 'othersAnsweredSinceTheCut',
  judge: (facts) => {
    const cut = cutOf(facts);
    if (cut === undefined) return allow('No power was cut.');
    const wrong = wrongCut(facts);
    if (wrong !== undefined) return deny(wrong);
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    const silent = mayHaveBeenCut(cut, facts, pool.value);
    if (silent !== undefined) {
      return unknown(
        `${silent} has not answered since the power of ${facts.target.name} was cut. Until it does, it may be the machine that was cut.`,
      );
    }
    return allow(`Every other member has answered since the power of ${facts.target.name} was cut.`);
  },
};

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
    if (certificate === undefined) return unknown(`There is no proof yet that ${target.name} has no power.`);
    if (certificate.voidBecause !== undefined) {
      return deny(`The proof that ${target.name} has no power is void: ${certificate.voidBecause}`);
    }
    const sign = contrarySign(facts);
    if (sign !== undefined) return deny(sign);
    if (certificate.hostUUID !== target.hostUUID || certificate.serial !== target.serial) {
      return deny(
        `The proof is about another machine (${certificate.hostUUID}, serial ${certificate.serial ?? 'none'}).`,
      );
    }
    if (facts.nowWallMs >= certificate.validUntilWallMs) {
      return unknown(`The proof that ${target.name} has no power has expired; it is being made again.`);
    }
    const silence = freshOnly(facts.answers.get(target.hostUUID), {
      nowMs: facts.nowMs,
      oldestMs: oldestMs.silenceAtEffect,
      what: `Whether ${target.name} answers`,
    });
    if (silence.kind === 'missing') return unknown(silence.because);
    const contact = freshOnly(facts.masterContact, {
      nowMs: facts.nowMs,
      oldestMs: oldestMs.masterContact,
      what: `Whether the master reaches ${target.name}`,
    });
    if (contact.kind === 'missing') return unknown(contact.because);
    return certificate.method === 'Attestation' ? attestedStill(facts) : offStill(facts);
  },
};

function offStill(facts: Facts): Verdict {
  const distrust = whyNotTrusted(facts);
  if (distrust !== undefined) return deny(distrust);
  const last = facts.powerReadings.at(-1);
  const old = last === undefined || facts.nowMs - last.atMs > oldestMs.powerAtEffect;
  if (old || facts.powerUnknown !== undefined) {
    return unknown(
      `The power of ${facts.target.name} has to be read again before anything is done: ${facts.powerUnknown ?? 'the last reading is older than 5 s.'}`,
    );
  }
  return allow(`${last.device} says that ${facts.target.name} is off.`);
}

function attestedStill(facts: Facts): Verdict {
  const attestation = attestationInForce(facts);
  return attestation === undefined
    ? unknown(
        `The attestation that ${facts.target.name} has no power is no longer in force; it has to be given again. ${whyAttestationDoesNotCount(facts) ?? ''}`.trim(),
      )
    : allow(`${attestation.by} states: ${attestation.statement}`);
}

/**
 * A proof that was contradicted once stops the recovery where it stands: whatever the next reading says, a person has to
 * find out why the machine showed a sign of life. A proof that has run out can be contradicted as well.
 */
export const noContrarySignWasSeen: Guard = {
  name: 'noContrarySignWasSeen',
  judge: (facts) => {
    const { certificate, target } = facts;
    const sign = certificate === undefined ? undefined : (certificate.voidBecause ?? contrarySign(facts));
    return sign === undefined
      ? allow(`Nothing has contradicted that ${target.name} has no power.`)
      : deny(
          `The proof that ${target.name} has no power was contradicted: ${sign} Find out why, then create a new RecoveryRequest.`,
        );
  },
};
