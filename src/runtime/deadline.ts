import type { Clock } from '../ports/clock.ts';

/**
 * Waits for `work` no longer than `deadlineMs` and no longer than `signal` allows; then rejects with `late()` or with
 * the signal's reason. The work itself is not stopped: the caller does that if it can. Leaves no timer and no
 * listener, and a later rejection of the work goes nowhere.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  limits: {
    readonly clock: Clock;
    readonly deadlineMs: number;
    readonly signal?: AbortSignal;
    readonly late: () => unknown;
  },
): Promise<T> {
  const { clock, deadlineMs, signal, late } = limits;
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => settle(() => reject(signal?.reason));
    const cancel = clock.after(deadlineMs, () => settle(() => reject(late())));
    const settle = (outcome: () => void): void => {
      cancel();
      signal?.removeEventListener('abort', onAbort);
      outcome();
    };
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    work.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}
