import type { Clock, Random } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import type { Validate } from '../schema/validation.ts';
import type { Store } from '../storage/store.ts';

/** What the handlers work with; one per server. */
export interface ServerContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly types: readonly ResourceType[];
  /** Checks the types inside `metadata`. */
  readonly metaCheck: Validate;
  /** Aborted when the server closes: watches end then. */
  readonly closing: AbortSignal;
}

/** A time as Kubernetes writes it: RFC 3339, whole seconds, UTC. */
export function timestamp(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A version 4 UUID from the Random port, so that a simulation repeats itself. */
export function randomUid(random: Random): string {
  const digit = (): string => Math.floor(random.next() * 16).toString(16);
  const variant = '89ab'[Math.floor(random.next() * 4)] ?? '8';
  return 'xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx'.replace(/[xv]/g, (place) =>
    place === 'x' ? digit() : variant,
  );
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

/** A name from generateName: the prefix (cut to 58 characters) and five random ones without vowels. */
export function generatedName(prefix: string, random: Random): string {
  const letter = (): string => suffixLetters[Math.floor(random.next() * suffixLetters.length)] ?? 'x';
  return prefix.slice(0, 58) + Array.from({ length: 5 }, letter).join('');
}
