import { createSimulation } from '../../src/simulation/simulation.ts';

// Started by guard.test.ts as a process of its own.
const simulation = createSimulation({ seed: 1 });
simulation.start(simulation.spawnOwner('operator'), async () => {
  process.stdout.write('to standard output\n');
  process.stderr.write('to standard error\n');
});
await simulation.run(10);
