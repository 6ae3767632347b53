import { keyedStream } from '../../src/simulation/random.ts';

/** Chance of one aspect of a history, so that a draw more in one aspect changes nothing in the others. */
export interface Chance {
  /** True so often. */
  in(probability: number): boolean;
  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number;
  /** Short spans oftener than long ones. */
  span(from: number, to: number): number;
  of<T>(choices: readonly T[]): T;
  /** By weight. */
  weighed<T>(choices: readonly (readonly [number, T])[]): T;
}

export function chanceOf(seed: number, aspect: string): Chance {
  const { next } = keyedStream(seed, `contradictions ${aspect}`);
  const whole = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const of = <T>(choices: readonly T[]): T => choices[whole(0, choices.length - 1)] as T;
  return {
    in: (probability) => next() < probability,
    whole,
    span: (from, to) => Math.round(from + (to - from) * next() ** 3),
    of,
    weighed: (choices) => {
      let left = next() * choices.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, choice] of choices) {
        left -= weight;
        if (left < 0) return choice;
      }
      return (choices.at(-1) as readonly [number, (typeof choices)[number][1]])[1];
    },
  };
}
