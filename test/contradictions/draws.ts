/** Draws that are part of the tests; a failing one is made small and said in one line. */
import { draw } from './draw.ts';
import { play } from './play.ts';
import { replayLine } from './replay.ts';
import { shrink } from './shrink.ts';
import { note, type Tally } from './tally.ts';

/** In files of their own, so that the cores share them. */
export const drawsPerFile = 250;

export async function playDraws(from: number, count: number, tally: Tally): Promise<readonly string[]> {
  const sentences: string[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const history = draw(seed);
    const played = await play(history);
    note(tally, seed, played);
    const [failure] = played.failures;
    if (failure === undefined) continue;
    // Making it small may take longer than the test may; what is printed here plays it again already.
    console.error(`${failure.kind}: ${failure.sentence}\n${replayLine(history)}`);
    const small = await shrink(history, failure.sort, async (candidate) => (await play(candidate)).failures);
    sentences.push(`${failure.kind}: ${failure.sentence}\n${replayLine(small)}`);
  }
  return sentences;
}
