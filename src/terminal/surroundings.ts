import type { Clock, Random } from '../ports/clock.ts';
import type { Network } from '../ports/network.ts';

/** What a command is given of the machine that it runs on. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  /** Writes a line to standard error. */
  readonly complain: (line: string) => void;
  readonly setExitCode: (code: number) => void;
  /** Resolves when the process is asked to stop (SIGINT, SIGTERM). */
  readonly untilStopped: () => Promise<void>;
}
