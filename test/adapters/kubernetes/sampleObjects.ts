import type { Kind, KubernetesObject } from '../../../src/ports/kubernetes.ts';

export const hostKind: Kind = { group: 'kintsugi.dev', version: 'v1alpha1', kind: 'Host', plural: 'hosts' };

export interface SampleHost extends KubernetesObject {
  readonly spec?: { readonly rack: string };
  readonly status?: { readonly live?: boolean };
}

export function host(
  name: string,
  resourceVersion: number | string,
  extra: { uid?: string; rack?: string } = {},
): SampleHost {
  return {
    apiVersion: 'kintsugi.dev/v1alpha1',
    kind: 'Host',
    metadata: {
      name,
      namespace: 'lab',
      uid: extra.uid ?? `uid-of-${name}`,
      resourceVersion: String(resourceVersion),
    },
    ...(extra.rack === undefined ? {} : { spec: { rack: extra.rack } }),
  };
}

export function listOf(
  items: readonly KubernetesObject[],
  resourceVersion: number | string,
  next?: string,
): unknown {
  return {
    apiVersion: 'kintsugi.dev/v1alpha1',
    kind: 'HostList',
    metadata: { resourceVersion: String(resourceVersion), ...(next === undefined ? {} : { continue: next }) },
    items: structuredClone(items),
  };
}

export function bookmark(resourceVersion: number | string): unknown {
  return {
    apiVersion: 'kintsugi.dev/v1alpha1',
    kind: 'Host',
    metadata: { resourceVersion: String(resourceVersion) },
  };
}

export const lab = (name: string) => ({ namespace: 'lab', name });
