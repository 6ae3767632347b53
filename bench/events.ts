/** What one event about one virtual machine costs the operator, at two sizes of the pool: it is to cost what it touches. */
import { createWorld, type World } from '../test/sim/world.ts';
import type { Figure } from './figure.ts';

const events = 120;
const everyMs = 2_000;

export async function eventFigure(): Promise<readonly Figure[]> {
  const small = await cpuPerEventMs({ members: 4, virtualServers: 100 });
  const large = await cpuPerEventMs({ members: 64, virtualServers: 4_096 });
  return [
    {
      name: `an event of one virtual machine: CPU with 64 hosts, 4,096 machines ÷ with 4, 100 (${small.toFixed(1)} ms)`,
      value: large / small,
      unit: '',
      bar: 2,
    },
  ];
}

/** Another name for a virtual machine: read from the event stream, believed, shown by its VirtualServer. */
async function cpuPerEventMs(size: {
  readonly members: number;
  readonly virtualServers: number;
}): Promise<number> {
  const world = createWorld({ lab: { ...size, localVirtualServers: 0 } });
  world.startOperator();
  await world.applyAndSettle();
  await world.pass(2 * 60_000);
  const idleMs = await cpuOf(world, () => {});
  const busyMs = await cpuOf(world, (index) => {
    const machine = world.lab.document.virtualMachines[index % size.virtualServers];
    if (machine !== undefined) world.lab.steer.label(machine.name, `renamed-${index}`);
  });
  return Math.max(0.01, busyMs - idleMs) / events;
}

async function cpuOf(world: World, happens: (index: number) => void): Promise<number> {
  const from = process.cpuUsage();
  for (let index = 0; index < events; index++) {
    happens(index);
    await world.pass(everyMs);
  }
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}
