/** The counter-example: what a script does that takes the pool's word for a death. The oracle has to name the corruption. */
import { createSocketNetwork } from '../adapters/network/sockets.ts';
import { runNaiveRecovery } from '../lab/naiveScript.ts';
import { sleep } from '../ports/clock.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

const victim = 'host-3';

/** Resolves true when the oracle named the corrupted disk, the two hosts and the instant. */
export async function unsafeStory(stage: Stage, screen: Screen): Promise<boolean> {
  screen.heading(
    `${victim} is cut from the management network; its virtual machines go on writing to their disks`,
  );
  await stage.steer('partition', victim, 'everyone');
  screen.good(`nobody reaches ${victim}`);

  screen.heading(
    'A script that trusts XAPI: declare it dead, start its virtual machines elsewhere, no fence',
  );
  const member = stage.document.members.find((one) => one.name === victim);
  if (member === undefined) throw new Error(`the lab has no ${victim}`);
  const outcome = await runNaiveRecovery({
    network: createSocketNetwork(),
    clock: stage.clock,
    document: stage.document,
    hostUUID: member.hostUUID,
    say: (sentence) => screen.line(sentence),
  });
  screen.line(`the script is content: ${outcome.started.length} virtual machines started`);

  screen.heading('What really happened');
  const corrupted = await firstCorruption(stage, screen);
  if (corrupted === undefined) {
    screen.bad('the oracle saw nothing, so it has no teeth');
    return false;
  }
  for (const sentence of corrupted.sentences) screen.bad(sentence);
  screen.good('the oracle names the disk, the two hosts and the instant: it has teeth');
  return true;
}

/** Two domains must each have written; that takes a moment after the starts. */
async function firstCorruption(
  stage: Stage,
  screen: Screen,
): Promise<{ readonly sentences: readonly string[] } | undefined> {
  for (let look = 0; look < 40; look++) {
    const { violations } = await stage.verdict();
    const named = violations.filter(
      (one) => one.kind === 'diskWrittenByTwoDomains' && one.disk !== undefined && one.hosts.length === 2,
    );
    if (named.length > 0) return { sentences: named.map((one) => one.sentence) };
    screen.waiting('the oracle watches the disks');
    await sleep(stage.clock, 500);
  }
  return undefined;
}
