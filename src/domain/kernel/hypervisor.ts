import type { RecoveryFacts } from './facts.ts';

/**
 * What one kind of hypervisor brings to the form: what its decisions rest on, what can be done to it, and what can be read of
 * it. These are types alone; the kernel knows none of them, and nobody makes a value of this one.
 */
export interface Hypervisor {
  readonly facts: RecoveryFacts;
  readonly act: { readonly kind: string };
  readonly read: { readonly kind: string };
}
