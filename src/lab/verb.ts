import type { Lab } from './lab.ts';

/** One command of the lab. */
export interface Verb {
  readonly name: string;
  readonly description: string;
  readonly args: readonly Word[];
  /** Words after the others, as commander takes them: `<behaviours...>`. */
  readonly rest: string | undefined;
  readonly options: readonly Flag[];
  readonly helpAbout: 'behaviours' | undefined;
  /** Says in one sentence what was done. Throws a sentence when it cannot be. */
  readonly run: (
    lab: Lab,
    words: Readonly<Record<string, string>>,
    rest: readonly string[],
  ) => string | Promise<string>;
}

interface Word<Name extends string = string> {
  readonly name: Name;
  readonly choices?: readonly string[];
}

interface Flag<Name extends string = string> extends Word<Name> {
  /** As commander takes them: `--kind <kind>`. A flag without a value is the word `true`. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string;
}

interface VerbParts<Arg extends string, Option extends string> {
  readonly name: string;
  readonly description: string;
  readonly args?: readonly (Arg | Word<Arg>)[];
  readonly rest?: string;
  readonly options?: readonly Flag<Option>[];
  readonly helpAbout?: 'behaviours';
  readonly run: (lab: Lab, words: Given<Arg, Option>, rest: readonly string[]) => string | Promise<string>;
}

type Given<Arg extends string, Option extends string> = Readonly<Record<Arg, string>> &
  Readonly<Partial<Record<Option, string>>>;

export function verb<const Arg extends string = never, const Option extends string = never>({
  args = [],
  options = [],
  rest,
  helpAbout,
  run,
  ...parts
}: VerbParts<Arg, Option>): Verb {
  return {
    ...parts,
    args: args.map((each) => (typeof each === 'string' ? { name: each } : each)),
    rest,
    options,
    helpAbout,
    // Whoever calls it has seen to it that each word is there.
    run: (lab, words, more) => run(lab, words as Given<never, never> as Given<Arg, Option>, more),
  };
}

export const onOff = ['on', 'off'] as const;

/** Throws a sentence when the word is none of them. */
export function oneOf<T extends string>(known: readonly T[], word: string): T {
  const found = known.find((each) => each === word);
  if (found === undefined) throw new Error(`it is one of ${known.join(', ')}; not ${word}`);
  return found;
}
