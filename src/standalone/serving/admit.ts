import { parse as parseYaml } from 'yaml';
import type { HttpRequest } from '../../wire/http.ts';
import { isObject, type JsonObject, stringAt } from '../json.ts';
import { duplicateFields } from '../schema/duplicateFields.ts';
import { invalidValue } from '../schema/fieldError.ts';
import { metaOf, objectMetaSchema } from '../schema/objectMeta.ts';
import { apiVersionOf, type ResourceType } from '../schema/resourceType.ts';
import { prune } from '../schema/structural.ts';
import { type ProtobufReader, protobufMediaType } from './protobuf.ts';
import type { ServerContext } from './serverContext.ts';
import { badRequest, type Cause, invalid, isRefusal, type Refusal, unsupportedMediaType } from './status.ts';

/** What to do about fields that the schema does not know. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export function fieldValidationOf(query: URLSearchParams): FieldValidation | Refusal {
  const asked = query.get('fieldValidation') ?? '';
  switch (asked) {
    case '':
      return 'Warn';
    case 'Strict':
    case 'Warn':
    case 'Ignore':
      return asked;
    default:
      return invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [
        {
          reason: 'FieldValueNotSupported',
          message: `Unsupported value: ${JSON.stringify(asked)}: supported values: "", "Ignore", "Strict", "Warn"`,
          field: 'fieldValidation',
        },
      ]);
  }
}

/** What stands in a body. */
export interface ReadDocument {
  readonly value: unknown;
  /** Paths of keys that stand twice. */
  readonly duplicates: readonly string[];
}

/** Reads a body, whatever its notation; refuses what cannot be parsed. */
export function readDocument(
  request: Pick<HttpRequest, 'headers' | 'body'>,
  protobuf: ProtobufReader,
): ReadDocument | Refusal {
  const { 'content-type': contentType = 'application/json' } = request.headers;
  const mediaType = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  const text = (): string => Buffer.from(request.body).toString();
  try {
    switch (mediaType) {
      case protobufMediaType: {
        const value = protobuf.read(request.body);
        return isRefusal(value) ? value : { value, duplicates: [] };
      }
      case 'application/json': {
        const value: unknown = JSON.parse(text());
        return { value, duplicates: duplicateFields(text(), value) };
      }
      case 'application/yaml':
        return { value: parseYaml(text()), duplicates: [] };
      default:
        return unsupportedMediaType(
          `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, ${protobufMediaType}`,
        );
    }
  } catch (error) {
    return badRequest(`the body of the request cannot be read as ${mediaType}: ${(error as Error).message}`);
  }
}

export interface Admitted {
  /** Complete with defaults, without unknown fields, in the type's own form. */
  readonly object: JsonObject;
  /** What a strict reader objects to: `unknown field "spec.sizee"`. */
  readonly objections: readonly string[];
}

/**
 * Takes a parsed document in as an object of a type: right kind, name and namespace, known fields, defaults. What it means is
 * not judged yet. `name` is undefined on create.
 */
export function admit(
  context: ServerContext,
  type: ResourceType,
  given: {
    readonly document: ReadDocument;
    readonly namespace: string | undefined;
    readonly name: string | undefined;
  },
): Admitted | Refusal {
  const { value: document, duplicates } = given.document;
  if (!isObject(document)) return badRequest(`the body must be an object of kind ${type.kind}`);
  const wrong = wrongType(type, document) ?? wrongMeta(context, type, document);
  if (wrong !== undefined) return wrong;
  const meta = metaOf(document);
  const wrongPlace = checkPlace(meta, given);
  if (wrongPlace !== undefined) return wrongPlace;
  if (given.namespace !== undefined) meta['namespace'] = given.namespace;
  if (given.name !== undefined) meta['name'] = given.name;
  const unknown = [...prune(meta, objectMetaSchema, 'metadata'), ...type.compiled.prune(document)];
  delete meta['managedFields'];
  delete meta['selfLink'];
  for (const key of Object.keys(meta)) if (isNothing(meta[key])) delete meta[key];
  type.compiled.applyDefaults(document);
  const unreadable = whyUnreadable(type, document);
  return unreadable === undefined
    ? {
        object: document,
        objections: [...named('duplicate', duplicates), ...named('unknown', unknown.toSorted(byName))],
      }
    : badRequest(`${cannotBeHandled(type)}: ${unreadable}`);
}

export function cannotBeHandled(type: ResourceType): string {
  return `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}`;
}

function wrongType(type: ResourceType, document: JsonObject): Refusal | undefined {
  const [apiVersion, kind] = [stringAt(document, 'apiVersion'), stringAt(document, 'kind')];
  if (kind === '' || apiVersion === '') {
    const missing = kind === '' ? 'Kind' : 'apiVersion';
    return badRequest(`Object '${missing}' is missing in '${JSON.stringify(document).slice(0, 200)}'`);
  }
  const expected = apiVersionOf(type);
  if (apiVersion !== expected) {
    return badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (kind === type.kind) return undefined;
  if (type.custom) {
    const name = isObject(document['metadata']) ? stringAt(document['metadata'], 'name') : '';
    return invalid({ group: type.group, kind }, name, [invalidValue('kind', kind, `must be ${type.kind}`)]);
  }
  return badRequest(`the kind in the data (${kind}) does not match the expected kind (${type.kind})`);
}

function wrongMeta(context: ServerContext, type: ResourceType, document: JsonObject): Refusal | undefined {
  const meta = document['metadata'];
  if (meta !== undefined && meta !== null && !isObject(meta)) {
    return badRequest(`${cannotBeHandled(type)}: metadata must be an object`);
  }
  const [first] = isObject(meta) ? context.metaCheck({ metadata: withoutNulls(meta) }) : [];
  if (first === undefined) return undefined;
  return badRequest(`${cannotBeHandled(type)}: ${unmarshalError(first)}`);
}

/** A wrong type in `metadata`, in the words of Go's JSON reader. */
function unmarshalError({ field, message }: Cause): string {
  const [, expected = 'string', actual = 'null'] = /of type (\w+): "(\w+)"/.exec(message) ?? [];
  const names: Readonly<Record<string, string>> = { integer: 'number', boolean: 'bool' };
  const top = field.split(/[.[]/)[1] ?? '';
  const wanted = { integer: 'int64', object: 'map[string]string', array: '[]string' }[expected] ?? expected;
  return `json: cannot unmarshal ${names[actual] ?? actual} into Go struct field ObjectMeta.${top} of type ${wanted}`;
}

function withoutNulls(meta: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== null));
}

function checkPlace(
  meta: JsonObject,
  { namespace, name }: { readonly namespace: string | undefined; readonly name: string | undefined },
): Refusal | undefined {
  const [saysNamespace, saysName] = [stringAt(meta, 'namespace'), stringAt(meta, 'name')];
  if (saysNamespace !== '' && namespace !== undefined && saysNamespace !== namespace) {
    return badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  if (name !== undefined && saysName !== '' && saysName !== name) {
    return badRequest(`the name of the object (${saysName}) does not match the name on the URL (${name})`);
  }
  return undefined;
}

/** The built-in kinds are typed in Kubernetes: a wrong type there is a body that cannot be read, not an invalid object. */
function whyUnreadable(type: ResourceType, document: JsonObject): string | undefined {
  if (type.custom) return undefined;
  const wrong = type.compiled.validate(document).filter((cause) => cause.reason === 'FieldValueTypeInvalid');
  const stored = type.view?.toStored(document) ?? document;
  const [first] = wrong;
  return type.unreadable?.(stored) ?? (first === undefined ? undefined : `${first.field}: ${first.message}`);
}

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** What Kubernetes does not keep in metadata: null, and a map or list with nothing in it. */
function isNothing(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

function named(what: string, paths: readonly string[]): readonly string[] {
  return paths.map((path) => `${what} field "${path}"`);
}

/** Under Warn, each objection becomes a warning. */
export function warningsOf(objections: readonly string[], validation: FieldValidation): readonly string[] {
  return validation === 'Warn' ? objections : [];
}

export function strictDecodingError(objections: readonly string[]): string {
  return `strict decoding error: ${objections.join(', ')}`;
}
