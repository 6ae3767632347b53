/** A lab behind real sockets with the options of its first argument (JSON); says when it is up. */
import { systemClock, systemRandom } from '../src/adapters/clock/systemClock.ts';
import { labUp } from '../src/lab/up.ts';

const options = JSON.parse(process.argv[2] ?? '{}');
const lab = await labUp({ clock: systemClock, random: systemRandom, ...options });
process.stdout.write(`${JSON.stringify(lab.sheet)}\n`);
