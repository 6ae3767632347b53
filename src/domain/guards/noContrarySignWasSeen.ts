import { allow, deny, type Guard } from '../verdict.ts';

/**
 * A proof that was contradicted once stops the recovery where it stands: whatever the next reading says, a person has to
 * find out why the machine showed a sign of life.
 */
export const noContrarySignWasSeen: Guard = {
  name: 'noContrarySignWasSeen',
  judge: ({ certificate, target }) =>
    certificate?.voidBecause === undefined
      ? allow(`Nothing has contradicted that ${target.name} has no power.`)
      : deny(
          `The proof that ${target.name} has no power was contradicted: ${certificate.voidBecause} Find out why, then create a new RecoveryRequest.`,
        ),
};
