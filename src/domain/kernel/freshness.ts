import type { Known, Reading } from './reading.ts';

export type Fresh<T> =
  | { readonly kind: 'fresh'; readonly value: T; readonly source: string }
  | { readonly kind: 'missing'; readonly because: string };

/** A reading that is known and not older than the bound; otherwise the sentence that says what is missing. */
export function freshOnly<T>(
  reading: Reading<T> | undefined,
  bound: { readonly nowMs: number; readonly oldestMs: number; readonly what: string },
): Fresh<T> {
  if (reading === undefined) return { kind: 'missing', because: `${bound.what} has not been read yet.` };
  if (reading.kind === 'unknown') return { kind: 'missing', because: reading.because };
  if (isOlder(reading, bound)) {
    // The bound, and not the age: the same trouble has the same words a second later.
    const seconds = Math.floor(bound.oldestMs / 1000);
    return {
      kind: 'missing',
      because: `${bound.what} was last read more than ${seconds} s ago; it is being read again.`,
    };
  }
  return { kind: 'fresh', value: reading.value, source: reading.source };
}

function isOlder<T>(
  reading: Known<T>,
  bound: { readonly nowMs: number; readonly oldestMs: number },
): boolean {
  return bound.nowMs - reading.atMs > bound.oldestMs;
}
