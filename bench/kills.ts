/** What a kill of the operator costs a recovery; counted under virtual time, where it is the same on every machine. */
import { effectsOf, restartAfterMs } from '../test/sim/faultedRun.ts';
import {
  cleanRun,
  ended,
  keyOf,
  lostHost,
  type Point,
  requestName,
  smallWorld,
} from '../test/sim/release.ts';
import type { Figure } from './figure.ts';

/** Killed right before each act is sent, and right after each was carried out; each in a run of its own. */
export async function killFigure(): Promise<readonly Figure[]> {
  const acts = effectsOf((await cleanRun()).points);
  const undisturbedMs = await durationMs();
  const durations: number[] = [];
  for (const point of acts) {
    for (const when of ['before', 'after'] as const) durations.push(await durationMs({ point, when }));
  }
  if (process.env['X']) console.log(undisturbedMs, durations);
  const meanMs = durations.reduce((sum, ms) => sum + ms, 0) / durations.length;
  return [
    {
      name: `recovery after a kill at each act (${durations.length} kills): mean ÷ the undisturbed one`,
      value: meanMs / undisturbedMs,
      unit: '',
      bar: 2,
    },
  ];
}

/** From the request to its end. */
async function durationMs(kill?: {
  readonly point: Point;
  readonly when: 'before' | 'after';
}): Promise<number> {
  let killed = false;
  const world = smallWorld({
    interpose: (request) => {
      if (kill === undefined || killed || request.from !== 'operator' || keyOf(request) !== kill.point.key) {
        return 'deliver';
      }
      killed = true;
      const { simulation } = world;
      simulation.clock(simulation.world).after(restartAfterMs, () => world.startOperator());
      return { kind: 'crash', when: kill.when, owner: world.operatorOwner() };
    },
  });
  world.startOperator();
  await world.applyAndSettle();
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.request(requestName, lostHost);
  const startMs = world.simulation.nowMs;
  if (!(await ended(world, requestName))) throw new Error('a recovery did not end');
  if (kill !== undefined && !killed) throw new Error(`no act was ${kill.point.key}`);
  return world.simulation.nowMs - startMs;
}
