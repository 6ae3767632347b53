/** How often parts of the program ran: what something costs in steps, which are the same on every machine. */
import { Session } from 'node:inspector/promises';

export interface Steps {
  /** Since this was last asked: how often functions were entered, and branches and loops in them were gone through. */
  take(): Promise<number>;
}

/** `files`: addresses of those that count. Only what is loaded after this is counted in full. */
export async function countSteps(files: RegExp): Promise<Steps> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return {
    take: async () => {
      const { result } = await session.post('Profiler.takePreciseCoverage');
      const ranges = result
        .filter(({ url }) => files.test(url))
        .flatMap(({ functions }) => functions.flatMap((one) => one.ranges));
      return ranges.reduce((sum, { count }) => sum + count, 0);
    },
  };
}
