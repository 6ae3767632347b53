/**
 * The generator finds what it is there for: each of these takes one mend out, and draws from a fixed seed until a history
 * ends in a corruption that nothing explains. With the mends in place the same draws end in none.
 */
import { afterEach, expect, test, vi } from 'vitest';
import type { Verdict } from '../../src/domain/kernel/verdict.ts';
import type { Facts } from '../../src/domain/xapi/facts.ts';
import { draw, type Profile } from './draw.ts';
import type { History } from './history.ts';
import {
  isOfAnotherMember,
  isOfTheSpare,
  movedAway,
  offWhileItAnswers,
  wordBeforeTheRest,
  wordThenRestart,
} from './ingredients.ts';
import { ofControllers, ofIdentity, ofMoving, ofWords, ofWrongCuts } from './profiles.ts';

type Words = typeof import('../../src/domain/fence/words.ts');

const identity = '../../src/domain/fence/identity.ts';
const others = '../../src/domain/guards/fence.ts';
const fails = '../../src/domain/guards/failure.ts';
const theCut = '../../src/domain/fence/theCut.ts';
const words = '../../src/domain/fence/words.ts';
const trust = '../../src/domain/fence/trust.ts';
const moving = '../../src/domain/xapi/moving.ts';

interface Tooth {
  /** What is taken out. */
  readonly without: string;
  readonly takeOut: () => void;
  readonly profile: Profile;
  readonly needs: (history: History) => boolean;
  /** The first draw. */
  readonly from: number;
  /** The corruption that comes of it. */
  readonly finds: RegExp;
}

/** Words as they would be judged if nothing that ended one were kept. */
const forgetful = (facts: Facts): Facts => ({
  ...facts,
  words: [],
  target: withoutSign(facts.target),
});

/** Words as they would be judged if it mattered only what the operator itself hears. */
const selfCentred = (facts: Facts): Facts => ({
  ...facts,
  masterContact: { kind: 'unknown', because: 'Nobody asked the master.' },
  target: withoutSign(facts.target),
});

function withoutSign(target: Facts['target']): Facts['target'] {
  const { lastSignOfLife: _, ...rest } = target;
  return { ...rest, lastSignOfLife: undefined };
}

function wordsSeenThrough(see: (facts: Facts) => Facts, kept: 'kept' | 'forgotten'): void {
  vi.doMock(words, async (original) => {
    const real = await original<Words>();
    return {
      ...real,
      followWords: (facts: Facts) => (kept === 'kept' ? real.followWords(see(facts)) : facts.words),
      attestationInForce: (facts: Facts) => real.attestationInForce(see(facts)),
      whyAttestationDoesNotCount: (facts: Facts) => real.whyAttestationDoesNotCount(see(facts)),
    };
  });
}

const withoutIdentity = (): void => {
  vi.doMock(identity, async (original) => ({
    ...(await original<object>()),
    whyNotThisMachine: () => undefined,
  }));
};

const teeth: readonly Tooth[] = [
  {
    without: 'what makes a machine this machine, a member that runs is declared dead',
    takeOut: withoutIdentity,
    profile: ofIdentity,
    needs: isOfTheSpare,
    from: 400,
    finds: /declared dead while it runs/,
  },
  {
    without: 'what makes a machine this machine, the power of another machine is cut',
    takeOut: withoutIdentity,
    profile: ofIdentity,
    needs: isOfAnotherMember,
    from: 1,
    finds: /the power of another machine was cut/,
  },
  {
    without:
      'the questions who fell silent at the cut and who else fails, a member that runs is declared dead after another one was cut',
    takeOut: () => {
      const verdict: Verdict = { kind: 'allow', because: 'It was taken out.' };
      vi.doMock(theCut, async (original) => ({ ...(await original<object>()), wrongCut: () => undefined }));
      // It stops there as well, but for the seconds before it has asked everybody again.
      vi.doMock(fails, async (original) => ({
        ...(await original<object>()),
        noOtherMemberFails: { name: 'noOtherMemberFails', judge: () => verdict },
      }));
      vi.doMock(others, async (original) => ({
        ...(await original<object>()),
        othersAnsweredSinceTheCut: { name: 'othersAnsweredSinceTheCut', judge: () => verdict },
      }));
    },
    profile: ofWrongCuts,
    needs: isOfAnotherMember,
    from: 1,
    finds: /declared dead while it runs/,
  },
  {
    without: 'the memory of what ended a word, the word counts again after a restart',
    takeOut: () => wordsSeenThrough(forgetful, 'forgotten'),
    profile: ofWords,
    needs: wordThenRestart,
    from: 1560,
    finds: /while it runs/,
  },
  {
    without: 'signs of life that came to others, a word counts that the master contradicted',
    takeOut: () => wordsSeenThrough(selfCentred, 'kept'),
    profile: ofWords,
    needs: wordBeforeTheRest,
    from: 1,
    finds: /while it runs/,
  },
  {
    without: 'distrust of a controller that was caught, its Off is taken for proof',
    takeOut: () => {
      vi.doMock(trust, async (original) => ({
        ...(await original<object>()),
        caughtBy: () => undefined,
        whyNotTrusted: () => undefined,
      }));
    },
    profile: ofControllers,
    needs: offWhileItAnswers,
    from: 1,
    finds: /while it runs/,
  },
  {
    without: 'the other end of a move, a machine is started at a third place',
    takeOut: () => {
      vi.doMock(moving, async (original) => ({
        ...(await original<object>()),
        otherEnd: () => undefined,
        holderElsewhere: () => undefined,
        onlyPlace: () => undefined,
      }));
    },
    profile: ofMoving,
    needs: movedAway,
    from: 40,
    finds: /while it runs elsewhere|runs on|virtualMachineRunsTwice|diskWritten/,
  },
];

/** Of those that have the ingredients. */
const playedAtMost = 40;

/** The modules anew, so that what is taken out is out. */
async function firstCorruption({ profile, needs, from, finds }: Tooth): Promise<number | undefined> {
  vi.resetModules();
  const { play } = await import('./play.ts');
  for (let seed = from, played = 0; played < playedAtMost; seed++) {
    const history = draw(seed, profile);
    if (!needs(history)) continue;
    played += 1;
    const { failures } = await play(history, 'firstCorruption');
    if (failures.some(({ kind, sentence }) => kind === 'corruption' && finds.test(sentence))) return seed;
  }
  return undefined;
}

afterEach(() => {
  for (const module of [identity, others, fails, theCut, words, trust, moving]) vi.doUnmock(module);
  vi.resetModules();
});

for (const tooth of teeth) {
  test(`without ${tooth.without}`, async () => {
    tooth.takeOut();
    expect(await firstCorruption(tooth)).toBeDefined();
  }, 600_000);
}
