import { isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import type { Cause } from '../serving/status.ts';
import { forbiddenValue, invalidValue, requiredValue } from './fieldError.ts';
import type { SchemaNode } from './structural.ts';
import { compileValidation, type Validate } from './validation.ts';

const text = { type: 'string' };
const textMap = { type: 'object', additionalProperties: text };
const moment = { type: 'string', format: 'date-time' };

/** metav1.ObjectMeta. Its descriptions are what `kubectl explain KIND.metadata` shows. */
export const objectMetaSchema: SchemaNode = {
  type: 'object',
  description: 'Standard object metadata: what every object has, whatever its kind.',
  properties: {
    name: {
      ...text,
      description: 'Name, unique within the namespace for objects of one kind. Cannot be changed.',
    },
    generateName: {
      ...text,
      description: 'A prefix; the server appends five random characters to make a name.',
    },
    namespace: { ...text, description: 'The namespace in which the name is unique. Cannot be changed.' },
    selfLink: { ...text, description: 'Not used.' },
    uid: { ...text, description: 'Tells objects of the same name apart over time. Set by the server.' },
    resourceVersion: {
      ...text,
      description: 'Changes with every write; send it back to refuse a write over a newer state. Opaque.',
    },
    generation: {
      type: 'integer',
      format: 'int64',
      description: 'Grows when the desired state changes. Set by the server.',
    },
    creationTimestamp: { ...moment, description: 'When the object was created. Set by the server.' },
    deletionTimestamp: {
      ...moment,
      description: 'When deletion was asked for, while finalizers still hold the object. Set by the server.',
    },
    deletionGracePeriodSeconds: { type: 'integer', format: 'int64', description: 'Set by the server.' },
    labels: { ...textMap, description: 'Keys and values to select objects by.' },
    annotations: { ...textMap, description: 'Keys and values for people and tools; not selectable.' },
    finalizers: {
      type: 'array',
      items: text,
      description: 'The object is removed only when this list is empty.',
    },
    ownerReferences: {
      type: 'array',
      description: 'Objects that this one depends on.',
      items: {
        type: 'object',
        required: ['apiVersion', 'kind', 'name', 'uid'],
        properties: {
          apiVersion: text,
          kind: text,
          name: text,
          uid: text,
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
    },
    managedFields: {
      type: 'array',
      description: 'Not kept by this server.',
      items: {
        type: 'object',
        properties: {
          manager: text,
          operation: text,
          apiVersion: text,
          time: moment,
          fieldsType: text,
          fieldsV1: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          subresource: text,
        },
      },
    },
  },
};

/** Checks the types of what is in `metadata`, so that everything after it may rely on them. */
export function compileMetaCheck(): Validate {
  return compileValidation({ type: 'object', properties: { metadata: objectMetaSchema } });
}

const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const badSubdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
export const badLabel =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const badQualifiedName =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const badLabelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

export interface MetaRules {
  readonly nameRule: 'label' | 'subdomain';
}

/** The rules of metadata on create. The types have been checked before. */
export function checkNewMeta(object: JsonObject, rules: MetaRules): readonly Cause[] {
  const name = stringAt(objectAt(object, 'metadata'), 'name');
  const [pattern, sentence, limit] =
    rules.nameRule === 'label'
      ? ([labelPattern, badLabel, 63] as const)
      : ([subdomainPattern, badSubdomain, 253] as const);
  const causes: Cause[] = [];
  if (name === '') {
    causes.push(requiredValue('metadata.name', 'name or generateName is required'));
  } else {
    if (!pattern.test(name)) causes.push(invalidValue('metadata.name', name, sentence));
    if (name.length > limit) {
      causes.push(invalidValue('metadata.name', name, `must be no more than ${limit} characters`));
    }
  }
  return [...causes, ...checkCommonMeta(object)];
}

/** The rules of metadata on update: what may not change, and no new finalizer on an object that is going. */
export function checkChangedMeta(object: JsonObject, old: JsonObject): readonly Cause[] {
  const before = objectAt(old, 'metadata');
  if (before['deletionTimestamp'] === undefined) return checkCommonMeta(object);
  const had = new Set(Array.isArray(before['finalizers']) ? before['finalizers'] : []);
  const now = objectAt(object, 'metadata')['finalizers'];
  const added = (Array.isArray(now) ? now : []).filter((finalizer) => !had.has(finalizer));
  if (added.length === 0) return checkCommonMeta(object);
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
  const cause = forbiddenValue(
    'metadata.finalizers',
    `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
  );
  // Kubernetes checks this at two places and says it twice.
  return [cause, cause, ...checkCommonMeta(object)];
}

const maxAnnotationBytes = 256 * 1024;

function checkCommonMeta(object: JsonObject): readonly Cause[] {
  const meta = objectAt(object, 'metadata');
  const causes: Cause[] = [];
  for (const [key, value] of Object.entries(objectAt(meta, 'labels'))) {
    causes.push(...checkQualifiedName('metadata.labels', key));
    causes.push(...checkLabelValue('metadata.labels', String(value)));
  }
  let annotationBytes = 0;
  for (const [key, value] of Object.entries(objectAt(meta, 'annotations'))) {
    causes.push(...checkQualifiedName('metadata.annotations', key.toLowerCase()));
    annotationBytes += Buffer.byteLength(key) + Buffer.byteLength(String(value));
  }
  if (annotationBytes > maxAnnotationBytes) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
      field: 'metadata.annotations',
    });
  }
  const finalizers = meta['finalizers'];
  for (const finalizer of Array.isArray(finalizers) ? finalizers : []) {
    causes.push(...checkQualifiedName('metadata.finalizers', String(finalizer)));
  }
  return causes;
}

/** `name` or `prefix/name`, as label and annotation keys and finalizers are. */
function checkQualifiedName(field: string, key: string): readonly Cause[] {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const prefix = parts.length > 1 ? parts.slice(0, -1).join('/') : undefined;
  const causes: Cause[] = [];
  if (parts.length > 2) {
    causes.push(
      invalidValue(
        field,
        key,
        "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
      ),
    );
    return causes;
  }
  if (prefix !== undefined && !subdomainPattern.test(prefix)) {
    causes.push(invalidValue(field, key, `prefix part ${badSubdomain}`));
  }
  if (name === '') causes.push(invalidValue(field, key, 'name part must be non-empty'));
  if (name.length > 63) causes.push(invalidValue(field, key, 'name part must be no more than 63 characters'));
  if (!/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name)) {
    causes.push(invalidValue(field, key, badQualifiedName));
  }
  return causes;
}

function checkLabelValue(field: string, value: string): readonly Cause[] {
  const causes: Cause[] = [];
  if (value.length > 63) causes.push(invalidValue(field, value, 'must be no more than 63 characters'));
  if (!/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value)) {
    causes.push(invalidValue(field, value, badLabelValue));
  }
  return causes;
}

/** The metadata of an object, created when it has none, for changing in place. */
export function metaOf(object: JsonObject): JsonObject {
  const meta = object['metadata'];
  if (isObject(meta)) return meta;
  const made: JsonObject = {};
  object['metadata'] = made;
  return made;
}
