import type { Kind, ObjectName } from '../../ports/kubernetes.ts';

/** What a request is about: a collection (no name), an object, or a subresource of one. */
export interface ResourceTarget {
  readonly kind: Kind;
  /** Absent for every namespace, and for kinds that live outside of one. */
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** The path of the Kubernetes API conventions, with the query encoded; no prefix. */
export function resourcePath(target: ResourceTarget, query: Readonly<Record<string, string>> = {}): string {
  const { group, version, plural } = target.kind;
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  if (target.namespace !== undefined) parts.push('namespaces', target.namespace);
  parts.push(plural);
  if (target.name !== undefined) parts.push(target.name);
  if (target.subresource !== undefined) parts.push(target.subresource);
  const path = `/${parts.map(encodeURIComponent).join('/')}`;
  const search = new URLSearchParams(query).toString();
  return search === '' ? path : `${path}?${search}`;
}

/** `pools`, `pools/status`: what requests are counted and reported under. */
export function resourceLabel(target: ResourceTarget): string {
  const { plural } = target.kind;
  return target.subresource === undefined ? plural : `${plural}/${target.subresource}`;
}

/** One object; the empty namespace is that of kinds that live outside of any. */
export function objectTarget(kind: Kind, at: ObjectName): ResourceTarget {
  return at.namespace === '' ? { kind, name: at.name } : { kind, namespace: at.namespace, name: at.name };
}
