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
    const minutes = Math.floor(pool.value.masterUpForMs / 60_000);
    return pool.value.masterUpForMs < masterSettlesAfterMs
      ? missing(
          `The master's toolstack started ${minutes} min ago. What it believes about its members is only reliable after 11 min; it is being waited for.`,
        )
      : allow(`The master's toolstack has been up for ${minutes} min.`);
  },
};

export const masterSettlesAfterMs = 11 * 60_000;
