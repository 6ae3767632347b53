/** `npm run demo`: one dead member, recovered end to end, on this machine alone. */
import { Command } from 'commander';
import { systemClock } from '../adapters/clock/systemClock.ts';
import { untilStopped } from '../commandLine/untilStopped.ts';
import { colors } from '../terminal/colors.ts';
import { recoveryStory } from './recovery.ts';
import { createScreen } from './screen.ts';
import { openApi, openLab, type Stage } from './stage.ts';
import { unsafeStory } from './unsafe.ts';

interface Flags {
  readonly keep?: true;
  readonly unsafe?: true;
}

const flags = new Command('npm run demo --')
  .description('Shows the recovery of one dead member from beginning to end, in a lab on this machine.')
  .option('--keep', 'leave everything running at the end and print kubectl lines to play with')
  .option(
    '--unsafe',
    'show what a script without a fence does in the same scene; succeeds when the oracle caught it',
  )
  .parse()
  .opts<Flags>();

const screen = createScreen(process.stdout, systemClock);
const stopped = untilStopped();
let stage: Stage | undefined;
let stopping = false;
void stopped.then(async () => {
  stopping = true;
  screen.settle();
  await stage?.close();
  process.exit(130);
});

try {
  stage = await openLab(screen, systemClock);
  let passed: boolean;
  if (flags.unsafe === true) {
    passed = await unsafeStory(stage, screen);
  } else {
    const withApi = await openApi(stage, screen);
    stage = withApi;
    passed = await recoveryStory(withApi, screen);
    if (flags.keep === true) await keep(withApi);
  }
  screen.line();
  screen.line(
    passed ? colors.green('The demo ended as it should.') : colors.red('The demo did not end as it should.'),
  );
  process.exitCode = passed ? 0 : 1;
} catch (error) {
  if (!stopping) {
    screen.settle();
    screen.bad(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
} finally {
  if (!stopping) {
    await stage?.close();
    process.exit();
  }
}

async function keep(withApi: Awaited<ReturnType<typeof openApi>>): Promise<void> {
  const { kubeconfig, labFolder } = withApi;
  screen.heading('Everything is left running. In another terminal, in this folder:');
  for (const words of [
    `export KUBECONFIG=${kubeconfig}`,
    `export LAB=${labFolder}`,
    'kubectl get kintsugi',
    'kubectl describe rr release-host-3',
    'kubectl explain recoveryrequest.spec',
    'npx kintsugi lab status --state $LAB',
    'npx kintsugi lab verdict --state $LAB',
  ]) {
    screen.verbatim(words, 'whole');
  }
  screen.note('The README goes on from here. Ctrl-C ends it and removes everything.');
  screen.waiting('until you press Ctrl-C');
  await stopped;
  await new Promise<never>(() => {});
}
