/**
 * Time and chance, the two things that a simulation must own. Nothing outside src/adapters/clock reads the
 * machine's clock, sets a timer or draws a random number; everything else is given a Clock and a Random.
 */
export interface Clock {
  /** Wall time in milliseconds since 1970. It may jump. For records that people read, never for a deadline. */
  wallMs(): number;
  /** Milliseconds since an arbitrary moment; never goes back. For every deadline and every age. */
  monotonicMs(): number;
  /** Calls `run` once, `delayMs` from now, unless the returned function was called before. */
  after(delayMs: number, run: () => void): Cancel;
}

export type Cancel = () => void;

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/** Waits `delayMs`. Rejects with the signal's reason as soon as it is aborted; leaves no timer and no listener. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
