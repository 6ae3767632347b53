import { createHash } from 'node:crypto';
import protobuf from 'protobufjs/light.js';
import type { HttpReply, HttpRequest } from '../../wire/http.ts';
import { type JsonObject, objectAt } from '../json.ts';
import { objectMetaSchema } from '../schema/objectMeta.ts';
import { apiVersionOf, type ResourceType } from '../schema/resourceType.ts';
import { itemsOf, propertiesOf, type SchemaNode } from '../schema/structural.ts';
import { mediaRanges } from './accept.ts';
import { cacheable } from './discovery.ts';

/** OpenAPI v3, from which `kubectl explain` and the checks that kubectl makes before it sends anything live. */
export interface OpenApi {
  /** `/openapi/v3`, the documents that it names, and `/openapi/v2`; undefined for any other path. */
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
  const second = secondVersion();
  return {
    answer: (path, { headers }) => {
      if (path === '/openapi/v2') return second(headers['accept']);
      const text = path === '/openapi/v3' ? index : documents.get(path.replace(/^\/openapi\/v3\//, ''));
      return text === undefined
        ? undefined
        : cacheable(text, headers, { 'content-type': 'application/json', vary: 'Accept' });
    },
  };
}

/** The one that kubectl asks for, and the one that the answer bears: an @ cannot stand in a Content-Type. */
const secondVersionAsked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const secondVersionAnswered = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/**
 * kubectl reads OpenAPI v2 only to check `kind: List` before it sends the items, and skips every kind that it does not find there.
 * So the document is there and has no kinds: the server checks the items itself.
 */
function secondVersion(): (accept: string | undefined) => HttpReply {
  const info = { title: 'Kubernetes', version: 'unversioned' };
  const root = protobuf.Root.fromJSON({
    nested: {
      Info: { fields: { title: { type: 'string', id: 1 }, version: { type: 'string', id: 2 } } },
      Document: { fields: { swagger: { type: 'string', id: 1 }, info: { type: 'Info', id: 2 } } },
    },
  });
  const bytes = root.lookupType('Document').encode({ swagger: '2.0', info }).finish();
  const json = JSON.stringify({ swagger: '2.0', info, paths: {} });
  return (accept) =>
    mediaRanges(accept).some(({ type }) => type === secondVersionAsked)
      ? { status: 200, headers: { 'content-type': secondVersionAnswered }, body: bytes }
      : { status: 200, headers: { 'content-type': 'application/json' }, body: json };
}

const metaPrefix = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const objectMetaName = `${metaPrefix}ObjectMeta`;
const listMetaName = `${metaPrefix}ListMeta`;
/** Parts of the metadata that have names of their own, which `kubectl explain` shows. */
const namedParts: Readonly<Record<string, string>> = {
  ownerReferences: 'OwnerReference',
  managedFields: 'ManagedFieldsEntry',
  fieldsV1: 'FieldsV1',
};

/** Takes the named parts out of a schema and puts references in their places. */
function withReferences(node: SchemaNode, schemas: JsonObject): SchemaNode {
  const properties = Object.entries(propertiesOf(node)).map(([key, child]) => {
    const name = namedParts[key];
    if (name === undefined) return [key, child];
    const whole = withReferences(itemsOf(child) ?? child, schemas);
    schemas[`${metaPrefix}${name}`] = whole;
    const reference = { allOf: [{ $ref: `#/components/schemas/${metaPrefix}${name}` }], default: {} };
    const { description } = child;
    const described = description === undefined ? {} : { description };
    return [
      key,
      itemsOf(child) === undefined
        ? { ...described, ...reference }
        : { ...described, type: 'array', items: reference },
    ];
  });
  return properties.length === 0 ? node : { ...node, properties: Object.fromEntries(properties) };
}

function documentOf(apiVersion: string, types: readonly ResourceType[]): JsonObject {
  const schemas: JsonObject = {
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
  schemas[objectMetaName] = withReferences(objectMetaSchema, schemas);
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
