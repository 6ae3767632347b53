/** Command line → adapters → run. No logic: each command is in src/commandLine or, for the lab, in src/lab. */
import { Command } from 'commander';
import { systemClock, systemRandom } from './adapters/clock/systemClock.ts';
import { createSocketNetwork } from './adapters/network/sockets.ts';
import { operatorCommand } from './commandLine/operator.ts';
import { untilStopped } from './commandLine/untilStopped.ts';
import { version } from './commandLine/version.ts';

const surroundings = {
  clock: systemClock,
  random: systemRandom,
  network: createSocketNetwork(),
  print: (line: string) => process.stdout.write(`${line}\n`),
  complain: (line: string) => process.stderr.write(`${line}\n`),
  setExitCode: (code: number) => {
    process.exitCode = code;
  },
  untilStopped,
};

const program = new Command('kintsugi')
  .description(
    'Brings failed hypervisor pools, hosts and virtual servers back by safe, recorded recovery actions, driven by Kubernetes objects.',
  )
  .version(version)
  .showHelpAfterError();
operatorCommand(program, surroundings);
// An operator in a cluster never runs the others, and loading them would cost it a quarter of its memory.
if (process.argv[2] !== 'operator') {
  const { standaloneCommand } = await import('./commandLine/standalone.ts');
  const { labCommand } = await import('./lab/cli.ts');
  standaloneCommand(program, surroundings);
  labCommand(program, surroundings);
}

// A promise that nobody waits for is a bug, and going on after one is worse than starting again: nothing is lost.
process.on('unhandledRejection', (reason) => {
  console.error(reason);
  process.exit(70);
});

try {
  await program.parseAsync();
} catch (error) {
  // What a command refuses is an Error with a sentence; one of the language's own is a bug, and its stack is worth more.
  const bug =
    !(error instanceof Error) ||
    [TypeError, ReferenceError, RangeError, SyntaxError].some((own) => error instanceof own);
  surroundings.complain(bug ? String((error as Error).stack ?? error) : `kintsugi: ${error.message}`);
  process.exit(1);
}
