import { currentPool } from '../currentPool.ts';
import { allow, type Guard, missing } from '../verdict.ts';

/**
 * For eleven minutes after a master's toolstack started, what it believes about liveness is wrong on every version, in one
 * direction or the other (600 s of assumed life plus one pass of 30 s, or assumed death until the first heartbeat).
 */
export const masterHasBeenUpLongEnough: Guard = {
  name: 'masterHasBeenUpLongEnough',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return missing(pool.because);
    const { masterUpForMs, masterUpUnsureBecause } = pool.value;
    const minutes = Math.floor(masterUpForMs / 60_000);
    if (masterUpForMs >= masterSettlesAfterMs) {
      return allow(`The master's toolstack has been up for ${minutes} min.`);
    }
    return missing(
      masterUpUnsureBecause === undefined
        ? `The master's toolstack started ${minutes} min ago. What it believes about its members is only reliable after 11 min; it is being waited for.`
        : `It is not known how long the master's toolstack has been up: ${masterUpUnsureBecause}. What it believes about its members is only reliable after 11 min, of which ${minutes} are certain.`,
    );
  },
};

export const masterSettlesAfterMs = 11 * 60_000;
