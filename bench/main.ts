/** `npm run bench`: the project's figures and their bars, as a table; `-- --json` for machines. Judges nothing. */
import { cachedObjectsFigure } from './cachedObjects.ts';
import { cutWatchFigure } from './cutWatches.ts';
import { eventFigure } from './events.ts';
import { type Figure, line } from './figure.ts';
import { idleCpuFigure } from './idleCpu.ts';
import { killFigure } from './kills.ts';
import { largeRecordFigure } from './largeRecord.ts';
import { manyPoolsFigure } from './manyPools.ts';
import { memoryFigure } from './memory.ts';
import { planFigure } from './plan.ts';
import { overheadFigure } from './recovery.ts';
import { structureFigure } from './recoveryInSimulation.ts';
import { idleCounts, recoveryCounts } from './simulated.ts';
import { startFigure } from './start.ts';
import { startStepFigure } from './startStep.ts';
import { visitFigure } from './visits.ts';

const json = process.argv.includes('--json');
const measures: readonly (readonly [what: string, run: () => Promise<readonly Figure[]>])[] = [
  ['the plan of a large pool', planFigure],
  ['a recovery of 100 virtual machines, counted', recoveryCounts],
  ['the record of a request of 4,096 virtual machines', largeRecordFigure],
  ['an idle hour, counted', idleCounts],
  ['the start of an operator at two sizes', startFigure],
  ['an event of one virtual machine at two sizes', eventFigure],
  ['the steps of such an event, counted', visitFigure],
  ['a request that starts its machines at two sizes', startStepFigure],
  ['500 settled pools beside 50', manyPoolsFigure],
  ['a watch that is cut every 5 s', cutWatchFigure],
  ['a kill at each act, counted', killFigure],
  ['a recovery of 100 virtual machines over real sockets', overheadFigure],
  ['the same recovery in the simulation', structureFigure],
  ['the CPU of an idle operator', idleCpuFigure],
  ['the memory of an operator with 5,000 objects in its caches', cachedObjectsFigure],
  ['the memory of an operator with 64 hosts and 4,096 virtual machines', memoryFigure],
];

const figures: Figure[] = [];
for (const [what, run] of measures) {
  process.stderr.write(`measuring ${what} …\n`);
  figures.push(...(await run()));
}
if (json) process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
else for (const figure of figures) process.stdout.write(`${line(figure)}\n`);
process.exit(0);
