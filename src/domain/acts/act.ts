/**
 * The harmful things that this system can do, described and not performed. Nothing else that it does changes a pool
 * or a machine.
 */
export type Act =
  | { readonly kind: 'cutPower'; readonly hostUUID: string }
  | { readonly kind: 'declareDead'; readonly hostUUID: string }
  | { readonly kind: 'removeLock'; readonly vdiUUID: string; readonly hostRef: string }
  | { readonly kind: 'start'; readonly vmUUID: string; readonly hostUUID: string };

/** The act of one kind. */
export type ActOf<K extends Act['kind']> = Extract<Act, { readonly kind: K }>;

/** Names an act in the journal, so that a restarted process recognises what it began. Never contains a name. */
export function actKey(act: Act): string {
  return `${act.kind} ${targetOfAct(act)}`;
}

/** UUID of what it is done to. */
export function targetOfAct(act: Act): string {
  switch (act.kind) {
    case 'cutPower':
    case 'declareDead':
      return act.hostUUID;
    case 'removeLock':
      return act.vdiUUID;
    case 'start':
      return act.vmUUID;
  }
}
