/**
 * `npm run simulate -- --draws 1000 --seed 7`: plays drawn histories of a world that contradicts itself. A history that
 * goes wrong is made small and printed as one line that plays it again.
 */
import { Command, InvalidArgumentError } from 'commander';
import { draw, everything, type Profile } from './draw.ts';
import type { History } from './history.ts';
import { type Failure, type Played, play } from './play.ts';
import { historyOf, replayLine } from './replay.ts';
import { shrink } from './shrink.ts';
import { inWords, newTally, note, type Tally } from './tally.ts';

interface Flags {
  readonly draws: number;
  readonly seed: number;
  readonly replay?: string;
  readonly shrink: boolean;
  readonly with: Profile;
}

const flags = new Command('simulate')
  .description(
    'Plays drawn histories of a world that contradicts itself, and asks after each act whether it was safe.',
  )
  .option('--draws <n>', 'how many histories', Number, 100)
  .option('--seed <n>', 'of the first history; the next ones count on', Number, 1)
  .option('--replay <word>', 'one history that was printed before, with all that happens in it')
  .option(
    '--with <kinds>',
    `kinds that every history has: ${Object.keys(everything).join(', ')}`,
    withKinds,
    everything,
  )
  .option('--no-shrink', 'print failing histories as they were drawn')
  .parse()
  .opts<Flags>();

if (flags.replay === undefined) await playMany(flags);
else await playOne(historyOf(flags.replay));

function withKinds(words: string): Profile {
  const kinds = words.split(',');
  const wrong = kinds.find((kind) => !(kind in everything));
  if (wrong !== undefined) throw new InvalidArgumentError(`There is no kind ${wrong}.`);
  return { ...everything, ...Object.fromEntries(kinds.map((kind) => [kind, 1])) };
}

async function playMany({ draws, seed, shrink: small, with: profile }: Flags): Promise<void> {
  const startedMs = performance.now();
  const tally = newTally();
  for (let number = seed; number < seed + draws; number++) {
    const history = draw(number, profile);
    const played = await play(history);
    note(tally, number, played);
    for (const failure of oneOfEachSort(played.failures)) await report(number, history, failure, small);
    if (tally.draws % 25 === 0) console.log(`${tally.draws} of ${draws}: ${summary(tally)}`);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(
    `acts: ${inWords(tally.acts)}\nends: ${inWords(tally.endings)}\nrefused by: ${inWords(tally.refusals)}`,
  );
  console.log(
    `${tally.draws} draws from seed ${seed}: ${summary(tally)}, ${seconds.toFixed(0)} s (${((seconds * 1000) / tally.draws).toFixed(0)} ms each)`,
  );
  if (tally.failures.length > 0) process.exitCode = 1;
}

function summary({ acted, explained, failures }: Tally): string {
  const of = (...kinds: readonly Failure['kind'][]): number =>
    failures.filter(({ failure }) => kinds.includes(failure.kind)).length;
  return `${of('corruption')} corruptions, ${of('unnamed')} unnamed machines, ${of('error', 'noSentence', 'endless')} other faults; ${acted} acted, ${explained} were misled`;
}

function oneOfEachSort(failures: readonly Failure[]): readonly Failure[] {
  return failures.filter(
    (failure, index) => failures.findIndex(({ sort }) => sort === failure.sort) === index,
  );
}

async function report(seed: number, history: History, failure: Failure, small: boolean): Promise<void> {
  console.log(`seed ${seed}: ${failure.kind}: ${failure.sentence}`);
  const failing = small
    ? await shrink(history, failure.sort, async (candidate) => (await play(candidate)).failures)
    : history;
  console.log(replayLine(failing));
}

async function playOne(history: History): Promise<void> {
  const { events, ...rest } = history;
  console.log(JSON.stringify(rest));
  for (const event of events) console.log(JSON.stringify(event));
  const played = await play(history);
  for (const line of story(played)) console.log(line);
  if (played.failures.length > 0) process.exitCode = 1;
}

function story({ acts, ending, failures, world }: Played): readonly string[] {
  return [
    ...acts.map(({ effect, judgement, atMs }) => {
      const on = effect.onHost === undefined ? '' : ` on ${effect.onHost}`;
      const why = judgement.kind === 'explained' ? `: ${judgement.what}, by ${judgement.by}` : '';
      return `${Math.round(atMs / 1000)} s ${effect.kind} ${effect.target}${on} (${judgement.kind}${why})`;
    }),
    ...world.lab.verdict().violations.map(({ sentence }) => `oracle: ${sentence}`),
    ...(ending?.requests ?? []).flatMap(({ metadata, status }) => [
      `${metadata.name}: ${status?.phase}: ${status?.conditions?.find((one) => one.type === 'Ready')?.message}`,
      ...(status?.items ?? []).map(({ name, state, why }) => `  ${name} ${state} ${why ?? ''}`),
    ]),
    ...failures.map(({ kind, sentence }) => `FAILURE ${kind}: ${sentence}`),
    failures.length === 0 ? 'nothing went wrong' : `${failures.length} things went wrong`,
  ];
}
