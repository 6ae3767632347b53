import type { HttpReply } from '../wire/http.ts';
import type { Owner } from './owner.ts';

/** A request on its way out, as `interpose` is shown it. */
export interface OutgoingRequest {
  /** Name of the sending owner; an instance that was started anew under the same name counts on. */
  readonly from: string;
  /** Origin it is sent to, such as `https://127.0.10.11:8443`. */
  readonly to: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** What it is called in the transcript: method and path, or what the simulation's `label` made of it. */
  readonly label: string;
  /** How many requests of this sender, origin and label went before it, from 0. */
  readonly nth: number;
  /** How many requests of anyone went before it, from 0. */
  readonly serial: number;
}

/**
 * What happens to one request. `reset` shows itself to the sender as a broken connection, `silence` as nothing at
 * all until its deadline.
 */
export type Fault =
  | 'deliver'
  | { readonly kind: 'refuse' } // as if nobody listened; certainly not carried out
  | { readonly kind: 'dropRequest'; readonly shownAs: 'reset' | 'silence' } // not carried out
  | { readonly kind: 'dropReply'; readonly shownAs: 'reset' | 'silence' } // carried out
  | { readonly kind: 'falseReply'; readonly reply: HttpReply; readonly reaches: 'server' | 'nobody' }
  | { readonly kind: 'delay'; readonly delayMs: number } // carried out so much later
  /** Kills the owner before the request leaves, or when it has been carried out and the reply is about to leave. */
  | { readonly kind: 'crash'; readonly when: 'before' | 'after'; readonly owner: Owner };

export type Interpose = (request: OutgoingRequest) => Fault;
