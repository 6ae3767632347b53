/**
 * The harmful things that this system can do, described and not performed. Nothing else that it does changes a pool
 * or a machine.
 */
export type Effect =
  | { readonly kind: 'cutPower'; readonly hostUUID: string }
  | { readonly kind: 'declareDead'; readonly hostUUID: string }
  | { readonly kind: 'removeLock'; readonly vdiUUID: string; readonly hostRef: string }
  | { readonly kind: 'start'; readonly vmUUID: string; readonly hostUUID: string };

/** The effect of one kind. */
export type EffectOf<K extends Effect['kind']> = Extract<Effect, { readonly kind: K }>;

/** Names an effect in the journal, so that a restarted process recognises what it began. Never contains a name. */
export function effectKey(effect: Effect): string {
  return `${effect.kind} ${targetOfEffect(effect)}`;
}

/** UUID of what it is done to. */
export function targetOfEffect(effect: Effect): string {
  switch (effect.kind) {
    case 'cutPower':
    case 'declareDead':
      return effect.hostUUID;
    case 'removeLock':
      return effect.vdiUUID;
    case 'start':
      return effect.vmUUID;
  }
}
