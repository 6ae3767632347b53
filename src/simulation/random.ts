import type { Random } from '../ports/clock.ts';

/**
 * 53 bits out of a seed and a name, as a number in [0, 1). Everything that a simulation leaves to chance is drawn by
 * name and not from one common stream, so that a request or a draw more in one place changes nothing elsewhere.
 */
export function keyedUniform(seed: number, name: string): number {
  let low = 0xdeadbeef ^ seed;
  let high = 0x41c6ce57 ^ Math.imul(seed, 0x9e3779b1);
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    low = Math.imul(low ^ code, 0x9e3779b1);
    high = Math.imul(high ^ code, 0x5f356495);
  }
  const [mixedLow, mixedHigh] = [mix(low ^ (high >>> 15)), mix(high ^ (low >>> 13))];
  return ((mixedHigh & 0x1fffff) * 0x100000000 + mixedLow) / 0x20000000000000;
}

/** A stream of its own for each name; two streams of one seed and name are the same stream. */
export function keyedStream(seed: number, name: string): Random {
  let state = Math.floor(keyedUniform(seed, name) * 0x100000000);
  return {
    next: () => {
      state = (state + 0x9e3779b9) | 0;
      const high = mix(state) >>> 11;
      const low = mix(state ^ 0x6a09e667);
      return (high * 0x100000000 + low) / 0x20000000000000;
    },
  };
}

/** The finishing steps of MurmurHash3: every bit of the input moves every bit of the result. */
function mix(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
