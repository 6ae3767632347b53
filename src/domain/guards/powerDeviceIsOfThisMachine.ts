import { attestationInForce, contrarySign, whyAttestationDoesNotCount } from '../certificate.ts';
import { currentPool } from '../currentPool.ts';
import type { Facts } from '../facts.ts';
import { oldestMs } from '../freshness.ts';
import { allow, deny, type Guard, missing } from '../verdict.ts';

/**
 * The power that is going to be cut is that of the very machine: the serial that its controller shows is the declared
 * one, and the one that the pool read from the machine's own firmware.
 */
export const powerDeviceIsOfThisMachine: Guard = {
  name: 'powerDeviceIsOfThisMachine',
  judge: (facts) => {
    const { name, serial } = facts.target;
    const last = facts.powerReadings.at(-1);
    if (last === undefined || facts.powerUnknown !== undefined) {
      return attestationInForce(facts) !== undefined && contrarySign(facts) === undefined
        ? allow(`A person states that ${name} has no power, and no device is asked to cut it.`)
        : missing(
            `The power of ${name} could not be read: ${ended(facts.powerUnknown ?? 'it has not been read yet')}${attestationHint(facts)}`,
          );
    }
    if (serial === undefined || last.serial !== serial) {
      return deny(
        `${last.device} shows the serial ${last.serial}, and ${name} is declared with ${serial ?? 'none'}. It controls another machine; correct the Host.`,
      );
    }
    if (facts.nowMs - last.atMs > oldestMs.powerAtEffect) {
      return missing(`The power of ${name} was last read too long ago; it is being read again.`);
    }
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    const inPool = pool.value.hosts.get(facts.target.hostUUID)?.serial ?? '';
    if (inPool !== '' && inPool !== serial) {
      return deny(
        `The pool read the serial ${inPool} from ${name}, and ${last.device} shows ${serial}. It controls another machine; correct the Host.`,
      );
    }
    return allow(`${last.device} shows the serial ${serial}, as declared.`);
  },
};

/** Some of what devices say comes with its full stop and some without. */
function ended(words: string): string {
  return words.endsWith('.') ? words : `${words}.`;
}

function attestationHint(facts: Facts): string {
  const notCounting = whyAttestationDoesNotCount(facts);
  if (notCounting !== undefined) return ` ${notCounting}`;
  return facts.target.attestationMaxMs === undefined
    ? ' Mend the way to its power controller, or add an attestation rung to the Host.'
    : ` If you have made sure by your own eyes that it has no power, add spec.attestations for ${facts.target.hostUUID}.`;
}
