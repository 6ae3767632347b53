/**
 * What was seen, where and when; or why it could not be seen. Everything that the operator knows of the world comes
 * as a Reading, so that "unknown" has to be dealt with wherever a fact is used (law: unknown is never yes).
 */
export type Reading<T> = Known<T> | Unknown;

export interface Known<T> {
  readonly kind: 'known';
  readonly value: T;
  /** Monotonic milliseconds at which the reading was taken (when the question was sent, not when the answer came). */
  readonly atMs: number;
  /** Who said so, in words a person understands: "redfish https://10.0.9.3", "pool master host-1". */
  readonly source: string;
}

export interface Unknown {
  readonly kind: 'unknown';
  /** A sentence that says what is missing and, where it can, what would bring it. */
  readonly because: string;
}

export function known<T>(value: T, atMs: number, source: string): Known<T> {
  return { kind: 'known', value, atMs, source };
}

export function unknown(because: string): Unknown {
  return { kind: 'unknown', because };
}
