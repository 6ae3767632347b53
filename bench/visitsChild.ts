/** The steps of one event in a pool of the size that its argument names (JSON), as a number on standard output. */
import { countSteps } from './coverage.ts';

const events = 40;
/** Longer than it takes until an event is shown, and heard of again. */
const windowMs = 700;
/** Something that happens every second is not to fall into each window. */
const betweenMs = 1_437;

/** Without the splitter of replies, which goes by letters, and 4,096 has more of them than 100. */
const ofOperator = /\/src\/(?:adapters\/xapi\/(?!itemSplitter)|(?:api|controllers|domain|runtime)\/)/;

const steps = await countSteps(ofOperator);
const { createWorld } = await import('../test/sim/world.ts');
const size = JSON.parse(process.argv[2] ?? '{}') as { members: number; virtualServers: number };
const world = createWorld({ lab: { ...size, localVirtualServers: 0 } });
world.startOperator();
await world.applyAndSettle();
await world.pass(2 * 60_000);
const counts: number[] = [];
for (let index = 0; index < events; index++) {
  const machine = world.lab.document.virtualMachines[index % size.virtualServers];
  if (machine === undefined) throw new Error('a lab without virtual machines');
  await steps.take();
  world.lab.steer.label(machine.name, `renamed-${String(index).padStart(4, '0')}`);
  await world.pass(windowMs);
  counts.push(await steps.take());
  await world.pass(betweenMs);
}
// Members answer, and hosts tell of themselves, in some of the windows; in most of them there was nothing but the event.
process.stdout.write(`${counts.toSorted((one, other) => one - other)[events / 2]}\n`);
process.exit(0);
