import { createHash } from 'node:crypto';
import type { HttpReply, HttpRequest } from '../../wire/http.ts';
import type { JsonObject } from '../json.ts';
import { apiVersionOf, type ResourceType } from '../schema/resourceType.ts';
import { mediaRanges } from './accept.ts';

const builtinVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const statusVerbs = ['get', 'patch', 'update'];

/** Answers to what a client asks before it knows any kind; made once, since kinds do not change while a server runs. */
export interface Discovery {
  /** `/api`, `/apis`, `/api/v1`, `/apis/GROUP`, `/apis/GROUP/VERSION`; undefined for any other path. */
  answer(path: string, request: Pick<HttpRequest, 'headers'>): HttpReply | undefined;
}

export function createDiscovery(types: readonly ResourceType[]): Discovery {
  const plain = new Map<string, string>(
    Object.entries({
      '/api': { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] },
      '/apis': {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: groupNames(types).map((name) => groupOf(types, name)),
      },
      ...Object.fromEntries(groupNames(types).map((name) => [`/apis/${name}`, groupEntry(types, name)])),
      ...Object.fromEntries(
        [...new Set(types.map(apiVersionOf))].map((apiVersion) => [
          apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`,
          resourceList(types, apiVersion),
        ]),
      ),
    }).map(([path, document]) => [path, JSON.stringify(document)]),
  );
  const aggregated = new Map<string, (version: string) => string>([
    ['/api', (version) => JSON.stringify(aggregate(types, [''], version))],
    ['/apis', (version) => JSON.stringify(aggregate(types, groupNames(types), version))],
  ]);
  return {
    answer: (path, { headers }) => {
      const aggregate = aggregated.get(path);
      const version = aggregate === undefined ? undefined : aggregatedVersion(headers['accept']);
      if (aggregate !== undefined && version !== undefined) {
        return cacheable(aggregate(version), headers, {
          'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
          vary: 'Accept',
        });
      }
      const text = plain.get(path);
      return text === undefined
        ? undefined
        : cacheable(text, headers, { 'content-type': 'application/json', vary: 'Accept' });
    },
  };
}

/** A reply that a client may keep: 304 when it still has this one. */
export function cacheable(
  body: string,
  asked: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): HttpReply {
  const etag = `"${createHash('sha256').update(body).digest('hex').toUpperCase()}"`;
  return asked['if-none-match'] === etag
    ? { status: 304, headers: { ...headers, etag }, body: '' }
    : { status: 200, headers: { ...headers, etag }, body };
}

function aggregatedVersion(accept: string | undefined): string | undefined {
  for (const { type, parameters } of mediaRanges(accept)) {
    if (type !== 'application/json') continue;
    if (parameters.get('as') === undefined) return undefined;
    const version = parameters.get('v') ?? '';
    if (parameters.get('as') === 'APIGroupDiscoveryList' && ['v2', 'v2beta1'].includes(version))
      return version;
  }
  return undefined;
}

function groupNames(types: readonly ResourceType[]): readonly string[] {
  return [...new Set(types.map((type) => type.group))]
    .filter((group) => group !== '')
    .sort((a, b) => (a < b ? -1 : 1));
}

function versionsOf(types: readonly ResourceType[], group: string): readonly string[] {
  return [...new Set(types.filter((type) => type.group === group).map((type) => type.version))];
}

function groupEntry(types: readonly ResourceType[], group: string): JsonObject {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(types, group) };
}

function groupOf(types: readonly ResourceType[], group: string): JsonObject {
  const versions = versionsOf(types, group).map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function resourceList(types: readonly ResourceType[], apiVersion: string): JsonObject {
  const resources = types
    .filter((type) => apiVersionOf(type) === apiVersion)
    .flatMap((type) => {
      const shared = { namespaced: type.namespaced, kind: type.kind };
      const main = {
        name: type.plural,
        singularName: type.singular,
        ...shared,
        verbs: type.custom ? customVerbs : builtinVerbs,
        ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
        ...(type.categories.length === 0 ? {} : { categories: type.categories }),
        storageVersionHash: storageVersionHash(type),
      };
      const status = { name: `${type.plural}/status`, singularName: '', ...shared, verbs: statusVerbs };
      return type.statusSubresource ? [main, status] : [main];
    });
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersion, resources };
}

/** By which a client sees that objects are stored in another version now (k8s.io/apiserver discovery.StorageVersionHash). */
function storageVersionHash({ group, version, kind }: ResourceType): string {
  const digest = createHash('sha256').update(`${group}/${version}/${kind}`).digest();
  return digest.subarray(0, 8).toString('base64');
}

function aggregate(types: readonly ResourceType[], groups: readonly string[], version: string): JsonObject {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
      versions: versionsOf(types, group).map((groupVersion) => ({
        version: groupVersion,
        resources: types
          .filter((type) => type.group === group && type.version === groupVersion)
          .map(discoveredResource),
        freshness: 'Current',
      })),
    })),
  };
}

function discoveredResource(type: ResourceType): JsonObject {
  const responseKind = { group: type.group, version: type.version, kind: type.kind };
  return {
    resource: type.plural,
    responseKind,
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: type.custom ? customVerbs : builtinVerbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
    ...(type.statusSubresource
      ? { subresources: [{ subresource: 'status', responseKind, verbs: statusVerbs }] }
      : {}),
  };
}
