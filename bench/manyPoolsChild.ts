/** CPU of a settled operator with as many pools as its argument names, and its memory: both as JSON on standard output. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startStandIn } from './standIn.ts';

/** Until all is shown and has come to rest; then a part of an hour is measured. */
const settlesMs = 2 * 60_000;
const measuredMs = 4 * 60_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};
const before = heap();
const standIn = startStandIn({ pools: Number(process.argv[2]), hostsOfAPool: 16, machinesOfAPool: 100 });
const { simulation, pools, hosts, virtualServers } = standIn;
await simulation.run(simulation.nowMs + settlesMs);
type Shown = { readonly status?: { readonly conditions?: readonly { type: string; status: string }[] } };
const isReady = ({ status }: Shown): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
const isSettled = [pools, hosts, virtualServers].every((store) =>
  store.list().every((object: Shown) => isReady(object)),
);
if (!isSettled) throw new Error('not everything is Ready');
const heapBytes = heap() - before;
const from = process.cpuUsage();
await simulation.run(simulation.nowMs + measuredMs);
const { user, system } = process.cpuUsage(from);
const cpuSecondsAnHour = ((user + system) / 1e6) * (3_600_000 / measuredMs);
process.stdout.write(`${JSON.stringify({ cpuSecondsAnHour, heapBytes })}\n`);
process.exit(0);
