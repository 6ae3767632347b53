import type { Cancel, Clock } from '../../ports/clock.ts';

/** The lab's time, which may run faster than its clients' own, and one place to end everything that waits. */
export interface LabTime {
  /** Lab time: heartbeats, timeouts, latencies. */
  readonly lab: Clock;
  /** The clients' time: BMC delays, how long a client wants to wait in a long poll. */
  readonly outside: Clock;
  /** Waits on the lab's time. Never resolves once the lab has stopped. */
  pause(delayMs: number): Promise<void>;
  stop(): void;
}

export function createLabTime(clock: Clock, speed: number): LabTime {
  const pending = new Set<Cancel>();
  let ended = false;
  const after = (delayMs: number, run: () => void): Cancel => {
    if (ended) return () => {};
    const cancel = clock.after(delayMs, () => {
      pending.delete(cancel);
      run();
    });
    pending.add(cancel);
    return () => {
      pending.delete(cancel);
      cancel();
    };
  };
  const wallAtStart = clock.wallMs();
  const monotonicAtStart = clock.monotonicMs();
  const lab: Clock = {
    wallMs: () => wallAtStart + (clock.wallMs() - wallAtStart) * speed,
    monotonicMs: () => (clock.monotonicMs() - monotonicAtStart) * speed,
    after: (delayMs, run) => after(delayMs / speed, run),
  };
  return {
    lab,
    outside: { wallMs: clock.wallMs, monotonicMs: clock.monotonicMs, after },
    pause: (delayMs) =>
      new Promise((resolve) => {
        if (delayMs <= 0) resolve();
        else lab.after(delayMs, resolve);
      }),
    stop: () => {
      ended = true;
      for (const cancel of pending) cancel();
      pending.clear();
    },
  };
}
