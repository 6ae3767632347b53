import type { Clock } from '../../../src/ports/clock.ts';

/** A clock whose deadlines pass when the test says so, so that no verdict hangs on how fast the machine is. */
export function handClock(): { readonly clock: Clock; readonly pass: () => void } {
  const waiting = new Set<() => void>();
  return {
    clock: {
      wallMs: () => 0,
      monotonicMs: () => 0,
      after: (_, run) => {
        waiting.add(run);
        return () => waiting.delete(run);
      },
    },
    pass: () => {
      for (const run of [...waiting]) run();
    },
  };
}
