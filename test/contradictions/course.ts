/** What the parts of a history's course share. */
import type { Frame } from './draw.ts';
import type { Deed } from './history.ts';

export type Parts = Frame & {
  /** Seconds from the start; what holds from the start has the moment 0. */
  readonly add: (at: number, deed: Deed) => void;
  /** In the instant in which the operator sends the n-th request so labelled. */
  readonly trigger: (on: string, nth: number, deed: Deed) => void;
};

/** What the operator sends when it acts, or is about to. */
export const moments = [
  'ComputerSystem.Reset',
  'host.declare_dead',
  'VM.start_on',
  'VDI.remove_from_sm_config',
];
