import type { Kind } from '../ports/kubernetes.ts';

const group = { group: 'kintsugi.dev', version: 'v1alpha1' } as const;

export const poolKind: Kind = { ...group, kind: 'Pool', plural: 'pools' };
export const hostKind: Kind = { ...group, kind: 'Host', plural: 'hosts' };
export const virtualServerKind: Kind = { ...group, kind: 'VirtualServer', plural: 'virtualservers' };
export const recoveryRequestKind: Kind = { ...group, kind: 'RecoveryRequest', plural: 'recoveryrequests' };
export const secretKind: Kind = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };
