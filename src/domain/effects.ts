/**
 * The harmful things that this system can do, described and not performed. Nothing else that it does changes a pool
 * or a machine.
 */
export type Effect =
  | { readonly kind: 'cutPower'; readonly hostUUID: string }
  | { readonly kind: 'declareDead'; readonly hostUUID: string }
  | { readonly kind: 'removeLock'; readonly vdiUUID: string; readonly hostRef: string }
  | { readonly kind: 'start'; readonly vmUUID: string; readonly hostUUID: string };

/** How long an act may be under way after it was sent: so long its reply is waited for, and so long nobody repeats it blindly. */
export const mayRunForMs: Readonly<Record<Effect['kind'], number>> = {
  cutPower: 30_000,
  declareDead: 300_000,
  removeLock: 30_000,
  start: 180_000,
};

/** Names an effect in the journal, so that a restarted process recognises what it began. Never contains a name. */
export function effectKey(effect: Effect): string {
  switch (effect.kind) {
    case 'cutPower':
      return `cutPower ${effect.hostUUID}`;
    case 'declareDead':
      return `declareDead ${effect.hostUUID}`;
    case 'removeLock':
      return `removeLock ${effect.vdiUUID}`;
    case 'start':
      return `start ${effect.vmUUID}`;
  }
}
