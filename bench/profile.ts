/** How much of the CPU a part of the program takes, where everything runs in one process. */
import { Session } from 'node:inspector/promises';

const everyMicroseconds = 250;

/** Milliseconds that were spent in functions of files whose address matches, or in what these called. */
export async function cpuUnderMs(files: RegExp, run: () => Promise<void>): Promise<number> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: everyMicroseconds });
  await session.post('Profiler.start');
  await run();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const inside = new Set<number>();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const enter = (id: number, isInside: boolean): void => {
    const node = nodes.get(id);
    if (node === undefined) return;
    const counts = isInside || files.test(node.callFrame.url);
    if (counts) inside.add(id);
    for (const child of node.children ?? []) enter(child, counts);
  };
  const [root] = profile.nodes;
  if (root !== undefined) enter(root.id, false);
  let microseconds = 0;
  for (const [index, id] of (profile.samples ?? []).entries())
    if (inside.has(id)) microseconds += profile.timeDeltas?.[index] ?? 0;
  return microseconds / 1000;
}
