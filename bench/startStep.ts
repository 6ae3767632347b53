/** What a request costs while its starts are under way, at two sizes of the pool: it is to cost what it concerns. */
import { createWorld } from '../test/sim/world.ts';
import type { Figure } from './figure.ts';
import { cpuUnderMs } from './profile.ts';

const lost = 'host-3';
/** A start takes so long here that the first wave is under way all the time that is measured. */
const startMs = 170_000;
const measuredSeconds = 100;
const ofRecoveries = /\/src\/controllers\/recovery\//;

export async function startStepFigure(): Promise<readonly Figure[]> {
  const small = await cpuPerSecondMs({ members: 4, virtualServers: 100 });
  const large = await cpuPerSecondMs({ members: 64, virtualServers: 4_096 });
  return [
    {
      name: `a second of a request that starts its machines: CPU with 64 hosts, 4,096 machines ÷ with 4, 100 (${small.toFixed(1)} ms)`,
      value: large / small,
      unit: '',
      bar: 3,
    },
  ];
}

async function cpuPerSecondMs(size: {
  readonly members: number;
  readonly virtualServers: number;
}): Promise<number> {
  const world = createWorld({
    lab: { ...size, localVirtualServers: 0, latencies: { guardContactMs: 10, startMs } },
  });
  world.startOperator();
  await world.applyAndSettle();
  world.lab.steer.cutPower(lost);
  await world.request('release', lost);
  const startsIt = async (): Promise<boolean> =>
    ((await world.recovery('release'))?.status?.items ?? []).some(({ state }) => state === 'Starting');
  if (!(await world.until(startsIt))) throw new Error('the recovery did not come as far as its starts');
  const costMs = await cpuUnderMs(ofRecoveries, () => world.pass(measuredSeconds * 1000));
  let goesOn = false;
  await world.run(async () => {
    goesOn = await startsIt();
  });
  if (!goesOn) throw new Error('the starts were over before the cost was measured');
  return costMs / measuredSeconds;
}
