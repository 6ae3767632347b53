import { runScenario } from './scenario.ts';

// Started by determinism.test.ts as a process of its own: prints the histories of the seeds it is given.
for (const seed of process.argv.slice(2)) process.stdout.write(`${await runScenario(Number(seed))}\n`);
