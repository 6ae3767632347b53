import { apiVersionOf, type ResourceType } from '../schema/resourceType.ts';
import { type Refusal, refuse } from './status.ts';

/** What a path under /api or /apis names. */
export interface Target {
  readonly type: ResourceType;
  /** Undefined for a cluster-scoped kind and for "all namespaces". */
  readonly namespace: string | undefined;
  /** Undefined for the collection. */
  readonly name: string | undefined;
  readonly subresource: 'status' | undefined;
}

/**
 * Finds the resource that a path names. `nothing` where a real API server would not have anything either; a refusal
 * where it would, which says what there is here, for whoever expects a whole cluster.
 */
export function targetOf(types: readonly ResourceType[], path: string): Target | Refusal | 'nothing' {
  const parts = path.split('/').slice(1).map(decodePart);
  const apiVersion = parts[0] === 'api' ? (parts[1] ?? '') : `${parts[1]}/${parts[2]}`;
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const served = types.filter((type) => apiVersionOf(type) === apiVersion);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status';
  const namespace = inNamespace ? rest[1] : undefined;
  const [plural, name, subresource, ...more] = inNamespace ? rest.slice(2) : rest;
  const type = served.find((candidate) => candidate.plural === plural);
  if (type === undefined || more.length > 0 || (inNamespace && !type.namespaced)) {
    return notServed(types, path);
  }
  if (type.namespaced && namespace === undefined && name !== undefined) return notServed(types, path);
  if (subresource !== undefined && !(subresource === 'status' && type.statusSubresource)) {
    return notServed(types, path);
  }
  return { type, namespace, name, subresource: subresource === undefined ? undefined : 'status' };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Groups of Kubernetes itself: the core group, those without a domain (apps, batch) and those of k8s.io. */
function isOfKubernetes(path: string): boolean {
  const [root, group = ''] = path.split('/').slice(1);
  return root === 'api' || !group.includes('.') || group.endsWith('.k8s.io');
}

function notServed(types: readonly ResourceType[], path: string): Refusal | 'nothing' {
  if (!isOfKubernetes(path)) return 'nothing';
  const names = types
    .map((type) => (type.group === '' ? type.plural : `${type.plural}.${type.group}`))
    .join(', ');
  return refuse(404, 'NotFound', {
    message: `the server could not find the requested resource: ${path} is not served here. This is the embedded API server of kintsugi, which has ${names}`,
    details: {},
  });
}
