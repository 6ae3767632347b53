/** What goes wrong with one call. Counted per fault from the moment it was added. */
export interface Fault {
  /** Member or BMC name; absent: any. */
  readonly at?: string;
  /**
   * XAPI method without `Async.` (`host.declare_dead`), or for a BMC `redfish.login`, `redfish.system`, `redfish.reset`;
   * absent: any.
   */
  readonly method?: string;
  /** Strikes the n-th matching call (1 is the first) and is used up then; absent: strikes every one. */
  readonly nth?: number;
  readonly effect: FaultEffect;
}

export type FaultEffect =
  /** Does nothing for so long, then carries on (lab time). */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Done, and the connection is reset instead of an answer. */
  | { readonly kind: 'lostReply' }
  /** The connection is reset and nothing was done. */
  | { readonly kind: 'refused' }
  /** Done, but the answer or the task says that it failed. */
  | { readonly kind: 'saysFailed'; readonly code: string }
  /** Not done, but the answer or the task says that it was. */
  | { readonly kind: 'saysDone' }
  /** Never answers; nothing was done. */
  | { readonly kind: 'hang' }
  /** Done, but the answer is an HTML page. */
  | { readonly kind: 'html' }
  /** Done, but the answer breaks off in the middle of the JSON. */
  | { readonly kind: 'truncated' }
  /**
   * host.declare_dead and host.destroy: the unlocking hook ends early, and XAPI reports success. It goes through the
   * host's repositories one after the other; of those before the one that it ended at the locks are gone.
   */
  | { readonly kind: 'hookFails'; readonly unlocksFirst?: number }
  /** VM.start and VM.start_on: a disk cannot be opened, and the keys that were set for it go again. */
  | { readonly kind: 'tapFails' }
  /**
   * VM.start and VM.start_on: the host takes the disks' locks and then fails to build the domain. Whether it gives the
   * locks back is not settled by the sources.
   */
  | { readonly kind: 'domainFails'; readonly lock: 'released' | 'kept' };
