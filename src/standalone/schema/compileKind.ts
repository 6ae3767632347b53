import { isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import { ageColumn, customColumn, nameColumn } from './columns.ts';
import { type CompiledSchema, compileSchema } from './compileSchema.ts';
import type { ResourceType } from './resourceType.ts';
import type { SchemaNode } from './structural.ts';

/** A kind defined by a CRD, with its schema compiled: usable alone (to check manifests) and by the server. */
export type CustomKind = ResourceType & CompiledSchema & { readonly custom: true };

/**
 * Compiles a CustomResourceDefinition (apiextensions.k8s.io/v1, as parsed from its file). Throws an Error whose sentence names
 * the CRD and what is wrong with it: a bad schema, a rule that does not compile, more than one served version.
 */
export function compileKind(crd: unknown): CustomKind {
  const name = isObject(crd) ? stringAt(objectAt(crd, 'metadata'), 'name') : '';
  try {
    if (!isObject(crd) || crd['kind'] !== 'CustomResourceDefinition') {
      throw new Error('it is not a CustomResourceDefinition');
    }
    return kindOf(objectAt(crd, 'spec'), name);
  } catch (error) {
    throw new Error(`the CRD ${name || '(without a name)'} cannot be served: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function kindOf(spec: JsonObject, crdName: string): CustomKind {
  const names = objectAt(spec, 'names');
  const group = stringAt(spec, 'group');
  const plural = stringAt(names, 'plural');
  if (crdName !== `${plural}.${group}`) throw new Error(`its name must be ${plural}.${group}`);
  const version = onlyServedVersion(spec);
  const written = objectAt(objectAt(version, 'schema'), 'openAPIV3Schema');
  if (written['type'] !== 'object') throw new Error('its openAPIV3Schema must have type: object');
  const schema = withTypeAndMeta(written);
  const compiled = compileSchema(schema);
  const kind = stringAt(names, 'kind');
  const columns = version['additionalPrinterColumns'];
  return {
    group,
    version: stringAt(version, 'name'),
    kind,
    listKind: stringAt(names, 'listKind') || `${kind}List`,
    plural,
    singular: stringAt(names, 'singular') || kind.toLowerCase(),
    shortNames: texts(names['shortNames']),
    categories: texts(names['categories']),
    namespaced: spec['scope'] === 'Namespaced',
    custom: true,
    statusSubresource: isObject(objectAt(version, 'subresources')['status']),
    storageKey: `${group}/${plural}`,
    schema,
    compiled,
    columns: Array.isArray(columns)
      ? [nameColumn, ...columns.filter(isObject).map(customColumn)]
      : [nameColumn, ageColumn],
    selectableFields: {},
    unconditionalUpdate: false,
    nameRule: 'subdomain',
    ...compiled,
  };
}

function onlyServedVersion(spec: JsonObject): JsonObject {
  const versions = Array.isArray(spec['versions']) ? spec['versions'].filter(isObject) : [];
  const served = versions.filter((version) => version['served'] === true);
  const [only] = served;
  if (only === undefined || served.length > 1) {
    throw new Error(`it serves ${served.length} versions, and this server converts none: serve exactly one`);
  }
  return only;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The parts of an object that a CRD leaves to the server. A rule may read the name from metadata, and no more. */
function withTypeAndMeta(schema: SchemaNode): SchemaNode {
  return {
    ...schema,
    properties: {
      apiVersion: {
        type: 'string',
        description: 'The group and version of the API that this object is written in.',
      },
      kind: { type: 'string', description: 'The kind of the object.' },
      ...objectAt(schema, 'properties'),
      metadata: {
        type: 'object',
        additionalProperties: true,
        properties: { name: { type: 'string' }, generateName: { type: 'string' } },
      },
    },
  };
}
