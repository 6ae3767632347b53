import type { Facts } from '../facts.ts';
import { whyNotThisMachine } from '../identity.ts';
import { allow, deny, type Guard } from '../verdict.ts';
import { attestationInForce } from '../words.ts';

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
