/**
 * One process of the simulated world: an operator instance, an API server, a pool member. What it does goes through
 * the clock and the network that were made for it.
 */
export interface Owner {
  readonly name: string;
  readonly alive: boolean;
  /**
   * Ends the process as SIGKILL does: no `finally` and no `catch` runs, its timers and replies never come, its
   * listeners refuse and its connections break. What it had sent before still arrives.
   */
  kill(): void;
}
