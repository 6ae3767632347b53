/** Thousands of worlds are played in one process: one that is over must not stay in its memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createWorld } from './world.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** In a function of its own, so that no variable of the test holds it. */
async function playedWorld(end: 'killed' | 'leftRunning'): Promise<WeakRef<object>> {
  const world = createWorld({ lab: { members: 3, virtualServers: 3, localVirtualServers: 0 } });
  world.startOperator();
  await world.applyAndSettle();
  if (end === 'killed') world.operatorOwner().kill();
  return new WeakRef(world.lab);
}

test.each(['killed', 'leftRunning'] as const)(
  'a world whose operator was %s is let go when nobody holds it',
  async (end) => {
    const world = await playedWorld(end);
    // Another one takes the place of what node itself keeps of the last one that ran.
    await playedWorld(end);
    for (let turn = 0; turn < 5 && world.deref() !== undefined; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
    expect(world.deref()).toBeUndefined();
  },
);
