/**
 * Whether a power controller may be believed. One that says Off of a machine that answers afterwards, sooner than any
 * machine can boot, lies or belongs to another machine. It was caught once, so it proves nothing until a person has dealt
 * with it. What was held against it is recorded on the Host and survives every restart.
 */
import type { Facts } from '../xapi/facts.ts';

/** No machine boots and answers faster than this. */
export const bootsAtLeastMs = 30_000;

export interface Distrust {
  readonly device: string;
  readonly because: string;
  readonly atWallMs: number;
  /** What people had said by then: when the controller was checked. Minus infinity where nobody had. */
  readonly checkedWallMs: number;
}

/**
 * Whether a person's word that the controller was checked ends what is held against it. It has to be a new word, later than
 * the event and than the word that stood then, since clocks may disagree; one that lies in the future is no word yet.
 */
export function isEnded(distrust: Distrust, checkedWallMs: number, nowWallMs: number): boolean {
  return (
    checkedWallMs > distrust.atWallMs && checkedWallMs > distrust.checkedWallMs && checkedWallMs <= nowWallMs
  );
}

/** An "off" of a controller: when it was asked for, and when it had come. Monotonic. */
export interface OffReading {
  readonly device: string;
  readonly says: string;
  readonly askedMs: number;
  readonly cameMs: number;
}

/** Something was heard of the machine: asked for and heard at these monotonic moments. */
export interface SignOfLife {
  /** "host-3 answered at its own address" */
  readonly by: string;
  readonly askedMs: number;
  readonly heardMs: number;
}

/** The sentence about a controller that a sign of life has caught, or undefined where both can be true. */
export function caughtBy(off: OffReading, life: SignOfLife): string | undefined {
  const after = life.askedMs >= off.cameMs;
  const tooSoon = life.heardMs - off.askedMs < bootsAtLeastMs;
  return after && tooSoon
    ? `${off.device} said "${off.says}", and ${Math.ceil((life.heardMs - off.askedMs) / 1000)} s later ${life.by}. It lies, or it belongs to another machine.`
    : undefined;
}

/** Why what the target's controller says proves nothing, or undefined. */
export function whyNotTrusted(facts: Facts): string | undefined {
  const { distrust, name } = facts.target;
  return distrust === undefined
    ? undefined
    : `The power controller of ${name} was caught: ${distrust.because} Find out why and mend it. Then set spec.power[].redfish.checkedAt of this controller in the Host ${name} to the time at which you did; a time in the future does not count.`;
}
