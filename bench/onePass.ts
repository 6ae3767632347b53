/** What a request costs while it waits for its starts, at two sizes of the pool: a pass is to cost what it concerns. */
import { createWorld } from '../test/sim/world.ts';
import type { Figure } from './figure.ts';
import { cpuUnderMs } from './profile.ts';

const lost = 'host-3';
/** A start takes so long here that the first wave is under way all the time that is measured. */
const startMs = 170_000;
const measuredMs = 100_000;
/** A pass comes every second, and after each reply. */
const passes = measuredMs / 1000;
const ofPasses = /\/src\/controllers\/recovery\//;

export async function onePassFigure(): Promise<readonly Figure[]> {
  const small = await cpuPerPassMs({ members: 4, virtualServers: 100 });
  const large = await cpuPerPassMs({ members: 64, virtualServers: 4_096 });
  return [
    {
      name: `a second of a request that starts its machines: CPU with 64 hosts, 4,096 machines ÷ with 4, 100 (${small.toFixed(1)} ms)`,
      value: large / small,
      unit: '',
      bar: 3,
    },
  ];
}

async function cpuPerPassMs(size: {
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
  const starts = await world.until(() => {
    const { harmfulEffects } = world.lab.verdict();
    return Promise.resolve(harmfulEffects.some(({ kind }) => kind === 'declareDead'));
  });
  if (!starts) throw new Error('no recovery came as far as its starts');
  await world.pass(10_000);
  return (await cpuUnderMs(ofPasses, () => world.pass(measuredMs))) / passes;
}
