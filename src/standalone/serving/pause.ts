/**
 * Where a stream waits until something happened or it is over. A wake that comes while nobody waits is kept for the
 * next wait.
 */
export interface Pause {
  wake(): void;
  stop(): void;
  stopped(): boolean;
  /** Resolves after the next wake or stop. */
  wait(): Promise<void>;
  /** Takes its listeners off the signals. */
  end(): void;
}

/** Stops as soon as one of the signals is aborted. */
export function createPause(signals: readonly AbortSignal[]): Pause {
  let woken = false;
  let over = signals.some((signal) => signal.aborted);
  let release = (): void => {};
  const wake = (): void => {
    woken = true;
    release();
  };
  const stop = (): void => {
    over = true;
    wake();
  };
  for (const signal of signals) signal.addEventListener('abort', stop, { once: true });
  return {
    wake,
    stop,
    stopped: () => over,
    wait: async () => {
      if (!woken) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      woken = false;
    },
    end: () => {
      for (const signal of signals) signal.removeEventListener('abort', stop);
    },
  };
}
