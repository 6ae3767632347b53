import { createHash } from 'node:crypto';
import type { HttpReply, HttpRequest } from '../wire/http.ts';
import { cacheable } from './discovery.ts';
import { type JsonObject, objectAt } from './json.ts';
import { objectMetaSchema } from './objectMeta.ts';
import { apiVersionOf, type ResourceType } from './resourceType.ts';

/** OpenAPI v3, from which `kubectl explain` and the checks that kubectl makes before it sends anything live. */
export interface OpenApi {
  /** `/openapi/v3` and the documents that it names; undefined for any other path. */
  answer(path: string, request: Pick<HttpRequest, 'headers'>): HttpReply | undefined;
}

export function createOpenApi(types: readonly ResourceType[]): OpenApi {
  const documents = new Map<string, string>();
  for (const apiVersion of new Set(types.map(apiVersionOf))) {
    const path = apiVersion === 'v1' ? 'api/v1' : `apis/${apiVersion}`;
    const served = types.filter((type) => apiVersionOf(type) === apiVersion);
    documents.set(path, JSON.stringify(documentOf(apiVersion, served)));
  }
  const paths = Object.fromEntries(
    [...documents].map(([path, text]) => {
      const hash = createHash('sha256').update(text).digest('hex').toUpperCase();
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
    }),
  );
  const index = JSON.stringify({ paths });
  return {
    answer: (path, { headers }) => {
      const text = path === '/openapi/v3' ? index : documents.get(path.replace(/^\/openapi\/v3\//, ''));
      return text === undefined
        ? undefined
        : cacheable(text, headers, { 'content-type': 'application/json', vary: 'Accept' });
    },
  };
}

const objectMetaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const listMetaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';

function documentOf(apiVersion: string, types: readonly ResourceType[]): JsonObject {
  const schemas: JsonObject = {
    [objectMetaName]: objectMetaSchema,
    [listMetaName]: {
      type: 'object',
      description: 'Metadata of a list.',
      properties: {
        resourceVersion: { type: 'string' },
        continue: { type: 'string' },
        remainingItemCount: { type: 'integer', format: 'int64' },
      },
    },
  };
  const paths: JsonObject = {};
  for (const type of types) {
    const name = schemaName(type);
    schemas[name] = kindSchema(type);
    schemas[`${name}List`] = listSchema(type, name);
    Object.assign(paths, pathsOf(type, name));
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: apiVersion },
    paths,
    components: { schemas },
  };
}

/** `dev.kintsugi.v1alpha1.Pool`: the group backwards, as Kubernetes names the schemas of custom kinds. */
function schemaName({ group, version, kind }: ResourceType): string {
  if (group === '') return `io.k8s.api.core.${version}.${kind}`;
  if (group.endsWith('.k8s.io')) return `io.k8s.api.${group.split('.')[0]}.${version}.${kind}`;
  return `${group.split('.').reverse().join('.')}.${version}.${kind}`;
}

function groupVersionKind({ group, version }: ResourceType, kind: string): readonly JsonObject[] {
  return [{ group, version, kind }];
}

function kindSchema(type: ResourceType): JsonObject {
  return {
    ...type.schema,
    properties: {
      ...objectAt(type.schema, 'properties'),
      metadata: {
        description: 'Standard object metadata.',
        allOf: [{ $ref: `#/components/schemas/${objectMetaName}` }],
        default: {},
      },
    },
    'x-kubernetes-group-version-kind': groupVersionKind(type, type.kind),
  };
}

function listSchema(type: ResourceType, name: string): JsonObject {
  return {
    type: 'object',
    description: `A list of ${type.kind}.`,
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: `#/components/schemas/${listMetaName}` }], default: {} },
      items: { type: 'array', items: { $ref: `#/components/schemas/${name}` } },
    },
    'x-kubernetes-group-version-kind': groupVersionKind(type, type.listKind),
  };
}

/** kubectl reads from the parameters of PATCH whether the server checks fields and knows dry runs. */
function pathsOf(type: ResourceType, name: string): JsonObject {
  const apiVersion = apiVersionOf(type);
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const collection = `${root}/${type.namespaced ? 'namespaces/{namespace}/' : ''}${type.plural}`;
  const operation = (action: string, parameters: readonly string[]): JsonObject => ({
    parameters: parameters.map((parameter) => ({
      name: parameter,
      in: 'query',
      schema: { type: 'string', uniqueItems: true },
    })),
    responses: {
      '200': {
        description: 'OK',
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
      },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': groupVersionKind(type, type.kind)[0],
  });
  const writing = ['dryRun', 'fieldManager', 'fieldValidation'];
  const item = {
    get: operation('get', []),
    put: operation('put', writing),
    patch: operation('patch', writing),
    delete: operation('delete', ['dryRun']),
  };
  return {
    [collection]: {
      get: operation('list', [
        'continue',
        'fieldSelector',
        'labelSelector',
        'limit',
        'resourceVersion',
        'watch',
      ]),
      post: operation('post', writing),
      delete: operation('deletecollection', ['dryRun', 'fieldSelector', 'labelSelector']),
    },
    [`${collection}/{name}`]: item,
    ...(type.statusSubresource
      ? {
          [`${collection}/{name}/status`]: {
            get: operation('get', []),
            put: operation('put', writing),
            patch: operation('patch', writing),
          },
        }
      : {}),
  };
}
