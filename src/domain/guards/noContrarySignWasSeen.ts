import { contrarySign } from '../certificate.ts';
import { allow, deny, type Guard } from '../verdict.ts';

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
